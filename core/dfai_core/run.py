"""The whole journey of a call's rows through this process, on one screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from itertools import chain, pairwise

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.callers import Caller
from dfai_core.errors import error_for
from dfai_core.gathering import whole_groups
from dfai_core.groups import Ticket
from dfai_core.loop import LOOK_S, result_of
from dfai_core.report import Counters, counters_of
from dfai_core.store import StoreSpec

__all__ = ["cut", "raise_first", "run", "sizes"]

# Rows handled at a time: enough for Arrow to work in bulk, few enough to stream. The first are fewer: requests
# leave sooner, and a reader who wants no more than a few rows has not asked for many.
_BATCH_ROWS = 10_000
_FIRST_ROWS = 500
# How far reading runs ahead of the oldest unanswered batch. Beyond it one slow request holds up the others:
# flat memory is worth that.
_AHEAD_ROWS = 100_000
_AHEAD_BYTES = 64_000_000
# Where each row is a request of its own, and may hold a picture, fewer are together.
_FIRST_CONTENTS = 32
_BATCH_CONTENTS = 1_000
_BATCH_BYTES = 8_000_000
_AHEAD_BATCHES = 10
_WATCH_S = 0.1


def run(
    call: Call, batches: Iterable[pa.RecordBatch], *, watch: Callable[[Counters], None] | None = None
) -> Generator[pa.RecordBatch]:
    """Answers *batches* of a call's columns: as many rows out as in, in the same order.

    Input is read in the caller's thread, since reading may block. All else happens on the process's loop thread:
    two threads that compute in turns would spend most of their time waiting for the interpreter's lock. A batch
    leaves as soon as it and all before it are answered. Batches may leave in other sizes than they came.

    Parameters
    ----------
    watch
        Called in the caller's thread every tenth of a second while it waits: for progress bars.

    Raises
    ------
    DfaiError
        Where the whole call cannot go on, and, with ``on_error="raise"``, for the first row without an answer.
    """
    caller = Caller(call)
    counters = counters_of(call.id)
    line: deque[tuple[Ticket, int, int]] = deque()  # with each batch's rows and bytes
    ahead_rows = ahead_bytes = 0
    reading, empty = True, True
    in_memory = isinstance(batches, Sequence)
    most_ahead = min(_AHEAD_ROWS, _AHEAD_BATCHES * call.service.rows_at_once)
    parts = cut(call, batches)
    if not in_memory:
        caller.enter()
    try:
        for batch, last in _marked(parts, in_memory):
            empty, ticket = False, Ticket()
            line.append((ticket, batch.num_rows, batch.nbytes))
            ahead_rows += batch.num_rows
            ahead_bytes += batch.nbytes
            caller.accept(ticket, batch, last=last)
            reading = not last
            while line and (line[0][0].done.done() or ahead_rows > most_ahead or ahead_bytes > _AHEAD_BYTES):
                if not line[0][0].done.done():
                    caller.flush()
                    if call.service.media is not None and ahead_rows <= _AHEAD_ROWS:
                        # Contents are let go as their documents end, in whatever order: nobody waits for the oldest.
                        if _held_bytes(line) <= _AHEAD_BYTES:
                            break
                        _wait_for_any(line, counters, watch)
                        continue
                _, rows, size_bytes = line[0]
                ahead_rows -= rows
                ahead_bytes -= size_bytes
                yield _finish(call, line, counters, watch)
        if empty:  # settings are wrong all the same
            caller.entered()
        if reading:
            reading = False
            caller.read()
        while line:
            yield _finish(call, line, counters, watch)
    finally:
        if line or reading:
            caller.leave([ticket for ticket, _, _ in line])


def cut(call: Call, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """*batches* in the sizes in which *call* takes them: whole groups where it gathers rows."""
    most = min(_BATCH_ROWS, call.service.rows_at_once)
    if call.service.gather is not None:
        return whole_groups(call, batches, sizes(_FIRST_ROWS, most))
    if call.service.media is not None:
        return _slices(batches, sizes(_FIRST_CONTENTS, _BATCH_CONTENTS), _BATCH_BYTES)
    return _slices(batches, sizes(_FIRST_ROWS, most))


def sizes(first: int, most: int) -> Iterator[int]:
    """How many rows to take at a time."""
    rows = first
    while True:
        yield min(rows, most)
        rows *= 2


def _slices(
    batches: Iterable[pa.RecordBatch], sizes: Iterator[int], most_bytes: int | None = None
) -> Iterator[pa.RecordBatch]:
    for whole in batches:
        start = 0
        fit = most_bytes * whole.num_rows // max(1, whole.nbytes) if most_bytes else whole.num_rows
        while start < whole.num_rows or not start:  # a batch without rows is answered with one
            rows = min(next(sizes), max(1, fit))
            yield whole.slice(start, rows)
            start += rows


def _marked(batches: Iterable[pa.RecordBatch], in_memory: bool) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Each batch, and whether it is certainly the last. Only what is in memory is looked at ahead of time."""
    if not in_memory:
        yield from ((batch, False) for batch in batches)
        return
    for batch, following in pairwise(chain(batches, (None,))):
        yield batch, following is None


def _held_bytes(line: deque[tuple[Ticket, int, int]]) -> int:
    """How much input the batches hold that are not answered."""
    return sum(size_bytes for ticket, _, size_bytes in line if not ticket.done.done())


def _wait_for_any(
    line: deque[tuple[Ticket, int, int]], counters: Counters, watch: Callable[[Counters], None] | None
) -> None:
    """Waits until one more batch is answered."""
    open_batches = [ticket.done for ticket, _, _ in line if not ticket.done.done()]
    while not wait(open_batches, LOOK_S if watch is None else _WATCH_S, FIRST_COMPLETED).done:
        if watch is not None:
            watch(counters)


def _finish(
    call: Call,
    line: deque[tuple[Ticket, int, int]],
    counters: Counters,
    watch: Callable[[Counters], None] | None,
) -> pa.RecordBatch:
    """Waits for the oldest batch."""
    ticket = line[0][0]
    while watch is not None and not wait([ticket.done], _WATCH_S).done:
        watch(counters)
    answer = result_of(ticket.done)
    line.popleft()
    if watch is not None:
        watch(counters)
    if call.config.on_error == "raise":
        raise_first(call, answer)
    return answer


def _how_to_go_on(call: Call) -> str:
    """What becomes of the answers that were there already."""
    store = call.config.store
    if store is None or (isinstance(store, StoreSpec) and store.kind == "default"):
        return 'What was answered is lost; with store="a folder" it would be kept.'
    return f"What was answered is kept in {store}: the same call again asks only for the rest."


def raise_first(call: Call, answer: pa.RecordBatch) -> None:
    """Raises for the first row of *answer* without one."""
    codes, messages = answer.column(answer.num_columns - 2), answer.column(answer.num_columns - 1)
    for row, code in enumerate(codes.to_pylist() if codes.null_count < len(codes) else ()):
        if code is not None:
            raise error_for(
                code,
                f"{call.service.name}: a row has no answer: {code}: {messages[row].as_py()}. "
                f'{_how_to_go_on(call)} With on_error="column" the row says so in its own error column, '
                "and the others go on.",
            )
