"""What runs in a Spark Python worker: batches of columns in, one struct a row out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.store import StoreSpec, has_folders

__all__ = ["answered", "paying_once", "told", "told_together"]

Columns = tuple[pa.Array, ...]


def answered(
    columns: Iterator[Columns | pa.Array], call: Call, run: Run, names: Sequence[str], keeps: bool
) -> Iterator[pa.Array]:
    """Structs of the call's answers; *names* are those of their fields.

    Batches may leave in other sizes than they came and later than they came: Spark asks only that never more
    rows have left than were read, and that the numbers agree at the end.

    *keeps* says that the driver could keep answers in a folder, so that this worker must be able to.
    """
    for batch in run(paying_once(call, keeps), _batches(columns, call)):
        yield pa.StructArray.from_arrays(batch.columns, names=list(names))


def told(
    batches: Iterator[pa.RecordBatch],
    call: Call,
    survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
    keeps: bool,
) -> Iterator[pa.RecordBatch]:
    """What *survey* says of a partition; *keeps* as for `answered`."""
    yield survey(paying_once(call, keeps), batches)


def told_together(
    batches: Iterator[pa.RecordBatch], join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """What partitions say, joined."""
    yield join(batches)


def paying_once(call: Call, keeps: bool) -> Call:
    """*call* with the store of its application on this host: Spark evaluates plans again."""
    from pyspark import TaskContext

    context = TaskContext.get()
    application = None if context is None else context.getLocalProperty("spark.app.id")
    if not application:
        return call
    kept = call.in_application(application)
    if keeps and not has_folders() and kept.config.store == StoreSpec("default"):
        import lmdb  # noqa: F401  the error that says so
    return kept


def _batches(columns: Iterator[Columns | pa.Array], call: Call) -> Iterator[pa.RecordBatch]:
    names = [str(place) for place in range(len(call.columns))]
    for arrays in columns:
        # Spark hands over a single column bare.
        together = arrays if isinstance(arrays, tuple) else (arrays,)
        yield pa.record_batch(list(together), names=names)
