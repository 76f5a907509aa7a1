"""What runs in a Spark Python worker: batches of columns in, one struct a row out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call

__all__ = ["answering"]

Columns = tuple[pa.Array, ...]


def answering(
    call: Call, run: Run, fields: Sequence[str] | None = None
) -> Callable[[Iterator[Columns]], Iterator[pa.Array]]:
    """The function for ``arrow_udf``; its annotations tell Spark that it takes and gives iterators.

    *fields* are the names in its struct; by default they are numbered.

    Batches may leave in other sizes than they came and later than they came: Spark asks only that never more
    rows have left than were read, and that the numbers agree at the end.
    """

    names = [f"f{place}" for place in range(len(call.schema))] if fields is None else list(fields)

    def answers(columns: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        for batch in run(_paying_once(call), _batches(columns, call)):
            yield pa.StructArray.from_arrays(batch.columns, names=names)

    answers.__name__ = f"dfai_{call.service.name}"  # what plans show
    return answers


def _paying_once(call: Call) -> Call:
    """*call* with the store of its application on this host: Spark evaluates plans again."""
    from pyspark import TaskContext

    context = TaskContext.get()
    application = None if context is None else context.getLocalProperty("spark.app.id")
    return call.in_application(application) if application else call


def _batches(columns: Iterator[Columns | pa.Array], call: Call) -> Iterator[pa.RecordBatch]:
    names = [str(place) for place in range(len(call.columns))]
    for arrays in columns:
        # Spark hands over a single column bare.
        together = arrays if isinstance(arrays, tuple) else (arrays,)
        yield pa.record_batch(list(together), names=names)
