"""What leaves next: requests that are ready, documents that wait for company, requests that wait for their time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from dfai_core.groups import Group, Places
from dfai_core.jobs import Job
from dfai_core.lanes import Lanes
from dfai_core.whole import Place

__all__ = ["Line"]

# A request that is not full waits this long for more documents while some caller still reads its input.
_LINGER_S = 0.25


class Line:
    """The line before a call's workers, on the loop's thread.

    Parameters
    ----------
    loop
        Whose clock is used.
    lanes
        Documents that are in no request yet.
    wake
        Called when something may leave that could not before.
    """

    __slots__ = ("_hasty", "_lanes", "_linger", "_loop", "_ready", "_timers", "_wake")

    def __init__(self, loop: asyncio.AbstractEventLoop, lanes: Lanes, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._lanes = lanes
        self._wake = wake
        self._ready: deque[Job] = deque()  # what was tried before comes first: whole batches wait for it
        self._timers: dict[asyncio.TimerHandle, Job] = {}
        self._linger: asyncio.TimerHandle | None = None
        self._hasty = False  # what stands in the lanes waits for nothing more

    def next(self, *, patient: bool) -> Job | None:
        """What should leave now; if *patient*, what is not full waits a while for more."""
        if self._ready:
            return self._ready.popleft()
        if (job := self._lanes.next_full()) is not None:
            return job
        if self._hasty or not patient:
            job = self._lanes.next_partial()
            self._hasty = self._hasty and job is not None
            return job
        if self._linger is None and len(self._lanes):
            self._linger = self._loop.call_later(_LINGER_S, self.flush)
        return None

    def flush(self) -> None:
        """Lets go what waits for company."""
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self._hasty = True
        self._wake()

    def put_first(self, job: Job) -> None:
        """*job* is the next."""
        self._ready.appendleft(job)

    def put_later(self, job: Job, wait_s: float) -> None:
        """*job* stands in line again in a while; nobody waits for it, so its place in flight is free."""

        def again() -> None:
            del self._timers[timer]
            self._ready.append(job)
            self._wake()

        timer = self._loop.call_later(wait_s, again)
        self._timers[timer] = job

    def hurry(self, place: Place | None = None) -> None:
        """Nothing for *place* waits any longer before it is tried again; operations are asked about at their time."""
        for timer, job in list(self._timers.items()):
            if job.operation is None and job.place == place:
                timer.cancel()
                del self._timers[timer]
                self._ready.append(job)

    def clear(self) -> tuple[list[Job], list[tuple[Group, Places]]]:
        """Takes everything out: requests, and documents that were in none."""
        for timer in self._timers:
            timer.cancel()
        jobs = [*self._ready, *self._timers.values()]
        self._ready.clear()
        self._timers.clear()
        return jobs, self._lanes.clear()

    def withdraw(self) -> list[tuple[Group, Places]]:
        """Takes out what nobody waits for any more, and says what that was."""
        withdrawn = self._lanes.keep(lambda group, places: group.wanted(places))
        for job in [*self._ready]:
            if not any(group.wanted(places) for group, places in job.origin):
                self._ready.remove(job)
                withdrawn += job.origin
        return withdrawn
