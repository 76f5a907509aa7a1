"""One column from pandas to Arrow and back: every dtype that holds text, and the dtypes of answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dfai_core.any_columns import arrow_objects
from dfai_core.call import INDEX, Call
from dfai_core.errors import ConfigError
from dfai_core.text_columns import is_misfit

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["arrow_column", "columns_of", "empty_column", "kind_of", "pandas_column", "type_of", "with_columns"]

_SMALL_ROWS = 10_000


def kind_of(series: pd.Series[Any]) -> str:
    """What a column holds, told from its dtype as far as that goes."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        kind = kind_of(pd.Series(dtype.categories))
        return kind if kind in ("text", "unknown") else f"other: category of {dtype.categories.dtype}"
    if isinstance(dtype, pd.ArrowDtype):
        arrow = dtype.pyarrow_dtype
        if pa.types.is_dictionary(arrow):
            arrow = arrow.value_type
        if pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow):
            return "text"
        if pa.types.is_binary(arrow) or pa.types.is_large_binary(arrow):
            return "bytes"
        if pa.types.is_null(arrow):
            return "unknown"
        if pa.types.is_integer(arrow) or pa.types.is_floating(arrow) or pa.types.is_decimal(arrow):
            return f"numbers: {dtype}"
        if pa.types.is_struct(arrow):
            return f"structs: {dtype}"
        lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
        return f"{'lists' if any(test(arrow) for test in lists) else 'other'}: {dtype}"
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if pd.api.types.is_object_dtype(dtype) or bool(series.isna().all()):
        return "unknown"  # only the values tell
    return f"numbers: {dtype}" if pd.api.types.is_any_real_numeric_dtype(dtype) else f"other: {dtype}"


def arrow_column(series: pd.Series[Any], wanted: pa.DataType | None = None, reads: str = "text") -> pa.Array:
    """A column as an Arrow array; *wanted* is the type of an existing answer column.

    Of Python objects only the values tell what they are: *reads* says what they should be, as for `arrow_objects`.

    Raises
    ------
    ConfigError
        For an existing answer column that holds something else than the verb's answers.
    """
    import pandas as pd

    if wanted is not None:
        try:
            return _one(pa.array(series, type=wanted, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise ConfigError(
                f"column {series.name!r} is there but does not hold what this verb answers ({wanted}): {error}. "
                'Choose another output=, or if_exists="replace".'
            ) from error
    if pd.api.types.is_object_dtype(series.dtype):
        return arrow_objects(series.tolist(), reads)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return arrow_objects(series.astype(object).tolist(), reads)
    return _one(pa.array(series, from_pandas=True))


def _one(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def type_of(series: pd.Series[Any]) -> pa.DataType:
    """The Arrow type of a column; null where its values are of no one kind, or are not there."""
    kind = arrow_column(series, reads="any").type
    return pa.null() if is_misfit(kind) else kind


def pandas_column(values: pa.Array | pa.ChunkedArray, nested: str = "python") -> Any:
    """An answer column as pandas holds it.

    Text is ``str`` (under pandas 2 ``string[pyarrow]``), truth values are ``boolean``, whole numbers
    ``Int64``, other numbers ``float64``; lists, structs and bytes are Python objects, or with *nested*
    "arrow" ``ArrowDtype``.
    """
    import pandas as pd

    kind = values.type
    if pa.types.is_string(kind):
        if values.null_count == len(values) <= _SMALL_ROWS:  # errors are mostly none at all
            return _no_texts(len(values))[:]
        return _from_arrow(_text_dtype(), values)
    if pa.types.is_floating(kind):
        return values.to_numpy() if isinstance(values, pa.ChunkedArray) else values.to_numpy(False, writable=True)
    if pa.types.is_boolean(kind):
        return _from_arrow(pd.BooleanDtype(), values)
    if pa.types.is_integer(kind):
        return _from_arrow(pd.Int64Dtype(), values)
    if nested == "arrow":
        return pd.array(values, dtype=pd.ArrowDtype(kind))
    return np.fromiter(values.to_pylist(), dtype=object, count=len(values))


def columns_of(frame: pd.DataFrame, call: Call) -> dict[Hashable, pd.Series[Any]]:
    """The columns of *frame* that *call* reads, each once: pandas takes its time to find one."""
    return {name: frame[name] for name in dict.fromkeys(call.columns) if name is not INDEX}


def with_columns(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A frame with *columns* at its end, or in the place of those that it has; *frame* itself stays as it is.

    pandas takes half a millisecond for each column that is set, which in a graph of many small partitions is most of
    their time. So a small frame gets all at once, unless that could make another frame of it.
    """
    import pandas as pd

    if (
        type(frame) is pd.DataFrame
        and len(frame) <= _SMALL_ROWS
        and columns.keys().isdisjoint(frame.columns)
        and not any(values.dtype == object for values in columns.values())
    ):
        # Numbers for names: to make, compare and join labels takes pandas longer than all the rest.
        more = pd.DataFrame(dict(enumerate(columns.values())), index=frame.index, copy=False)
        joined: Any = pd.concat([frame, more], axis=1, ignore_index=True)
        joined.columns = frame.columns.append(_labels(tuple(columns), frame.columns.name))
        result: pd.DataFrame = joined.__finalize__(frame)  # what it carries besides: the type stubs do not know it
        return result
    result = frame.copy(deep=False)
    for name, values in columns.items():
        result[name] = values
    return result


@lru_cache(maxsize=100)
def _labels(names: tuple[str, ...], name: Hashable) -> pd.Index[Any]:
    import pandas as pd

    return pd.Index(names, name=name)


def _from_arrow(dtype: Any, values: pa.Array | pa.ChunkedArray) -> Any:
    return dtype.__from_arrow__(values)  # pandas' extension protocol; its type stubs do not know it


def empty_column(kind: pa.DataType, nested: str = "python") -> Any:
    """An empty answer column, for a lazy frame's meta."""
    return pandas_column(pa.chunked_array([], type=kind), nested)


@lru_cache(maxsize=100)
def _no_texts(rows: int) -> Any:
    """A column without a value. Slices of it may be given away: who sets values in one replaces what it refers to."""
    return _from_arrow(_text_dtype(), pa.nulls(rows, pa.string()))


@cache
def _text_dtype() -> Any:
    import pandas as pd

    if int(pd.__version__.partition(".")[0]) >= 3:
        return pd.StringDtype("pyarrow", na_value=np.nan)
    return pd.StringDtype("pyarrow")
