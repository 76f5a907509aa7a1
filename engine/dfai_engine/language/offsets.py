"""Offsets as the client counts them. Models count Unicode code points; ``stringIndexType`` may ask otherwise."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from dfai_engine.failures import ServiceFailure
from dfai_engine.language import graphemes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DEFAULT", "STRING_INDEX_TYPES", "convert", "string_index_type"]

STRING_INDEX_TYPES = ("TextElements_v8", "UnicodeCodePoint", "Utf16CodeUnit")
DEFAULT = "TextElements_v8"


def string_index_type(parameters: Mapping[str, object]) -> str:
    """The unit that a request asks for."""
    asked = parameters.get("stringIndexType", DEFAULT)
    if asked in STRING_INDEX_TYPES and isinstance(asked, str):
        return asked
    raise ServiceFailure(
        f"stringIndexType must be one of {', '.join(STRING_INDEX_TYPES)}.",
        inner_code="InvalidParameterValue",
        target="stringIndexType",
    )


def convert(result: dict[str, object], text: str, unit: str) -> dict[str, object]:
    """The same result with each ``offset`` and ``length`` in *unit*; itself where the units agree.

    >>> convert({"entities": [{"text": "Zoë", "offset": 2, "length": 3}]}, "😀 Zoë", "Utf16CodeUnit")
    {'entities': [{'text': 'Zoë', 'offset': 3, 'length': 3}]}
    """
    span = _converter(text, unit)
    if span is None:
        return result
    converted = _walk(result, span)
    assert isinstance(converted, dict)
    return converted


def _converter(text: str, unit: str) -> Callable[[int, int], tuple[int, int]] | None:
    """What turns code points into *unit* for this text, or None where nothing changes."""
    if unit == "Utf16CodeUnit":
        if not text or max(text) <= "\uffff":
            return None
        # How many code units stand before each code point, and after the last.
        before = list(accumulate((1 + (character > "\uffff") for character in text), initial=0))

        def in_units(offset: int, length: int) -> tuple[int, int]:
            return before[offset], before[offset + length] - before[offset]

        return in_units
    if unit == "TextElements_v8":
        starts = graphemes.starts(text)
        if isinstance(starts, range):
            return None

        def in_elements(offset: int, length: int) -> tuple[int, int]:
            # A span that begins or ends within an element takes the whole of it.
            first = bisect_right(starts, offset) - 1
            return first, bisect_left(starts, offset + length) - first

        return in_elements
    return None


def _walk(value: object, span: Callable[[int, int], tuple[int, int]]) -> object:
    if isinstance(value, dict):
        walked = {key: _walk(held, span) if isinstance(held, (dict, list)) else held for key, held in value.items()}
        offset, length = walked.get("offset"), walked.get("length")
        if isinstance(offset, int) and isinstance(length, int):
            walked["offset"], walked["length"] = span(offset, length)
        return walked
    if isinstance(value, list):
        return [_walk(held, span) for held in value]
    return value
