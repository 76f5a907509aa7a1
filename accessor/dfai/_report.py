"""What this process computes, and its workers for it: `last_run` and `track`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from dfai._run import CallState, Run, State
from dfai_core.ledger import LEDGER, Entry, collect
from dfai_core.report import Channel, Figures, clipped

__all__ = ["last_run", "track"]

# Asking workers for their counters has its price: not for every figure that is read.
_ASK_EVERY_S = 1.0


def last_run() -> Run:
    """The figures of what this process computed last, by itself or by its workers.

    That is one verb on one frame, with all its columns, since it was made: a lazy frame that is computed twice has the
    figures of both times. Where nothing was computed yet, all figures are zero.

    Examples
    --------
    >>> df = pd.DataFrame({"review": ["Lovely room.", "Lovely room.", None]})
    >>> scored = df.ai.sentiment("review")
    >>> run = dfai.last_run()
    >>> run.rows, run.documents, run.errors, run.complete
    (3, 1, {}, True)
    """
    entries = LEDGER.entries()
    collect([entry for entry in entries if entry.lazy])
    ended = [(max((end for _, end in entry.figures().active), default=0.0), entry) for entry in entries]
    latest_s, latest = max(ended, key=lambda item: item[0], default=(0.0, None))
    calls: list[CallState] = []
    if latest is not None and latest_s:
        calls = [_state(entry, entry.figures()) for at_s, entry in ended if at_s and entry.group == latest.group]
    state = State(tuple(calls))
    return Run(lambda: state)


@contextmanager
def track() -> Iterator[Run]:
    """Counts everything that this process computes inside the block, in whichever thread, and its workers for it.

    Several verbs, several frames and several computations are added up. Lazy frames count when they are computed
    inside, also those that were made before. Those that are made inside and computed later count too, and until then
    the run is not ``complete``.

    Examples
    --------
    >>> df = pd.DataFrame({"review": ["Lovely room.", "Awful."]})
    >>> with dfai.track() as run:
    ...     scored = df.ai.detect_language("review").ai.sentiment("review", language=dfai.col("language"))
    >>> run.calls, run.rows, run.documents
    (2, 4, 4)
    """
    tracker = _Tracker()
    with tracker.tracking():
        yield Run(tracker.look)


@dataclass(slots=True, eq=False)
class _Part:
    """One call's share in a run: what happened since *before*, until *after* where that is settled."""

    entry: Entry
    inside: bool = True  # made in the block, not only computed in it
    before: Figures = field(default_factory=Figures)
    lost_before: int = 0
    since_s: float = 0.0
    after: Figures | None = None
    lost_after: int = 0

    def state(self) -> CallState:
        """Its share so far."""
        figures, lost = self.after, self.lost_after
        if figures is None:
            figures, lost = self.entry.figures(), self.entry.lost()
        if self.before.begun:
            active = clipped(figures.active, self.since_s, float("inf"))
            figures = replace(figures.plus(self.before, -1), active=active)
        return _state(self.entry, figures, max(0, lost - self.lost_before))

    def settle(self) -> None:
        """What happens from now on is not this run's."""
        self.lost_after, self.after = self.entry.lost(), self.entry.figures()


class _Tracker:
    """Follows the calls of this process while a block is open, and those that it left unfinished afterwards."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._parts: list[_Part] = []
        self._open = True
        self._asked_s = float("-inf")
        self._listening = ExitStack()
        self._channels: set[int] = set()

    @contextmanager
    def tracking(self) -> Iterator[None]:
        """From here to the end of the block."""
        entries = LEDGER.entries()
        collect([entry for entry in entries if entry.lazy])  # what was computed before is not ours
        now = time.time()
        with self._listening:
            for entry in entries:
                self._follow(_Part(entry, False, entry.figures(), entry.lost(), now))
            LEDGER.listen(self._add)
            try:
                yield
            finally:
                LEDGER.unlisten(self._add)
                with self._lock:
                    self._open = False
                    self._ask()

    def look(self) -> State:
        """All that is known at this moment."""
        with self._lock:
            if time.monotonic() - self._asked_s > _ASK_EVERY_S:
                self._ask()
            states = [(part.inside, part.state()) for part in self._parts]
        return State(tuple(state for inside, state in states if inside or state.figures.begun))

    def _add(self, entry: Entry) -> None:
        with self._lock:
            self._follow(_Part(entry))

    def _follow(self, part: _Part) -> None:
        self._parts.append(part)
        for channel in part.entry.channels:
            self._listen(channel)

    def _listen(self, channel: Channel) -> None:
        if id(channel) not in self._channels:
            self._channels.add(id(channel))
            self._listening.enter_context(channel.listening())

    def _ask(self) -> None:
        """Asks workers; after the block, settles all but what has not begun, or still runs in this very process."""
        live = [part for part in self._parts if part.after is None]
        collect([part.entry for part in live])
        self._asked_s = time.monotonic()
        if not self._open:
            for part in live:
                # A partition of another process that has no end may have been killed: it would be waited for for ever.
                here = part.entry.counters
                if here.begun == here.ended and (part.state().figures.begun or not part.inside):
                    part.settle()


def _state(entry: Entry, figures: Figures, lost: int | None = None) -> CallState:
    return CallState(
        verb=entry.verb,
        output=entry.output,
        backend=entry.backend,
        target=entry.target,
        figures=figures,
        lost=entry.lost() if lost is None else lost,
        promised=entry.promised,
        quote=entry.quote,
    )
