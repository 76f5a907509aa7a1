"""Lazy frames: a step in the plan that answers rows when it is computed, and what is read of a plan besides."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_polars.columns import polars_schema
from dfai_polars.rows import answered, rows_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Answer", "answered_later", "collected", "read_in_parts", "some_of"]

_ROW = "__dfai_row"
_PART_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The step itself. A plan can be serialised, so this pickles, and holds no secret."""

    call: Call
    run: Run
    drop: tuple[Hashable, ...]

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        def watch(_counters: object) -> None:
            rows.head(0)  # of Ctrl-C polars tells a query's threads only when they call polars, whatever for

        return answered(rows, self.call, self.run, self.drop, watch)


def answered_later(frame: pl.LazyFrame, call: Call, run: Run, drop: Sequence[Hashable]) -> pl.LazyFrame:
    """*frame* with the call's columns in its schema; nothing is asked before it is computed."""
    answers = polars_schema(call.schema)
    gone = set(drop).difference(answers)
    schema = {name: dtype for name, dtype in frame.collect_schema().items() if name not in gone} | answers
    return frame.map_batches(
        Answer(call, run, tuple(drop)),
        schema=schema,
        # What stands behind the verb says nothing about which rows it is asked of: a filter that went before it would
        # ask for fewer, and a step that is split in two, one for each branch of the plan, for some of them twice.
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
        # Each row has its own answer, whatever part of the frame it comes in; whole groups need the whole frame.
        streamable=call.service.gather is None,
    )


def collected(frame: Any) -> pl.DataFrame:
    """*frame* in memory, computed if need be."""
    rows: pl.DataFrame = frame.lazy().collect()
    return rows


def read_in_parts(frame: pl.LazyFrame, call: Call) -> Iterator[pa.RecordBatch]:
    """The rows that *call* reads, of a frame that need not fit into memory."""
    for part in frame.collect_batches(chunk_size=_PART_ROWS):
        yield from rows_of(part, call)


def some_of(frame: Any, rows: int) -> tuple[Any, int]:
    """About so many rows, the same ones each time, and how many there are in all."""
    import polars as pl

    whole: int = collected(frame.select(pl.len())).item()
    if whole <= rows:
        return frame, whole
    numbered = frame.with_row_index(_ROW)
    # A hash of its number says whether a row is chosen, so that a lazy frame stays lazy.
    share = rows * 2**32 // whole
    return numbered.filter(pl.col(_ROW).hash(seed=0) % 2**32 < share).drop(_ROW), whole
