"""Times in any spelling that frames have for them, as microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["microseconds", "unit_of_epoch"]

Moments = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], dict[int, str]]

_UTC = pa.timestamp("us", tz="UTC")
# A number of the years 1971 to 5138 in seconds has at most eleven digits, one in milliseconds at least that many.
_LEAST = (("ns", 1e17), ("us", 1e14), ("ms", 1e11))
_FACTOR = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}


def unit_of_epoch(largest: float) -> str:
    """The unit in which a column of numbers counts from 1970, told from its *largest*: years 1973 to 5138.

    >>> [unit_of_epoch(1_600_000_000.0 * factor) for factor in (1, 1e3, 1e6, 1e9)]
    ['s', 'ms', 'us', 'ns']
    """
    return next((unit for unit, least in _LEAST if abs(largest) >= least), "s")


def microseconds(column: pa.Array) -> Moments:
    """The times in *column*.

    Timestamps and dates with or without a zone (without: UTC), numbers since 1970 (seconds to nanoseconds, told by
    their size), and ISO 8601 texts.

    Returns
    -------
    The times, int64 microseconds; which of them there are; and what is wrong with the others, by row. A null is not
    there and not wrong.

    Examples
    --------
    >>> microseconds(pa.array(["1970-01-01T00:00:01Z", "1970-01-01 02:00+02:00", None, "soon"]))[0].tolist()
    [1000000, 0, 0, 0]
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_null(kind):
        column = column.cast(_UTC)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _counted(column)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _written(column)
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        return _none_of(column, f"a value of type {column.type}")
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"), safe=False)
    return _plain(pc.cast(column, pa.timestamp("us", tz=column.type.tz), safe=False))


def _plain(times: pa.Array) -> Moments:
    there = times.is_valid().to_numpy(zero_copy_only=False)
    return pc.fill_null(times.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), there, {}


def _counted(column: pa.Array) -> Moments:
    there = column.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_integer(column.type):
        counts = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
        finite = there
    else:
        counts = pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        finite = there & np.isfinite(counts)
        counts = np.where(finite, counts, 0.0)
    unit = unit_of_epoch(float(np.abs(counts).max(initial=0.0)))
    if pa.types.is_integer(column.type) and unit in ("s", "ms", "us"):
        times = counts * int(_FACTOR[unit])
    elif pa.types.is_integer(column.type):
        times = counts // 1_000
    else:
        times = np.rint(counts * _FACTOR[unit]).astype(np.int64)
    wrong = {int(row): "a time that is not a finite number" for row in np.flatnonzero(there & ~finite)}
    return times, finite, wrong


def _written(column: pa.Array) -> Moments:
    for kind in (_UTC, pa.timestamp("us")):  # all with a zone, or all without
        try:
            return _plain(column.cast(kind))
        except pa.ArrowInvalid:
            continue
    times = np.zeros(len(column), np.int64)
    there = column.is_valid().to_numpy(zero_copy_only=False).copy()
    wrong = {}
    for row, text in enumerate(column.to_pylist()):
        if text is None:
            continue
        try:
            found = datetime.fromisoformat(text.strip())
        except ValueError:
            wrong[row], there[row] = "a time that is not written as ISO 8601 says", False
            continue
        times[row] = _since_1970(found if found.tzinfo else found.replace(tzinfo=UTC))
    return times, there, wrong


def _since_1970(moment: datetime) -> int:
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _none_of(column: pa.Array, what: str) -> Moments:
    there = column.is_valid().to_numpy(zero_copy_only=False)
    wrong = {int(row): f"{what}, which is no time" for row in np.flatnonzero(there)}
    return np.zeros(len(column), np.int64), np.zeros(len(column), bool), wrong
