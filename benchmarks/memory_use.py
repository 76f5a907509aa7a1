"""Memory that dfai adds while rows stream through it, with a service that costs nothing. Linux only.

    python -m benchmarks.memory_use [--quick]

Each figure comes from a fresh process: what it holds is read after a small call has warmed it up; the kernel's mark of
its peak is then set back, and read again at the end.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

import dfai
from benchmarks.alone import processes
from benchmarks.held import mark_mb, peak_mb
from benchmarks.null_service import NULL, NullTransport, answered, null_transport
from benchmarks.table import Table, publish
from benchmarks.texts import short_texts
from dfai_core import Call, Config, run
from dfai_core.transports.base import Answer, Request

__all__ = ["Figure", "main"]

_BATCH_ROWS = 10_000
_LATE_S = 3.0


@dataclass(frozen=True, slots=True)
class Figure:
    """Megabytes (10^6 bytes) of resident memory."""

    way: str
    rows: int
    before_mb: float
    added_mb: float  # at the peak
    answer_mb: float | None  # of the answer's columns, where they are kept


class LateTransport(NullTransport):
    """Answers at once, but for the first request: meanwhile, reading goes as far ahead as it may."""

    def __init__(self) -> None:
        self._first = True

    async def send(self, request: Request) -> Answer:
        if self._first:
            self._first = False
            await asyncio.sleep(_LATE_S)
        return await super().send(request)


def late_transport() -> LateTransport:
    """A transport of this process."""
    return LateTransport()


def _batches(rows: int) -> Iterator[pa.RecordBatch]:
    for first in range(0, rows, _BATCH_ROWS):
        texts = short_texts(min(_BATCH_ROWS, rows - first), first)
        yield pa.record_batch([pa.array(texts)], names=["text"])


def _stream(rows: int, transport: Callable[[], Any]) -> None:
    config = Config(target=dfai.container("http://null.invalid"), transport=transport, progress="off")
    call = Call(NULL, ("text",), "null", config=config)
    count = 0
    for answer in run(call, _batches(rows)):
        count += answer.num_rows - answer.column("null").null_count
    if count != rows:
        raise RuntimeError(f"{count:,} answers for {rows:,} rows")


def streamed(rows: int) -> Figure:
    """Rows come in batches and are dropped once they are answered: nothing has to stay."""
    _stream(_BATCH_ROWS, null_transport)
    before_mb = mark_mb()
    _stream(rows, null_transport)
    return Figure("streamed", rows, before_mb, peak_mb() - before_mb, None)


def held_up(rows: int) -> Figure:
    """The same, while the first request is late: what came in after it must wait for it."""
    _stream(_BATCH_ROWS, null_transport)
    before_mb = mark_mb()
    _stream(rows, late_transport)
    added_mb = peak_mb() - before_mb
    return Figure(f"streamed, first answer after {_LATE_S:.0f} s", rows, before_mb, added_mb, None)


def through_pandas(rows: int) -> Figure:
    """A frame in memory, and its answer, which stays there too."""
    answered(pd.DataFrame({"text": short_texts(_BATCH_ROWS)}), "text")
    frame = pd.DataFrame({"text": short_texts(rows)})
    before_mb = mark_mb()
    answer = answered(frame, "text")
    most_mb = peak_mb()
    added = answer.drop(columns="text")
    if int(added["null"].notna().sum()) != rows:
        raise RuntimeError("rows without an answer")
    answer_mb = float(added.memory_usage(index=False, deep=True).sum()) / 1e6
    return Figure("pandas, over frame and answer", rows, before_mb, most_mb - before_mb - answer_mb, answer_mb)


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    million = 1_000_000
    plan = [(streamed, 100_000), (streamed, million), (held_up, million), (through_pandas, million)]
    if not quick:
        plan.insert(2, (streamed, 10 * million))
    with processes(1) as pool:
        found = [pool.submit(function, rows).result() for function, rows in plan]
    table = Table(
        "Memory added at the peak, a service that costs nothing",
        ["way", "rows", "MB before", "MB added", "MB of the answer"],
        [[f.way, f.rows, f.before_mb, f.added_mb, f.answer_mb] for f in found],
    )
    return publish("memory_use", [table], {"memory": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Memory added while rows stream through.")
    parser.add_argument("--quick", action="store_true", help="no ten million rows")
    main(parser.parse_args().quick)
