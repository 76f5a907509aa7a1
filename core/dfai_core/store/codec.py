"""Answers as bytes: what a store keeps of a document's answer.

A value begins with the format's version, how the rest is written and how many columns it has, and ends with a checksum.
What does not fit them was damaged, or written by something else or by another version: it reads as no answer at all.
"""

from __future__ import annotations

import math
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import orjson

from dfai_core.service import UNREADABLE, Values

__all__ = [
    "Pending",
    "decode_pending",
    "decode_rows",
    "decode_values",
    "encode_pending",
    "encode_rows",
    "encode_values",
]

_VERSION = 2
_PLAIN, _MARKED, _PENDING = 0, 1, 2
_HEAD = struct.Struct(">BBH")  # version, form, columns
_TAIL = struct.Struct("<I")  # the CRC-32 of all before it
# What ends so has itself always the same CRC-32, whatever it holds.
_WHOLE = zlib.crc32(_TAIL.pack(zlib.crc32(b"")))
# JSON has no word for these: they would be written as something else, and come back as that.
_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


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
    return _sealed(_PENDING, 0, orjson.dumps(list(pending)))


def decode_pending(stored: bytes) -> Pending | None:
    """The operation in *stored*, or None where it holds something else."""
    body = _body(stored, _PENDING, 0)
    if body is None:
        return None
    try:
        url, position, asked = orjson.loads(body)
    except UNREADABLE:
        return None
    whole = isinstance(url, str) and isinstance(position, int) and isinstance(asked, int)
    return Pending(url, position, asked) if whole and 0 <= position < asked else None


def encode_rows(rows: Sequence[Values], width: int) -> list[bytes | None]:
    """Many documents' values, each as `encode_values` writes it; those that a row lacks of *width* are null."""
    head, dumps, crc32, tail = _HEAD.pack(_VERSION, _PLAIN, width), orjson.dumps, zlib.crc32, _TAIL.pack
    try:
        # What orjson gives is let go at once: it makes it in a kilobyte, and ten thousand of these are pages to be got
        # from the system, which would take longer than all the rest.
        encoded = [(told := head + dumps(row, None, _STRICT)) + tail(crc32(told)) for row in rows]
    except TypeError:
        return [encode_values(row, width) for row in rows]
    # Null is also how JSON writes NaN and infinities, and at the end it need not be written.
    if b"null" in b"".join(encoded):
        return [encode_values(row, width) for row in rows]
    return [*encoded]


def encode_values(values: Values, width: int | None = None) -> bytes | None:
    """*values* as bytes, or None where they hold something that no answer's column can.

    >>> decode_values(encode_values(("positive", 0.5, None)), 3)
    ('positive', 0.5, None)
    """
    width = len(values) if width is None else width
    whole = list(_without_nulls(values))
    form, body = _PLAIN, _dumped(whole)
    # JSON has no bytes, and neither NaN nor infinities: what does not come back equal is written with marks.
    if body is None or (b"null" in body and orjson.loads(body) != whole):
        form = _MARKED
        try:
            body = _dumped([_marked(value) for value in whole])
        except TypeError:
            return None
        if body is None:
            return None
    return _sealed(form, width, body)


def decode_rows(stored: Sequence[bytes], width: int) -> list[Values | None]:
    """Many documents' values: None where `decode_values` finds none, the others all of one width, *width* at most."""
    start, end = _HEAD.size, -_TAIL.size
    # The bracket sees to it that what is read is a list.
    begin = _HEAD.pack(_VERSION, _PLAIN, width) + b"["
    if {one[: start + 1] for one in stored} == {begin} and set(map(zlib.crc32, stored)) == {_WHOLE}:  # nearly always
        with suppress(*UNREADABLE):
            # One by one: of many lists at once Python's garbage collector would look at each, time and again.
            rows = [tuple(orjson.loads(one[start:end])) for one in stored]
            widths = set(map(len, rows))
            widest = max(widths)
            if widest <= width:
                nulls = (None,) * widest
                return [*rows] if len(widths) == 1 else [row + nulls[len(row) :] for row in rows]
    return [decode_values(one, width) for one in stored]


def decode_values(stored: bytes, width: int) -> Values | None:
    """The *width* values in *stored*, or None where it is damaged or foreign."""
    form = _PLAIN
    body = _body(stored, _PLAIN, width)
    if body is None:
        form = _MARKED
        body = _body(stored, _MARKED, width)
    if body is None:
        return None
    try:
        values = orjson.loads(body)
        if not isinstance(values, list) or len(values) > width:
            return None
        return (*(values if form == _PLAIN else map(_unmarked, values)), *[None] * (width - len(values)))
    except UNREADABLE:  # a right checksum, but over something that this module did not write
        return None


def _sealed(form: int, width: int, body: bytes) -> bytes:
    told = _HEAD.pack(_VERSION, form, width) + body
    return told + _TAIL.pack(zlib.crc32(told))


def _body(stored: bytes, form: int, width: int) -> bytes | None:
    """What stands between head and checksum, where it is whole, and of this form and width."""
    fits = stored.startswith(_HEAD.pack(_VERSION, form, width)) and zlib.crc32(stored) == _WHOLE
    return stored[_HEAD.size : -_TAIL.size] if fits else None


def _without_nulls(values: Values) -> Values:
    """*values* up to the last that is not null."""
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    return values[:end]


def _dumped(values: list[Any]) -> bytes | None:
    try:
        return orjson.dumps(values, option=_STRICT)
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
