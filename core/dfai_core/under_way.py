"""Long-running operations that a service works on for nobody, should we go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from dfai_core.jobs import Job
from dfai_core.peers import Peer
from dfai_core.report import Counters
from dfai_core.transports.base import Request, TransportError

__all__ = ["UnderWay"]

_CALL_OFF_S = 2.0


class UnderWay:
    """The operations of one call that nothing but this process knows of.

    Parameters
    ----------
    peer
        Is told that nobody waits any more.
    counters
        Told how many it was said of.
    chore
        Runs that beside all else.
    """

    __slots__ = ("_calling_off", "_chore", "_counters", "_jobs", "_peer")

    def __init__(
        self, peer: Peer, counters: Counters, chore: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    ) -> None:
        self._peer = peer
        self._counters = counters
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
        task = self._chore(self._say(self._jobs))
        self._jobs = set()
        self._calling_off.add(task)
        task.add_done_callback(self._calling_off.discard)

    async def called_off(self) -> None:
        """Waits until the service was told."""
        while self._calling_off:
            await asyncio.wait(self._calling_off)

    async def _say(self, jobs: Iterable[Job]) -> None:
        """Tells the service, once, that nobody waits for these operations any more."""
        now = asyncio.get_running_loop().time()
        credential = self._peer.headers(now) or await self._peer.look_up(now)

        async def cancel(job: Job) -> None:
            assert job.operation is not None
            assert job.lane.exchange.cancel is not None
            request = Request(*job.lane.exchange.cancel(job.operation), credential, b"")
            self._counters.cancelled += 1
            # A service that does not hear it ends the operation in its own time: nobody is left to be told.
            with suppress(TransportError, TimeoutError):
                async with asyncio.timeout(_CALL_OFF_S):
                    await self._peer.transport.send(request)

        await asyncio.gather(*(cancel(job) for job in jobs if job.lane.exchange.cancel is not None))
