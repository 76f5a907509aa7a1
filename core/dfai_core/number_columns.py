"""Python values to Arrow numbers, with the values that are none marked instead of refused."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dfai_core.text_columns import MISFIT_FIELD, MISSING, is_misfit

__all__ = ["NOT_A_NUMBER", "arrow_numbers", "numbers_of"]

NOT_A_NUMBER = (
    "column {name!r} holds a value of type {kind} here, not a number: convert it, for example with pd.to_numeric"
)


def arrow_numbers(values: Sequence[Any]) -> pa.Array:
    """Numbers as an Arrow array, missing values as nulls; NaN is missing, as in pandas.

    Where a value is no number at all the result is a struct of the number and of that value's type, which `is_misfit`
    knows.

    >>> arrow_numbers([1, None, float("nan"), 2.5]).to_pylist()
    [1.0, None, None, 2.5]
    """
    try:
        array = pa.array(values, from_pandas=True)
        if _is_number(array.type) or pa.types.is_null(array.type):
            return array.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass  # mixed kinds: each value needs a look of its own, which costs more
    found: list[float | None] = []
    kinds: list[str | None] = []
    for value in values:
        number = isinstance(value, (numbers.Real, Decimal))
        missing = value is None or type(value).__name__ in MISSING or (number and value != value)
        found.append(float(value) if number and not missing else None)
        kinds.append(None if number or missing else type(value).__name__)
    array = pa.array(found, type=pa.float64())
    if not any(kinds):
        return array
    return pa.StructArray.from_arrays([array, pa.array(kinds, type=pa.string())], names=["number", MISFIT_FIELD])


def numbers_of(column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Float64 numbers out of any Arrow spelling of them, and the types of the values that are none, by row."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if is_misfit(column.type):
        kinds = column.field(1)
        wrong = {row: kind for row, kind in enumerate(kinds.to_pylist()) if kind is not None}
        return column.field(0), wrong
    if _is_number(column.type) or pa.types.is_null(column.type):
        return column.cast(pa.float64(), safe=False), {}
    wrong = {row: str(column.type) for row, there in enumerate(column.is_valid().to_pylist()) if there}
    return pa.nulls(len(column), pa.float64()), wrong


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return any(test(kind) for test in tests)
