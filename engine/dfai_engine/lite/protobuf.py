"""Messages of Protocol Buffers, field by field: reads the bytes themselves, and needs no schema.

Source: Protocol Buffers, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["fields", "integers", "text"]

Field = tuple[int, int | memoryview]

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def fields(written: int | memoryview) -> Iterator[Field]:
    """A message's fields, by number, in their order."""
    assert isinstance(written, memoryview)
    place = 0
    while place < len(written):
        key, place = _varint(written, place)
        kind = key & 7
        if kind == _VARINT:
            number, place = _varint(written, place)
            yield key >> 3, number
            continue
        if kind == _BYTES:
            length, place = _varint(written, place)
        else:
            length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
        yield key >> 3, written[place : place + length]
        place += length


def text(written: int | memoryview) -> str:
    """A field that holds text."""
    assert isinstance(written, memoryview)
    return str(written, "utf-8")


def integers(written: int | memoryview) -> Iterator[int]:
    """A field of whole numbers, none negative: one alone, or several packed into one field."""
    if isinstance(written, int):
        yield written
        return
    place = 0
    while place < len(written):
        number, place = _varint(written, place)
        yield number


def _varint(written: memoryview, place: int) -> tuple[int, int]:
    """The number that begins at *place*, and where it ends."""
    number = shift = 0
    while True:
        byte = written[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7
