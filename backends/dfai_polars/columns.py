"""One column from polars to Arrow and back, and what a column holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from dfai_core.any_columns import arrow_objects
from dfai_core.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["arrow_column", "kind_of", "polars_columns", "polars_schema", "schema_of"]


def kind_of(dtype: Any) -> str:
    """What a column of *dtype* holds, in the protocol's words."""
    import polars as pl

    if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum)):
        return "text"
    if isinstance(dtype, pl.Binary):
        return "bytes"
    if isinstance(dtype, (pl.Null, pl.Object)):
        return "unknown"
    if dtype.is_numeric():
        return f"numbers: {dtype}"
    if isinstance(dtype, pl.Struct):
        return f"structs: {dtype}"
    return f"{'lists' if isinstance(dtype, (pl.List, pl.Array)) else 'other'}: {dtype}"


def arrow_column(series: pl.Series, reads: str = "text", wanted: pa.DataType | None = None) -> pa.Array:
    """A column as an Arrow array: the same memory, but for texts and bytes, which polars keeps in another layout.

    Parameters
    ----------
    reads
        What Python objects should be, as for `arrow_objects`: of them only the values tell what they are.
    wanted
        The type of an existing answer column.

    Raises
    ------
    ConfigError
        For a type that Arrow does not have, and for an existing answer of another type than the verb's.
    """
    import polars as pl

    objects = isinstance(series.dtype, pl.Object)
    if objects and wanted is None:
        return arrow_objects(series.to_list(), reads)
    try:
        array = None if objects else series.to_arrow(compat_level=pl.CompatLevel.oldest())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ConfigError(
            f"column {series.name!r} holds {series.dtype}, which Arrow does not have: cast it first, for example "
            f'with pl.col("{series.name}").cast(pl.Int64).'
        ) from error
    if array is not None and wanted in (None, array.type):
        return array
    try:
        return pa.array(series.to_list(), wanted, from_pandas=True) if array is None else array.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ConfigError(
            f"column {series.name!r} is there but does not hold what this verb answers ({wanted}): {error}. "
            'Choose another output=, or if_exists="replace".'
        ) from error


def polars_columns(table: pa.Table) -> list[pl.Series]:
    """Answer columns as polars holds them."""
    import polars as pl

    return cast("pl.DataFrame", pl.from_arrow(table, rechunk=False)).get_columns()


def polars_schema(schema: pa.Schema) -> dict[str, pl.DataType]:
    """The same columns' types, which a lazy frame must know before there is a value."""
    return {series.name: series.dtype for series in polars_columns(schema.empty_table())}


def schema_of(schema: Mapping[str, Any]) -> pa.Schema:
    """A frame's columns in Arrow's types; of Python objects only the values tell."""
    import polars as pl

    return pa.schema(
        [
            (name, pa.null() if isinstance(dtype, pl.Object) else arrow_column(pl.Series(name, [], dtype)).type)
            for name, dtype in schema.items()
        ]
    )
