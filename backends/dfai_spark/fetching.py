"""Columns of a Spark frame in this process: all their rows, or the first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_spark.plan import quoted

__all__ = ["fetched", "head", "like"]


def fetched(frame: Any, call: Call, most_rows: int) -> pa.RecordBatch | None:
    """The columns that *call* reads, and no others; None where there are more rows than *most_rows*."""
    from pyspark.sql import functions

    if frame.isStreaming:
        raise ConfigError(
            f"{call.service.name} reads a frame to its end, and a stream has none: give it a batch of past rows."
        )
    columns = [functions.col(quoted(name)).alias(str(place)) for place, name in enumerate(call.columns)]
    # One row more than may come tells that there are too many, and no further one leaves the cluster.
    table = frame.select(*columns).limit(most_rows + 1).toArrow()
    if table.num_rows > most_rows:
        return None
    arrays = [_one(column) for column in table.columns]
    return pa.record_batch(arrays, names=table.column_names)


def head(frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
    """The first *rows* rows that come of *columns*, as Spark hands values to Python."""
    if frame.isStreaming:
        raise ConfigError("a stream has no first rows: look at a batch of it, inside foreachBatch.")
    # Collected, not brought as Arrow: for that Spark would begin with every partition, here with one.
    found = frame.select(*(quoted(str(name)) for name in columns)).limit(rows).collect()
    return {name: [row[place] for row in found] for place, name in enumerate(columns)}


def like(frame: Any, values: Mapping[Hashable, Sequence[Any]]) -> Any:
    """A frame of *values*, some of the columns of *frame*, with its types."""
    from pyspark.sql.types import StructType

    kinds = StructType([frame.schema[name] for name in values])
    rows = list(zip(*values.values(), strict=True))
    # One partition: a later limit takes all it wants from the first that it looks at.
    return frame.sparkSession.createDataFrame(rows, kinds, verifySchema=False).coalesce(1)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
