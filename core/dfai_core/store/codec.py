"""Answers as bytes: what a store keeps of a document's answer.

A value begins with the format's version, how the rest is written, and a checksum. What does not fit them was
damaged, or written by something else: it reads as no answer at all.
"""

from __future__ import annotations

import math
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import orjson

from dfai_core.service import UNREADABLE, Values

__all__ = ["Pending", "decode_pending", "decode_values", "encode_pending", "encode_values"]

_VERSION = 1
_PLAIN, _MARKED, _PENDING = 0, 1, 2
_HEAD = struct.Struct(">BBI")  # version, form, CRC-32 of form and rest


class Pending(NamedTuple):
    """A document's answer that a long-running operation is still working on."""

    url: str  # where the operation is asked about
    position: int  # of the document in the operation's request
    asked: int  # documents in it


def encode_pending(pending: Pending) -> bytes:
    """*pending* as bytes.

    >>> decode_pending(encode_pending(Pending("https://host/jobs/1", 3, 25)))
    Pending(url='https://host/jobs/1', position=3, asked=25)
    """
    body = orjson.dumps(list(pending))
    return _HEAD.pack(_VERSION, _PENDING, zlib.crc32(body, _PENDING)) + body


def decode_pending(stored: bytes) -> Pending | None:
    """The operation in *stored*, or None where it holds something else."""
    body = _body(stored, _PENDING)
    if body is None:
        return None
    try:
        url, position, asked = orjson.loads(body)
    except UNREADABLE:
        return None
    whole = isinstance(url, str) and isinstance(position, int) and isinstance(asked, int)
    return Pending(url, position, asked) if whole and 0 <= position < asked else None


def encode_values(values: Values) -> bytes | None:
    """*values* as bytes, or None where they hold something that no answer's column can.

    >>> decode_values(encode_values(("positive", 0.5, None)), 3)
    ('positive', 0.5, None)
    """
    whole = list(values)
    form, body = _PLAIN, _dumped(whole)
    # JSON has no bytes, and neither NaN nor infinities: what does not come back equal is written with marks.
    if body is None or orjson.loads(body) != whole:
        form = _MARKED
        try:
            body = _dumped([_marked(value) for value in values])
        except TypeError:
            return None
        if body is None:
            return None
    return _HEAD.pack(_VERSION, form, zlib.crc32(body, form)) + body


def decode_values(stored: bytes, width: int) -> Values | None:
    """The *width* values in *stored*, or None where it is damaged or foreign."""
    form = _PLAIN
    body = _body(stored, _PLAIN)
    if body is None:
        form = _MARKED
        body = _body(stored, _MARKED)
    if body is None:
        return None
    try:
        values = orjson.loads(body)
        if not isinstance(values, list) or len(values) != width:
            return None
        return tuple(values if form == _PLAIN else map(_unmarked, values))
    except UNREADABLE:  # a right checksum, but over something that this module did not write
        return None


def _body(stored: bytes, wanted: int) -> bytes | None:
    """What stands behind the head, where it is whole and of the form *wanted*."""
    if len(stored) < _HEAD.size:
        return None
    version, form, checksum = _HEAD.unpack_from(stored)
    body = stored[_HEAD.size :]
    return body if version == _VERSION and form == wanted and checksum == zlib.crc32(body, form) else None


def _dumped(values: list[Any]) -> bytes | None:
    try:
        return orjson.dumps(values)
    except TypeError:  # also integers of more than 64 bits, and text that is not Unicode
        return None


def _marked(value: Any) -> Any:
    """*value* with a mark wherever JSON has no word for it; every mapping gets one, so that none looks like a mark."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"f": repr(value)}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        return {"b": b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [_marked(one) for one in value]
    if isinstance(value, dict):
        return {"d": {name: _marked(one) for name, one in value.items()}}
    raise TypeError(f"a {type(value).__name__} is no answer's value")


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(one) for one in value]
    if not isinstance(value, dict):
        return value
    [(mark, content)] = value.items()
    if mark == "d":
        return {name: _unmarked(one) for name, one in content.items()}
    return _READERS[mark](content)


_READERS: dict[str, Callable[[str], Any]] = {"b": partial(b64decode, validate=True), "f": float}
