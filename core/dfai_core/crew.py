"""Workers: as many requests in flight as there is work, as the target bears, and as the call's budget has slots."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from dfai_core.flow.adaptive import ConcurrencyWindow
from dfai_core.flow.budget import Budget
from dfai_core.jobs import Job

__all__ = ["Crew"]


class Crew:
    """One call's workers in this process, on the loop's thread.

    Parameters
    ----------
    window
        How many the target bears.
    budget
        Slots for requests, which other processes may want too.
    next_job
        What should leave now, if anything.
    put_back
        Takes a job that found no slot; it is the next one.
    do
        Does one job.
    failed
        Told what went wrong, where it was more than a job's own fault.
    """

    __slots__ = ("_budget", "_do", "_failed", "_loop", "_next_job", "_put_back", "_tasks", "_waiting", "_window")

    def __init__(
        self,
        window: ConcurrencyWindow,
        budget: Budget,
        *,
        next_job: Callable[[], Job | None],
        put_back: Callable[[Job], None],
        do: Callable[[Job], Awaitable[None]],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._window = window
        self._budget = budget
        self._next_job = next_job
        self._put_back = put_back
        self._do = do
        self._failed = failed
        self._tasks: set[asyncio.Task[bool]] = set()
        self._waiting: asyncio.Task[None] | None = None  # for a slot that another process has

    def go(self) -> None:
        """Sees that as many work as may."""
        if self._waiting is not None:
            return
        while len(self._tasks) < self._window.limit and (job := self._next_job()) is not None:
            if not self._budget.try_acquire():
                self._wait_with(job)
                return
            self._start(job)

    def dismiss(self) -> Collection[asyncio.Task[bool]]:
        """Cancels all work; the workers that are ending take no place of those who come after them."""
        if self._waiting is not None:
            self._waiting.cancel()
        dismissed, self._tasks = self._tasks, set()
        for task in dismissed:
            task.cancel()
        return dismissed

    def _start(self, first: Job) -> None:
        """Starts a worker, which has a slot."""
        task = self._loop.create_task(self._work(first))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        if task.cancelled():  # the last caller has left, or the process is leaving: nothing more may leave
            self._budget.release()  # here, since a worker that never came to work could not
        elif (error := task.exception()) is not None:
            self._budget.release()
            self._failed(error)
        else:
            if task.result():
                self._budget.release()
            self.go()

    async def _work(self, first: Job) -> bool:
        """Does one job after the other while there are any; says whether it still has its slot."""
        left = await self._work_on(first)
        if left is not None:
            self._wait_with(left)
        return left is None

    async def _work_on(self, first: Job) -> Job | None:
        """Does *first* and what comes after it; gives back a job that there is no slot for any more."""
        budget, window, clock = self._budget, self._window, self._loop.time
        job: Job | None = first
        since = clock()
        while job is not None:
            await self._do(job)
            if len(self._tasks) > window.limit:  # the target bears less than it did: one worker fewer
                break
            job = self._next_job()
            if job is not None and clock() - since > budget.turn_s:  # other processes want a slot too
                budget.release()
                if not budget.try_acquire():
                    return job
                since = clock()
            if len(self._tasks) < window.limit:  # or more again
                self.go()
        return None

    def _wait_with(self, job: Job) -> None:
        """Waits, with *job* at the head of the line, for a slot."""
        self._put_back(job)
        if self._waiting is None:
            self._waiting = self._loop.create_task(self._wait())
            self._waiting.add_done_callback(self._waited)

    async def _wait(self) -> None:
        await self._budget.acquire()
        job = self._next_job() if len(self._tasks) < self._window.limit else None
        if job is None:
            self._budget.release()
        else:
            self._start(job)

    def _waited(self, task: asyncio.Task[None]) -> None:
        if self._waiting is task:
            self._waiting = None
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._failed(error)
        else:
            self.go()
