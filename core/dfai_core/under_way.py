"""Long-running operations that a service works on for nobody, should we go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from dfai_core.attempt import Attempter
from dfai_core.jobs import Job

__all__ = ["UnderWay"]


class UnderWay:
    """The operations of one call that nothing but this process knows of.

    Parameters
    ----------
    attempter
        Tells the service that nobody waits any more.
    chore
        Runs that beside all else.
    """

    __slots__ = ("_attempter", "_calling_off", "_chore", "_jobs")

    def __init__(self, attempter: Attempter, chore: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
        self._attempter = attempter
        self._chore = chore
        self._jobs: set[Job] = set()
        self._calling_off: set[asyncio.Task[None]] = set()

    def add(self, job: Job) -> None:
        """The service has accepted *job*."""
        self._jobs.add(job)

    def discard(self, job: Job) -> None:
        """*job* has ended, or was never accepted."""
        self._jobs.discard(job)

    def call_off(self) -> None:
        """Begins to tell the service that nobody waits any more."""
        if not self._jobs:
            return
        task = self._chore(self._attempter.call_off(self._jobs))
        self._jobs = set()
        self._calling_off.add(task)
        task.add_done_callback(self._calling_off.discard)

    async def called_off(self) -> None:
        """Waits until the service was told."""
        while self._calling_off:
            await asyncio.wait(self._calling_off)
