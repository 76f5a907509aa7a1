"""Cuts attempts that take too long, with one timer for all of them."""

from __future__ import annotations

import asyncio

__all__ = ["Cutter"]


class Cutter:
    """What `asyncio.timeout_at` does, for many attempts at once.

    A timer for each attempt costs as much as all the rest of an attempt's bookkeeping, and nearly none of them ever
    rings. Here one timer rings when the earliest of all deadlines known at its last look has come.

    Used on the loop's thread, round one ``await`` in a task::

        cutter.begin(task, latest)
        try:
            await something
        except CancelledError:
            if not cutter.cut(task):
                raise
            ...  # too late
        finally:
            cutter.end(task)
    """

    __slots__ = ("_cut", "_latest", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._latest: dict[asyncio.Task[None], float] = {}
        self._cut: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, task: asyncio.Task[None], latest: float) -> None:
        """*task* is cancelled at *latest*, on the loop's clock, unless it has ended by then."""
        self._latest[task] = latest
        if self._timer is None or latest < self._timer.when():
            self._look_at(latest)

    def end(self, task: asyncio.Task[None]) -> None:
        """*task* is through."""
        self._latest.pop(task, None)

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
        self._timer = None
        now = self._loop.time()
        late = [task for task, latest in self._latest.items() if latest <= now]
        for task in late:
            del self._latest[task]
            self._cut.add(task)
            task.cancel()
        if self._latest:
            self._look_at(min(self._latest.values()))
