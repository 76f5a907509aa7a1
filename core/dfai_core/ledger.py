"""The calls that this process made, and what every process has said of each: where reports come together."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from dfai_core.call import Call
from dfai_core.errors import DfaiWarning
from dfai_core.loop import after_fork
from dfai_core.prices import Quote, quote
from dfai_core.report import Channel, Counters, Figures, Report, counters_of

__all__ = ["LEDGER", "Entry", "Ledger", "collect", "new_group"]

_KEPT = 1_000  # calls; whoever tracks one holds it longer


@dataclass(slots=True, eq=False)
class Entry:
    """One call, as the process that made it knows it."""

    call_id: str
    verb: str
    output: str
    backend: str
    target: str
    lazy: bool
    group: int
    """Calls of one verb on one frame, a column each, have the same."""
    promised: bool
    """Whether the backend brings home what its workers count: otherwise the figures are those of this process."""
    counters: Counters
    """This process's own."""
    channels: tuple[Channel, ...] = ()
    quote: Quote | None = None
    """What the units of its service cost, where that is known."""
    _latest: dict[str, tuple[int, Figures]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        call: Call,
        backend: str,
        *,
        lazy: bool,
        group: int,
        channels: Iterable[Channel] = (),
        promised: bool = True,
    ) -> Entry:
        """The entry of a call that has just been made."""
        return cls(
            call_id=call.id,
            verb=call.service.name,
            output=call.output,
            backend=backend,
            target=str(call.config.target.resolve(call.service)),
            lazy=lazy,
            group=group,
            promised=promised,
            counters=counters_of(call.id),
            channels=tuple(channels),
            quote=quote(call.config.prices, call.service, call.target_kind),
        )

    def take(self, report: Report) -> None:
        """Takes what a process says; of each source the latest counts, whenever and however often it arrives."""
        known = self._latest.get(report.source)
        if report.source == self.counters.source or (known is not None and known[0] >= report.sequence):
            return
        figures = Figures.from_plain(report.figures)
        if figures is not None:
            self._latest[report.source] = (report.sequence, figures)

    def figures(self) -> Figures:
        """All that is known of the call, over all processes."""
        return Figures.total([self.counters.figures(), *(figures for _, figures in [*self._latest.values()])])

    def lost(self) -> int:
        """Partitions whose counters are not all here: they run, or were killed.

        Some of those that were killed have said that they began, of others only the next try tells.
        """
        figures = self.figures()
        return max(figures.begun - figures.ended, figures.repeated - figures.failed)


class Ledger:
    """The latest calls of this process, oldest first."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begins anew, with a lock that nobody holds."""
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._listeners: list[Callable[[Entry], None]] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Enters a call, and tells those who listen."""
        gone = []
        with self._lock:
            self._entries[entry.call_id] = entry
            while len(self._entries) > _KEPT:
                gone.append(self._entries.popitem(last=False)[1])
            listeners = list(self._listeners)
        for old in gone:
            for channel in old.channels:
                channel.forget(old.call_id)
        for listener in listeners:
            listener(entry)

    def entries(self) -> list[Entry]:
        """The calls, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """From now on *listener* is told of each call that is made, in the thread that makes it."""
        with self._lock:
            self._listeners.append(listener)

    def unlisten(self, listener: Callable[[Entry], None]) -> None:
        """*listener* is told no more."""
        with self._lock:
            self._listeners.remove(listener)


def collect(entries: Collection[Entry]) -> None:
    """Asks every channel of *entries* for what has arrived."""
    asked: dict[int, tuple[Channel, dict[str, Entry]]] = {}
    for entry in entries:
        for channel in entry.channels:
            asked.setdefault(id(channel), (channel, {}))[1][entry.call_id] = entry
    for channel, by_call in asked.values():
        try:
            for report in channel.collect(by_call.keys()):
                if (found := by_call.get(report.call_id)) is not None:
                    found.take(report)
        except Exception as error:  # noqa: BLE001  what was computed and paid for must not fail by its report
            warnings.warn(f"counters could not be fetched: {type(error).__name__}: {error}", DfaiWarning, stacklevel=2)


_groups = itertools.count(1)


def new_group() -> int:
    """A number that calls of one verb on one frame have in common."""
    return next(_groups)


LEDGER = Ledger()


def _forget() -> None:
    """A forked child has made no call yet."""
    LEDGER.clear()


after_fork(_forget)
