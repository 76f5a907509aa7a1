"""Counting in one process: one object for each call, written as things happen, read by anyone."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

from dfai_core.loop import after_fork, loop_cpu_s
from dfai_core.report.active import Interval, bounded
from dfai_core.report.billing import HEADER, units_of
from dfai_core.report.channel import Report
from dfai_core.report.figures import COUNTS, Figures
from dfai_core.report.latency import BINS, bin_of
from dfai_core.report.timeline import Timeline

__all__ = ["Counters", "Observer", "Received", "Sent", "counters_of", "process_id"]

_KEPT = 100  # calls of this process whose counters are remembered though nobody else holds them
_MOST_USAGES = 1_000
_lock = threading.Lock()


class Sent(Protocol):
    """What of a request is looked at."""

    method: str
    url: str
    body: bytes | None


class Received(Protocol):
    """What of an answer is looked at."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Observer(Protocol):
    """Is told of each attempt as it ends; on the loop's thread, so it must be quick."""

    def answered(self, request: Sent, answer: Received, latency_s: float) -> None: ...

    def unanswered(self, request: Sent, kind: str, latency_s: float) -> None: ...


@dataclass(slots=True, weakref_slot=True, eq=False)
class Counters:
    """Figures of one call in this process, read by anyone.

    What concerns rows and partitions is written under a lock, by the threads that call; the rest by the loop's
    thread. Several threads may run partitions of the call at the same time.
    """

    read: int = 0  # rows that were handed over to be answered
    rows: int = 0  # of them, those that have their end
    documents: int = 0  # distinct documents that were asked
    settled: int = 0  # of them, those that have their end
    coalesced: int = 0  # rows that shared another row's document
    from_store: int = 0  # documents that a store had the answer of
    requests: int = 0  # attempts included
    retries: int = 0
    throttled: int = 0  # answers with status 429
    maybe_billed: int = 0  # requests that broke after they may have been read
    operations: int = 0  # long-running operations that the service accepted
    polls: int = 0  # requests that asked how one stands
    cancelled: int = 0  # operations given up
    sent_bytes: int = 0
    received_bytes: int = 0
    begun: int = 0  # partitions
    ended: int = 0
    failed: int = 0  # of those that ended, by an exception
    repeated: int = 0  # earlier tries of partitions that ended well, as far as the scheduler tells
    cpu_s: float = 0.0  # of the loop's thread, shared out among the calls that run at the same time
    errors: Counter[str] = field(default_factory=Counter)  # rows by code
    statuses: Counter[int] = field(default_factory=Counter)  # answers by HTTP status
    broken: Counter[str] = field(default_factory=Counter)  # attempts without an answer, by what broke
    billed: dict[str, float] = field(default_factory=dict)  # units by the service's meter
    units: dict[str, float] = field(default_factory=dict)  # of what was sent, by our own count
    observer: Observer | None = None
    source: str = field(default_factory=lambda: uuid.uuid4().hex)
    _clock: Callable[[], float] = time.time
    _sequence: int = 0
    _latency: list[int] = field(default_factory=lambda: [0] * BINS)
    _timeline: Timeline = field(default_factory=Timeline)  # of what is settled, all but the last moment's
    _usages: dict[str, int] = field(default_factory=dict)  # what answers said of their price, word by word
    _slot_end_s: float = 0.0  # when the slot ends that the rest belongs to
    _active: list[Interval] = field(default_factory=list)

    # ---- one attempt ---------------------------------------------------------------------------------------

    def answered(self, request: Sent, answer: Received, latency_s: float) -> None:
        """Counts an attempt that was answered, with whatever status. Costs less than a microsecond.

        The latency counts where the service did what was asked (2xx): refusals are quick, and would make the service
        look faster than it is.
        """
        status = answer.status
        if 200 <= status < 300:
            self._latency[bin_of(latency_s)] += 1
        self.statuses[status] += 1
        if request.body is not None:
            self.sent_bytes += len(request.body)
        self.received_bytes += len(answer.body)
        usage = answer.headers.get(HEADER)
        if usage is not None:
            self._usages[usage] = self._usages.get(usage, 0) + 1
            if len(self._usages) > _MOST_USAGES:
                self.billed, self._usages = self._billed(), {}
        now = self._clock()
        if now >= self._slot_end_s:
            self._place(now)
        if self.observer is not None:
            self.observer.answered(request, answer, latency_s)

    def unanswered(self, request: Sent, error: Exception, latency_s: float) -> None:
        """Counts an attempt that had no answer, by the class of its *error*."""
        kind = type(error).__name__
        self.broken[kind] += 1
        if request.body is not None and kind != "NotSent":
            self.sent_bytes += len(request.body)
        if self.observer is not None:
            self.observer.unanswered(request, kind, latency_s)

    # ---- rows and partitions -------------------------------------------------------------------------------

    def add_rows(self, rows: int, coalesced: int, errors: Mapping[str, int]) -> None:
        """Counts rows that have their end."""
        with _lock:
            self.rows += rows
            self.coalesced += coalesced
            self.errors.update(errors)

    def add_read(self, rows: int) -> None:
        """Counts rows that were handed over."""
        with _lock:
            self.read += rows

    def begin(self) -> None:
        """A partition of the call begins in this process."""
        with _lock:
            now = self._clock()
            _meter.charge()
            if self.begun == self.ended:
                _meter.running.append(self)
                self._active.append((now, now))
            self.begun += 1

    def end(self, *, failed: bool = False, repeated: int = 0) -> None:
        """A partition ends, by an exception if it *failed*; it had been tried *repeated* times before."""
        with _lock:
            now = self._clock()
            _meter.charge()
            self.ended += 1
            self.failed += failed
            self.repeated += repeated
            self._until(now)
            if self.begun == self.ended:
                _meter.running.remove(self)

    # ---- reading -------------------------------------------------------------------------------------------

    def figures(self) -> Figures:
        """All that was counted so far."""
        with _lock:
            return self._figures()

    def report(self, call_id: str) -> Report:
        """The same as a report to be sent; each has a higher number than those before."""
        with _lock:
            self._sequence += 1
            return Report(call_id, self.source, self._sequence, self._figures().plain())

    def _figures(self) -> Figures:
        now = self._clock()
        _meter.charge()
        if self.begun > self.ended:
            self._until(now)
        # The loop's thread may be counting: nothing that it writes is written here.
        return Figures(
            **{name: getattr(self, name) for name in COUNTS},
            cpu_s=self.cpu_s,
            errors=dict(self.errors),
            statuses=dict(self.statuses),
            broken=dict(self.broken),
            billed=self._billed(),
            units={name: count for name, count in [*self.units.items()] if count},
            latency={place: count for place, count in enumerate(self._latency) if count},
            timeline=self._placed(now),
            active=list(self._active),
        )

    def _billed(self) -> dict[str, float]:
        """What answers said of their price, added up; read late, since few say something new."""
        billed = dict(self.billed)
        for usage, times in [*self._usages.items()]:
            for meter, units in units_of(usage).items():
                billed[meter] = billed.get(meter, 0.0) + units * times
        return billed

    def _until(self, now: float) -> None:
        """What runs has run until *now*."""
        if self._active:  # a clock that was put back must not make a stretch of negative length
            start, end = self._active[-1]
            self._active[-1] = (start, max(end, now))
            self._active = bounded(self._active)

    def _place(self, now: float) -> None:
        self._timeline = self._placed(now)
        self._slot_end_s = self._timeline.end_s(now)

    def _placed(self, now: float) -> Timeline:
        """The timeline with the documents that have ended since the last time: in the slot that began then."""
        timeline = self._timeline
        at_s = min(now, self._slot_end_s - timeline.width_s / 2) if self._slot_end_s else now
        return timeline.adding(at_s, self.settled - timeline.total)


class _Meter:
    """Shares out the processor time of the loop's thread among the calls that run; used under the lock."""

    def __init__(self) -> None:
        self.running: list[Counters] = []
        self._last_s = 0.0

    def charge(self) -> None:
        """Each call that runs has its share of what was used since the last time."""
        used_s = loop_cpu_s()
        if self.running:
            share_s = max(0.0, used_s - self._last_s) / len(self.running)
            for counters in self.running:
                counters.cpu_s += share_s
        self._last_s = used_s


_meter = _Meter()
_calls: OrderedDict[str, Counters] = OrderedDict()
# Whoever still holds a call's counters must go on with the same, however many calls were made since.
_held: WeakValueDictionary[str, Counters] = WeakValueDictionary()
_process_id = uuid.uuid4().hex


def process_id() -> str:
    """A name of this process that no other has, forked children included."""
    return _process_id


def counters_of(call_id: str) -> Counters:
    """The counters of a call, made on first use."""
    with _lock:
        found = _held.get(call_id)
        if found is None:
            found = _held[call_id] = Counters()
        _calls[call_id] = found
        _calls.move_to_end(call_id)
        while len(_calls) > _KEPT:
            _calls.popitem(last=False)
        return found


def _forget() -> None:
    """A forked child starts with no counters, with a name of its own, and with a lock that nobody holds."""
    global _lock, _meter, _process_id
    _lock = threading.Lock()
    _meter = _Meter()
    _process_id = uuid.uuid4().hex
    _calls.clear()
    _held.clear()


after_fork(_forget)
