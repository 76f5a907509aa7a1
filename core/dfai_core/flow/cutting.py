"""Cuts attempts that take too long, with one timer for all of them."""

from __future__ import annotations

import asyncio

__all__ = ["Cutter"]

# A timer that rings so late tells of a process that stood still, not of answers that did not come. They may have come,
# and have so long to be read.
_STOOD_STILL_S = 0.1
_CATCH_UP_S = 0.05


class Cutter:
    """What `asyncio.timeout_at` does, for many attempts at once.

    A timer for each attempt costs as much as all the rest of an attempt's bookkeeping, and nearly none of them ever
    rings. Here one timer rings when the earliest of all deadlines known at its last look has come.

    Used on the loop's thread, round one ``await`` in a task::

        cutter.begin(task, now, patience_s, latest)
        try:
            await something
        except CancelledError:
            if not cutter.cut(task):
                raise
            ...  # too late
        finally:
            cutter.end(task)
    """

    __slots__ = ("_attempts", "_cut", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._attempts: dict[asyncio.Task[None], tuple[float, float, float]] = {}  # since when, how long, latest
        self._cut: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, task: asyncio.Task[None], since: float, patience_s: float, latest: float) -> None:
        """*task* is cancelled after *patience_s*, and at *latest* on the loop's clock, unless it has ended by then."""
        self._attempts[task] = (since, patience_s, latest)
        moment = since + patience_s
        if latest < moment:
            moment = latest
        if self._timer is None or moment < self._timer.when():
            self._look_at(moment)

    def shorten(self, share: float) -> None:
        """Attempts under way keep only this share of their patience: what is usual was learned since they began."""
        for task, (since, patience_s, latest) in self._attempts.items():
            self._attempts[task] = (since, patience_s * share, latest)
        self._look()

    def end(self, task: asyncio.Task[None]) -> None:
        """*task* is through."""
        self._attempts.pop(task, None)

    def cut(self, task: asyncio.Task[None]) -> bool:
        """Whether the cancellation that *task* just met was ours, and ours alone; then it is undone."""
        if task not in self._cut:
            return False
        self._cut.discard(task)
        return task.uncancel() == 0

    def _look_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if self._timer is not None and now - self._timer.when() > _STOOD_STILL_S:
            self._look_at(now + _CATCH_UP_S)
            return
        moments = {task: min(latest, since + for_s) for task, (since, for_s, latest) in self._attempts.items()}
        for task, moment in moments.items():
            if moment <= now:
                del self._attempts[task]
                self._cut.add(task)
                task.cancel()
        rest = [moment for moment in moments.values() if moment > now]
        if rest:
            self._look_at(min(rest))
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None
