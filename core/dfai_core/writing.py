"""A call that asks nobody: each row is written by the worker itself, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from dfai_core.any_columns import each_row
from dfai_core.call import Call
from dfai_core.documents import Asked, answer_batch, errors_in
from dfai_core.report import Counters, counters_of
from dfai_core.run import raise_first
from dfai_core.service import Failure
from dfai_core.shape import Refused, Shape

__all__ = ["run_writing"]

_MOST_ROWS = 1_000
_MOST_BYTES = 32_000_000


def run_writing(
    call: Call, batches: Iterable[pa.RecordBatch], *, watch: Callable[[Counters], None] | None = None
) -> Generator[pa.RecordBatch]:
    """As `run`, for a service that writes.

    Raises
    ------
    DfaiError
        With ``on_error="raise"``, for the first row that was not written.
    """
    counters = counters_of(call.id)
    with ThreadPoolExecutor(call.config.concurrency, thread_name_prefix="dfai-writer") as pool:
        for batch in batches:
            fit = max(1, min(_MOST_ROWS, _MOST_BYTES * batch.num_rows // max(1, batch.nbytes)))
            for start in range(0, max(1, batch.num_rows), fit):
                answer = _written(call, batch.slice(start, fit), pool, counters)
                if watch is not None:
                    watch(counters)
                if call.config.on_error == "raise":
                    raise_first(call, answer)
                yield answer


def _written(call: Call, batch: pa.RecordBatch, pool: ThreadPoolExecutor, counters: Counters) -> pa.RecordBatch:
    writes = call.service.writes
    assert writes is not None
    columns = batch.columns[: len(call.inputs)]
    wanted = pa.repeat(pa.scalar(True), batch.num_rows)
    for column in columns:
        wanted = pc.and_(wanted, column.is_valid())
    prior = list(batch.columns[len(call.columns) - len(call.prior) : len(call.columns)])
    if prior:
        wanted = pc.and_(wanted, pc.or_(prior[0].is_null(), prior[-1].is_valid()))
    inputs, codes = each_row(columns, wanted)
    shape = Shape(len(call.schema), detail="error_detail" in call.include)
    found = list(pool.map(writes, zip(*inputs, strict=True)))
    rows = [shape.refused(Refused(one, 1, None)) if isinstance(one, Failure) else shape.padded(one) for one in found]
    by_column = [[row[place] for row in rows] for place in range(shape.columns)]
    asked = Asked(batch.num_rows, inputs, codes, {}, prior, batch.nbytes, 0, len(rows))
    answer = answer_batch(call, asked, by_column)
    counters.documents += len(rows)
    counters.settled += len(rows)
    counters.add_rows(batch.num_rows, 0, errors_in(answer))
    return answer
