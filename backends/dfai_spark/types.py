"""Arrow types as Spark types, and what a Spark column holds."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

__all__ = ["kind_of", "spark_type", "sql_type"]


def kind_of(kind: Any) -> str:
    """What a column of the Spark type *kind* holds."""
    from pyspark.sql import types

    if isinstance(kind, (types.StringType, types.CharType, types.VarcharType)):
        return "text"
    if isinstance(kind, types.BinaryType):
        return "bytes"
    if isinstance(kind, types.NullType):
        return "unknown"
    groups = {"numbers": types.NumericType, "structs": types.StructType, "lists": types.ArrayType}
    group = next((name for name, types_of_it in groups.items() if isinstance(kind, types_of_it)), "other")
    return f"{group}: {kind.simpleString()}"


def spark_type(schema: pa.Schema, *, named: bool = False) -> Any:
    """The struct that stands for an answer while it is one column: its fields by their place, or by their names."""
    from pyspark.sql import types

    return types.StructType(
        [
            types.StructField(field.name if named else f"f{place}", _field_type(field.type))
            for place, field in enumerate(schema)
        ]
    )


def sql_type(kind: pa.DataType) -> str:
    """An Arrow type as SQL writes it; names in quotes, since a field may be called as a word of SQL is.

    >>> sql_type(pa.list_(pa.struct([("text", pa.string())])))
    'ARRAY<STRUCT<`text`: STRING>>'
    """
    if pa.types.is_struct(kind):
        fields = (f"`{field.name}`: {sql_type(field.type)}" for field in kind)
        return f"STRUCT<{', '.join(fields)}>"
    if pa.types.is_list(kind):
        return f"ARRAY<{sql_type(kind.value_type)}>"
    return str(_field_type(kind).simpleString()).upper()


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
