"""Where a service is asked about whole groups of what another one answered to each row: both, one after the other.

Both stages run in the same process: what the first makes known, the service may forget, or know at one place only. They
do not overlap, so that no more is in flight than may be.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.gathering import is_part, whole_groups
from dfai_core.report import Counters
from dfai_core.run import run, sizes

__all__ = ["run_staged"]

# Rows in which groups are asked together; each may hold a picture.
_FIRST_ROWS, _MOST_ROWS = 32, 1_000


def run_staged(
    call: Call, batches: Iterable[pa.RecordBatch], *, watch: Callable[[Counters], None] | None = None
) -> Generator[pa.RecordBatch]:
    """As `run`, for a service with a service for *each* row before it.

    Raises
    ------
    DfaiError
        As `run` does.
    """
    service = call.service.each
    assert service is not None
    config = replace(call.config, on_error="column")
    first = Call(
        service,
        call.inputs,
        "each",
        config=config,
        trace=call.trace,
        id=f"{call.id}/each",
        budget=call.budget,
        part_of=call.id,
    )
    gathered = replace(
        call.service, each=None, media=None, reads="answers", inputs=("answer", "error", "error_message")
    )
    # What may be spent is spent on the rows: their groups are few, and worth nothing without an answer.
    unlimited = replace(call.config, max_documents=None, max_cost=None)
    second = replace(call, service=gathered, inputs=gathered.inputs, config=unlimited)
    for batch in whole_groups(call, batches, sizes(_FIRST_ROWS, _MOST_ROWS)):
        yield from run(second, _with_answers(first, batch, watch), watch=watch)


def _with_answers(
    first: Call, batch: pa.RecordBatch, watch: Callable[[Counters], None] | None
) -> Iterator[pa.RecordBatch]:
    """*batch* with the answers of its rows in the place of what was asked."""
    inputs = len(first.inputs)
    if is_part(batch):  # of a group that is too large: it is refused, whatever its rows are
        blank, none = pa.array([""] * batch.num_rows), pa.nulls(batch.num_rows, pa.string())
        answers = [blank, none, none]
    else:
        asked = pa.RecordBatch.from_arrays(batch.columns[:inputs], names=[str(at) for at in range(inputs)])
        table = pa.Table.from_batches(list(run(first, [asked], watch=watch)), schema=first.schema).combine_chunks()
        answers = [_one(table.column(at)) for at in (0, table.num_columns - 2, table.num_columns - 1)]
    rest, names = batch.columns[inputs:], batch.schema.names[inputs:]
    yield pa.RecordBatch.from_arrays([*answers, *rest], names=["answer", "error", "error_message", *names])


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)
