"""Columns of any kind, for services that read more than text: values as Python has them, and rows that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai_core.media import arrow_media
from dfai_core.number_columns import arrow_numbers
from dfai_core.store import canonical
from dfai_core.text_columns import arrow_texts

__all__ = ["any_array", "any_null_but", "arrow_objects", "comparable", "distinct_values", "each_row", "option_values"]


def any_array(values: Sequence[Any]) -> pa.Array:
    """Python objects as an Arrow array of whatever they are; mixed kinds as `arrow_texts` marks them.

    >>> any_array([1, None, 3]).type, any_array([{"a": 1}]).type
    (DataType(int64), StructType(struct<a: int64>))
    >>> any_array(["a", 3]).to_pylist()[1]
    {'text': None, '__dfai_not_text': 'int'}
    """
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError, OverflowError):
        return arrow_texts(values)


def arrow_objects(values: Sequence[Any], reads: str) -> pa.Array:
    """A column of Python objects for a service that *reads* text, numbers, media or anything; or as "times".

    Values of a wrong kind are marked, not refused: each costs its own row alone.

    >>> arrow_objects([1, "two"], "numbers").field(0).to_pylist()
    [1.0, None]
    """
    return _READERS[reads](values)


def _times(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # mixed kinds
        return arrow_texts([None if value is None else str(value) for value in values])


_READERS = {
    "text": arrow_texts,
    "numbers": arrow_numbers,
    "times": _times,
    "media": arrow_media,
    "any": any_array,
}


def any_null_but(columns: Sequence[pa.Array]) -> pa.Array:
    """Rows in which at least one column holds something."""
    return reduce(pc.or_, [column.is_valid() for column in columns])


def each_row(columns: Sequence[pa.Array], wanted: pa.Array) -> tuple[list[list[Any]], pa.Array]:
    """Every wanted row as a document of its own, by column, and for each row the place of its document."""
    rows = wanted.to_numpy(zero_copy_only=False)
    codes = pa.array(np.cumsum(rows) - 1, mask=~rows)
    return [_values(column.filter(wanted)) for column in columns], codes


def distinct_values(columns: Sequence[pa.Array], wanted: pa.Array) -> tuple[list[list[Any]], pa.Array, list[bytes]]:
    """The distinct documents among the wanted rows, by column; for each row the place of its own; their names.

    Equal documents, and no others, have the same name: as Python values, 1, 1.0 and True would be one.
    """
    codes = pa.array(np.zeros(len(wanted), np.int64))
    for column in columns:
        encoded = comparable(column).dictionary_encode(null_encoding="encode")
        size = max(1, len(encoded.dictionary))
        combined = pc.add(pc.multiply(codes, size), encoded.indices.cast(pa.int64()))
        codes = combined.dictionary_encode().indices.cast(pa.int64())
    codes = pc.if_else(wanted, codes, pa.scalar(None, codes.type)).dictionary_encode().indices
    asked = np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False))
    _, firsts = np.unique(codes.drop_null().to_numpy(), return_index=True)
    values = [_values(column.take(pa.array(asked[firsts]))) for column in columns]
    names = [blake2b(canonical(document), digest_size=16).digest() for document in zip(*values, strict=True)]
    return values, codes, names


def _values(column: pa.Array) -> list[Any]:
    """As Python values; a map as a dictionary, as JSON has it."""
    values: list[Any] = column.to_pylist(maps_as_pydicts="lossy") if _MAPS else column.to_pylist()
    return values


def option_values(column: pa.Array) -> list[Any]:
    """A column of an option's values, each as it may be a key: of lists tuples.

    >>> option_values(pa.array([["Email"], None]))
    [('Email',), None]
    """
    values = _values(column)
    return [_key(value) for value in values] if pa.types.is_nested(column.type) else values


def _key(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_key, value))
    return tuple((name, _key(held)) for name, held in value.items()) if isinstance(value, dict) else value


_MAPS = "maps_as_pydicts" in (pa.Array.to_pylist.__doc__ or "")


def comparable(column: pa.Array) -> pa.Array:
    """Something flat that is equal where the values are."""
    if pa.types.is_nested(column.type):
        return pa.array([None if value is None else canonical(value) for value in _values(column)], pa.large_binary())
    return column
