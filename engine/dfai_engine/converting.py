"""Weights whose published form is not what is loaded: read once when they are pulled, written anew, both forms pinned.

A member of the manifest that is ``made`` says by which converter, and pins the published file as well as the one that
is kept. So a converter sees only bytes that the manifest knows, and what it makes of them is the same on every machine,
or is refused. A converter is the function ``convert`` of a family's module ``conversion``: pure, and without a library.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from typing import IO, TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from dfai_engine.weights import Member

__all__ = ["ConversionFailed", "Readable", "converted"]


class ConversionFailed(ValueError):
    """The published file is another one, or is not what its converter reads."""


class Readable(Protocol):
    """As much of a file as copying needs."""

    def read(self, size: int, /) -> bytes: ...


class _Converter(Protocol):
    def convert(self, content: bytes) -> bytes: ...


def converted(source: Readable, member: Member) -> IO[bytes]:
    """The file to keep, made of the published one that *source* gives.

    Raises
    ------
    ConversionFailed
        *source* does not hold the bytes that the manifest pins, or they cannot be converted.
    """
    made = member.made
    assert made is not None
    content = bytearray()
    # One byte more than is due tells a file that is too long from one that ends in time.
    while len(content) <= made.size and (chunk := source.read(made.size + 1 - len(content))):
        content += chunk
    if len(content) != made.size or hashlib.sha256(content).hexdigest() != made.sha256:
        raise ConversionFailed(f"{member.path} has another size or SHA-256 than the manifest pins; it was refused")
    converter = cast("_Converter", importlib.import_module(f"dfai_engine.{made.by}.conversion"))
    try:
        return io.BytesIO(converter.convert(bytes(content)))
    except ValueError as fault:
        raise ConversionFailed(f"{member.path} cannot be converted: {fault}") from fault
