"""What is found out about all rows of a Spark frame without keeping any: one job, one row home."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.store import has_folders
from dfai_spark.plan import gathered, quoted
from dfai_spark.shipped import carried
from dfai_spark.types import spark_type
from dfai_spark.worker import told, told_together
from dfai_spark.workers_python import own_python

__all__ = ["sampled", "surveyed"]


def surveyed(
    frame: Any,
    call: Call,
    survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
    join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
    schema: pa.Schema,
) -> pa.RecordBatch:
    """What *survey* says of each partition of the columns that *call* reads, brought together by *join*."""
    from pyspark.sql import functions

    _refuse_streams(frame, call)
    if call.service.gather is not None:
        frame = gathered(frame, call)
    read = frame.select(*(functions.col(quoted(name)).alias(str(at)) for at, name in enumerate(call.columns)))
    row = spark_type(schema, named=True)
    title = f"dfai_estimate_{call.service.name}"
    with own_python(frame.sparkSession):
        each = read.mapInArrow(carried(told, call, survey, has_folders(), title=title), row)
        whole = each.repartition(1).mapInArrow(carried(told_together, join, title=title), row)
    found: pa.RecordBatch = whole.toArrow().combine_chunks().to_batches()[0]
    return found


def sampled(frame: Any, rows: int) -> tuple[Any, int]:
    """About so many rows, and how many there are."""
    if frame.isStreaming:
        raise ConfigError(_NO_END)
    whole = frame.count()
    return (frame, whole) if whole <= rows else (frame.sample(fraction=rows / whole, seed=0), whole)


_NO_END = "a stream has no end, so there is no estimate of it: estimate a batch of past rows."


def _refuse_streams(frame: Any, call: Call) -> None:
    if frame.isStreaming:
        raise ConfigError(f"{call.service.name}: {_NO_END}")
