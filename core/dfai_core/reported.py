"""`run`, with what it counts sent home: what backends apply to their frames."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.errors import DfaiWarning
from dfai_core.loop import after_fork, loop_thread
from dfai_core.report import Counters, Reporter, counters_of, process_id
from dfai_core.run import run
from dfai_core.staged import run_staged
from dfai_core.telemetry import telemetry_of
from dfai_core.writing import run_writing

__all__ = ["Reported"]

Watch = Callable[[Counters], None]

# A partition reports when it begins, so that one that dies is missed, when it ends, and in between as seldom as this:
# while it waits, and before a batch leaves, since whoever takes it may be the last to do so.
_WHILE_WAITING_S = 2.0
_BETWEEN_BATCHES_S = 0.25


@dataclass(frozen=True, slots=True)
class Reported:
    """Runs a call's rows and sends its counters by *reporters*, unless they are at home already.

    Parameters
    ----------
    home
        The process that made the call, by `process_id`: it reads its own counters itself.
    backend
        Its name, for traces.
    watch
        As for `run`; only for calls that never leave home.
    """

    home: str
    backend: str
    reporters: tuple[Reporter, ...] = ()
    watch: Watch | None = None

    def __call__(
        self, call: Call, batches: Iterable[pa.RecordBatch], *, watch: Watch | None = None
    ) -> Iterator[pa.RecordBatch]:
        counters = counters_of(call.id)
        reporters = self.reporters if process_id() != self.home else ()
        watching = _both(self.watch, watch)
        return _reported(call, batches, watching, _Sender(call.id, counters, reporters), self.backend)


def _both(first: Watch | None, second: Watch | None) -> Watch | None:
    if first is None or second is None:
        return first or second

    def watch(counters: Counters) -> None:
        first(counters)
        second(counters)

    return watch


def _reported(
    call: Call, batches: Iterable[pa.RecordBatch], watch: Watch | None, sender: _Sender, backend: str
) -> Generator[pa.RecordBatch]:
    counters = sender.counters
    journey = run_writing if call.service.writes is not None else run if call.service.each is None else run_staged
    telemetry = telemetry_of(call, backend, counters)
    counters.begin()
    sender.send_beginning()
    failed, repeated = True, 0
    try:
        with (
            nullcontext() if telemetry is None else telemetry.span(),
            closing(journey(call, _counted(batches, counters), watch=sender.watching(watch))) as answers,
        ):
            for answer in answers:
                sender.send(every_s=_BETWEEN_BATCHES_S)
                yield answer
        failed, repeated = False, sender.repeated()
    except GeneratorExit:
        # Whoever took the rows wants no more of them: what was not sent yet is being taken back.
        loop_thread().run(_a_moment())
        failed, repeated = False, sender.repeated()
        raise
    finally:
        counters.end(failed=failed, repeated=repeated)
        sender.send()


def _counted(batches: Iterable[pa.RecordBatch], counters: Counters) -> Iterable[pa.RecordBatch]:
    """*batches*, of which rows are counted as they are read; what is in memory has been."""
    if not isinstance(batches, Sequence):
        return _counting(batches, counters)
    counters.add_read(sum(batch.num_rows for batch in batches))
    return batches


def _counting(batches: Iterable[pa.RecordBatch], counters: Counters) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        counters.add_read(batch.num_rows)
        yield batch


async def _a_moment() -> None:
    """Over once the loop has done what it had been told before."""


class _Sender:
    """Sends a partition's counters, now or not so often."""

    def __init__(self, call_id: str, counters: Counters, reporters: tuple[Reporter, ...]) -> None:
        self.call_id = call_id
        self.counters = counters
        self._reporters = reporters
        self._sent_s = float("-inf")

    def send_beginning(self) -> None:
        """Reports that the partition begins; its first batch is reported however soon that leaves."""
        self.send()
        self._sent_s = float("-inf")

    def send(self, *, every_s: float = 0.0) -> None:
        """Reports, unless it did so less than *every_s* seconds ago."""
        if not self._reporters or time.monotonic() - self._sent_s < every_s:
            return
        # One at a time, so that nothing older is ever written over something newer.
        with _lock:
            report = self.counters.report(self.call_id)
            for reporter in self._reporters:
                try:
                    reporter.send(report)
                except Exception as error:  # noqa: BLE001  whatever a channel does, it is never worth a row
                    _complain(type(reporter).__name__, error)
        self._sent_s = time.monotonic()

    def watching(self, watch: Watch | None) -> Watch | None:
        """*watch* that also reports; None where nobody would watch."""
        return partial(self._watched, watch) if self._reporters else watch

    def _watched(self, watch: Watch | None, counters: Counters) -> None:
        self.send(every_s=_WHILE_WAITING_S)
        if watch is not None:
            watch(counters)

    def repeated(self) -> int:
        """How often the partition was tried before, as far as anybody knows."""
        return max((reporter.repeated() for reporter in self._reporters), default=0)


_lock = threading.Lock()
_complained: set[str] = set()


def _complain(reporter: str, error: Exception) -> None:
    """Says once that a channel is broken: it is at fault for every report."""
    if reporter not in _complained:
        _complained.add(reporter)
        warnings.warn(f"counters cannot be reported by {reporter}: {error}", DfaiWarning, stacklevel=3)


def _forget() -> None:
    global _lock
    _lock = threading.Lock()


after_fork(_forget)
