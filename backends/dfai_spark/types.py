"""Arrow types as Spark types, and what a Spark column holds."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

__all__ = ["kind_of", "spark_type"]


def kind_of(kind: Any) -> str:
    """What a column of the Spark type *kind* holds."""
    from pyspark.sql import types

    if isinstance(kind, (types.StringType, types.CharType, types.VarcharType)):
        return "text"
    if isinstance(kind, types.BinaryType):
        return "bytes"
    return "unknown" if isinstance(kind, types.NullType) else f"other: {kind.simpleString()}"


def spark_type(schema: pa.Schema) -> Any:
    """The struct that stands for an answer while it is one column: its fields by their place."""
    from pyspark.sql import types

    return types.StructType(
        [types.StructField(f"f{place}", _field_type(field.type)) for place, field in enumerate(schema)]
    )


def _field_type(kind: pa.DataType) -> Any:
    from pyspark.sql import types

    if pa.types.is_struct(kind):
        return types.StructType([types.StructField(field.name, _field_type(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return types.ArrayType(_field_type(kind.value_type))
    for known, spark in (
        (pa.types.is_string, types.StringType),
        (pa.types.is_float64, types.DoubleType),
        (pa.types.is_int64, types.LongType),
        (pa.types.is_boolean, types.BooleanType),
        (pa.types.is_binary, types.BinaryType),
    ):
        if known(kind):
            return spark()
    raise TypeError(f"no Spark type for the answer's {kind}")
