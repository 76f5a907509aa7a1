"""Sounds that stand in the row as numbers: arrays and lists of samples, and structs that say their rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai_core.media.content import Unread

__all__ = [
    "FASTEST_HZ",
    "MOST_CHANNELS",
    "Numbers",
    "Samples",
    "holds_samples",
    "numbers_of",
    "rate_of",
    "read_rate",
    "samples_by_row",
]

MOST_CHANNELS = 8
"""More are taken for an array that lies on its side."""

FASTEST_HZ = 768_000
"""No recorder takes more samples a second."""

_DTYPES = frozenset({"int16", "int32", "int64", "float16", "float32", "float64"})
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples in Arrow's memory: numbers of *dtype* as bytes, or a list, which may hold a list for each frame."""

    column: pa.Array
    row: int
    rate_hz: int | None  # None: the call says it
    dtype: str | None = None  # None: a list
    channels: int = 1

    def array(self) -> np.ndarray[Any, Any]:
        """Frames × channels.

        Raises
        ------
        Unread
            The numbers of a list are not as many in each frame, or one is missing.
        """
        if self.dtype is not None:
            flat = np.frombuffer(self.column[self.row].as_buffer(), self.dtype)
            return flat.reshape(-1, self.channels)
        values = self.column[self.row].values
        if not _is_list(values.type):
            return _numbers(values)[:, None]
        widths = pc.unique(pc.list_value_length(values)).to_pylist()
        if len(widths) != 1 or widths[0] is None or not 1 <= widths[0] <= MOST_CHANNELS:
            raise Unread("unsupported", f"lists in a list are frames: each holds 1 to {MOST_CHANNELS} numbers, as many")
        return _numbers(values.flatten()).reshape(-1, widths[0])


class Numbers(NamedTuple):
    """An array as samples, and what to say of it where it is none."""

    array: np.ndarray[Any, Any] | None
    hint: str = ""


def numbers_of(value: Any) -> Numbers:
    """*value*, an array or a list, as frames × channels.

    >>> numbers_of([0.0, 0.5]).array.shape, numbers_of(np.zeros((2, 9_000))).hint
    ((2, 1), ' (frames come first: give array.T)')
    """
    try:
        array = np.asarray(value)
    except ValueError:  # lists in a list, of different lengths
        return Numbers(None)
    if isinstance(value, (list, tuple)) and not len(value):
        return Numbers(np.zeros((0, 1), np.int16))
    frames = array[:, None] if array.ndim == 1 else array
    if array.dtype.name not in _DTYPES or frames.ndim != 2:
        return Numbers(None)
    if not 1 <= frames.shape[1] <= MOST_CHANNELS:
        return Numbers(None, " (frames come first: give array.T)" if frames.shape[0] <= MOST_CHANNELS else "")
    return Numbers(np.ascontiguousarray(frames))


def rate_of(fields: Mapping[Any, Any]) -> int | None:
    """What a struct says of how many frames there are a second."""
    try:
        return read_rate(fields.get("sampling_rate"))
    except Unread:
        return None


def read_rate(value: Any) -> int | None:
    """Frames a second, as a column or a struct has them; None where there is nothing.

    Raises
    ------
    Unread
        For what is no rate.
    """
    if value is None or value != value:
        return None
    rate = float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else 0.0
    if not 1 <= rate <= FASTEST_HZ or not rate.is_integer():
        raise Unread("unsupported", f"not a rate of samples: expected whole numbers from 1 to {FASTEST_HZ:,} (Hz)")
    return int(rate)


def holds_samples(kind: pa.DataType) -> bool:
    """Whether a column of *kind* holds samples: lists of numbers, or a struct of them and their rate."""
    if pa.types.is_struct(kind):
        return kind.get_field_index("array") >= 0 and holds_samples(kind.field("array").type)
    if not _is_list(kind):
        return False
    inner = kind.value_type.value_type if _is_list(kind.value_type) else kind.value_type
    return any(test(inner) for test in (pa.types.is_signed_integer, pa.types.is_floating)) and inner != pa.int8()


def samples_by_row(column: pa.Array) -> tuple[list[Samples | None], set[int]]:
    """The samples of such a column, by row; and the rows that hold none."""
    rates: list[Any] = [None] * len(column)
    if pa.types.is_struct(column.type):
        place = column.type.get_field_index("sampling_rate")
        if place >= 0:
            rates = [rate_of({"sampling_rate": rate}) for rate in pc.struct_field(column, [place]).to_pylist()]
        column = pc.struct_field(column, [column.type.get_field_index("array")])
    lengths = pc.list_value_length(column).to_pylist()
    rows = [Samples(column, row, rates[row]) if length else None for row, length in enumerate(lengths)]
    return rows, {row for row, length in enumerate(lengths) if length == 0}


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in _LISTS)


def _numbers(values: pa.Array) -> np.ndarray[Any, Any]:
    if values.null_count:
        raise Unread("unsupported", "some of the samples are null")
    array: np.ndarray[Any, Any] = values.to_numpy(zero_copy_only=False)
    return array
