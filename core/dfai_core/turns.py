"""Whose turn it is: our own rate, and the rate that a target bears, before each request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from dfai_core.flow.budget import Budget
from dfai_core.jobs import Job
from dfai_core.peers import Peer

__all__ = ["Turns"]


class Turns:
    """The line in which one call's requests stand, on the loop's thread.

    Parameters
    ----------
    peer
        The target, whose rate all calls share.
    budget
        The call's own rate, if it has one.
    counts
        What that rate counts.
    deadline_s
        How long a document may take in all. Waiting for the service's sake counts, waiting for our own rate does not.
    """

    __slots__ = ("_budget", "_deadline_s", "_line", "_peer", "cost")

    def __init__(
        self,
        peer: Peer,
        budget: Budget,
        counts: Literal["requests", "documents", "characters"],
        deadline_s: float,
    ) -> None:
        self._peer = peer
        self._budget = budget
        self.cost: Callable[[Job], float] = _COSTS[counts]
        self._line = asyncio.Lock()
        self._deadline_s = deadline_s

    def at_once(self, now: float) -> bool:
        """Whether a request may leave without a wait, as nearly all do: then its place is taken."""
        if self._budget.paced or not self._peer.rate.is_free(now):
            return False
        self._peer.rate.reserve(now)
        return True

    async def wait(self, job: Job) -> bool:
        """Waits until *job* may leave; False if it has not the time."""
        if not self._budget.paced:
            return await self._wait_for_target(job)
        async with self._line:  # until the target lets one go, the next has no place: else a pause would end in a burst
            await self._budget.pace(self.cost(job))
            return await self._wait_for_target(job)

    async def _wait_for_target(self, job: Job) -> bool:
        rate, clock = self._peer.rate, asyncio.get_running_loop().time
        if rate.is_free(clock()):
            rate.reserve(clock())
            return True
        # One at a time holds a place, the others stand behind it: a place far ahead knows nothing of a later refusal.
        async with self._peer.gate:
            while True:
                now = clock()
                if rate.paused_until > now:
                    job.start(now + self._deadline_s)
                    if rate.paused_until >= job.deadline:
                        return False
                wait = rate.reserve(now)
                if wait <= 0:
                    return True
                await asyncio.sleep(wait)
                if rate.paused_until <= clock():  # else a refusal came meanwhile, and the place is void
                    return True


def _characters(job: Job) -> float:
    return float(sum(len(value) for document in job.documents() for value in document if isinstance(value, str)))


# A question about an operation is a request, and nothing else.
_COSTS: dict[str, Callable[[Job], float]] = {
    "requests": lambda job: 1.0,
    "documents": lambda job: 0.0 if job.operation else float(job.count),
    "characters": lambda job: 0.0 if job.operation else _characters(job),
}
