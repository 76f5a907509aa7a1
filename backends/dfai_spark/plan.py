"""The answer's columns in a Spark plan, in the one form that never asks for rows that the frame does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.errors import MissingExtra
from dfai_spark.types import spark_type
from dfai_spark.worker import answering
from dfai_spark.workers_python import own_python

__all__ = ["quoted", "with_answers"]


def with_answers(frame: Any, call: Call, run: Run, drop: Sequence[str]) -> Any:
    """*frame* without the columns *drop* and with the call's answers; nothing is asked yet.

    A column that the answer has again is replaced where it stands, so it must not be among *drop*.

    The function itself is deterministic: Spark then evaluates it once for all fields of the answer, under a
    ``limit`` for those rows alone, and not at all where no field is used. But Spark also moves filters on a
    deterministic answer below earlier joins and aggregates, and would ask for rows that had been removed.
    Hence the guard on every field: always true, and unlike the answer not deterministic, so that no predicate
    moves through it.
    """
    functions = _functions()
    fields = call.schema.names
    ask = functions.arrow_udf(answering(call, run), spark_type(call.schema))
    whole = f"__dfai_{call.id}"
    everywhere = functions.spark_partition_id() >= 0
    with own_python(frame.sparkSession):
        answer = ask(*(functions.col(quoted(name)) for name in call.columns))
    answered = frame.withColumn(whole, answer).withColumns(
        # The fields of the struct are numbered: a name may hold what Spark would read as a path.
        {name: functions.when(everywhere, functions.col(whole)[f"f{place}"]) for place, name in enumerate(fields)}
    )
    return answered.drop(whole, *drop)


def quoted(name: str) -> str:
    """A column's name as Spark reads it back unchanged, dots, blanks and backticks included.

    >>> quoted("a.b `c`")
    '`a.b ``c```'
    """
    return "`" + name.replace("`", "``") + "`"


def _functions() -> Any:
    import pyspark
    from pyspark.sql import functions

    if not hasattr(functions, "arrow_udf"):
        raise MissingExtra(
            f'Spark {pyspark.__version__} has no Arrow functions: 4.1 or later is needed. pip install "dfai[spark]"'
        )
    return functions
