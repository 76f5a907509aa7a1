"""The answer's columns in a Spark plan, in the one form that never asks for rows that the frame does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.errors import MissingExtra
from dfai_spark.shipped import shipped
from dfai_spark.types import spark_type
from dfai_spark.workers_python import own_python

__all__ = ["arrow_functions", "gathered", "quoted", "with_answers"]


def with_answers(frame: Any, call: Call, run: Run, drop: Sequence[str]) -> Any:
    """*frame* without the columns *drop* and with the call's answers; nothing is asked yet.

    A column that the answer has again is replaced where it stands, so it must not be among *drop*.

    The function itself is deterministic: Spark then evaluates it once for all fields of the answer, under a
    later ``limit`` for that many rows of a partition, and not at all where no field is used. What is deterministic
    Spark also moves, though: a filter on the answer below earlier joins and aggregates, and the function itself below
    an earlier ``limit``, into every partition. Either would ask for rows that the frame does not have. Hence a
    guard above, on every field, and one below, on every input: always true, yet not deterministic to Spark, so
    that nothing moves through it.
    """
    functions = arrow_functions()
    if call.service.gather is not None:
        frame = gathered(frame, call)
    everywhere = functions.spark_partition_id() >= 0

    def guarded(column: Any) -> Any:
        return functions.when(everywhere, column)

    whole = f"__dfai_{call.id}"
    read = {name: f"{whole}_{place}" for place, name in enumerate(dict.fromkeys(call.columns))}
    fields = spark_type(call.schema)
    ask = functions.arrow_udf(shipped(call, run, fields.names), fields)
    if call.service.gather is not None:
        ask = ask.asNondeterministic()  # else a later limit would cut groups short
    with own_python(frame.sparkSession):
        answer = ask(*(functions.col(read[name]) for name in call.columns))
    return (
        frame.withColumns({inner: guarded(functions.col(quoted(name))) for name, inner in read.items()})
        .withColumn(whole, answer)
        # The fields of the struct are numbered: a name may hold what Spark would read as a path.
        .withColumns({name: guarded(functions.col(whole)[f"f{n}"]) for n, name in enumerate(call.schema.names)})
        .drop(whole, *read.values(), *drop)
    )


def gathered(frame: Any, call: Call) -> Any:
    """*frame* with the rows of each group one after the other. The guard above it keeps the sort from being undone."""
    if not call.by:
        return frame.repartition(1)
    columns = [quoted(name) for name in call.by]
    return frame.repartition(*columns).sortWithinPartitions(*columns)


def quoted(name: str) -> str:
    """A column's name as Spark reads it back unchanged, dots, blanks and backticks included.

    >>> quoted("a.b `c`")
    '`a.b ``c```'
    """
    return "`" + name.replace("`", "``") + "`"


def arrow_functions() -> Any:
    """Spark's functions; MissingExtra where they lack those that take and give Arrow arrays."""
    import pyspark
    from pyspark.sql import functions

    if not hasattr(functions, "arrow_udf"):
        raise MissingExtra(
            f'Spark {pyspark.__version__} has no Arrow functions: 4.1 or later is needed. pip install "dfai[spark]"'
        )
    return functions
