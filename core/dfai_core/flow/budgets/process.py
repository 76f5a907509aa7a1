"""A budget that nobody shares: a plain count, and a pace."""

from __future__ import annotations

import asyncio
import math

from dfai_core.flow.allowance import Allowance, Left, purse_of
from dfai_core.flow.limiter import Pace
from dfai_core.flow.refusals import Refusal

__all__ = ["ProcessBudget"]


class ProcessBudget:
    """The budget of a call that one process works on."""

    turn_s: float = math.inf

    def __init__(
        self, concurrency: int, rate_per_s: float | None, name: str = "", allowance: Allowance | None = None
    ) -> None:
        self.paced: bool = rate_per_s is not None
        self._free = concurrency
        self._pace = Pace(rate_per_s)
        self._purse = None if allowance is None else purse_of(name, allowance)
        self._line = asyncio.Lock()
        self._freed = asyncio.Event()

    def try_acquire(self) -> bool:
        if self._free:
            self._free -= 1
            return True
        return False

    async def acquire(self) -> None:
        async with self._line:
            while not self.try_acquire():
                self._freed.clear()
                await self._freed.wait()

    def release(self) -> None:
        self._free += 1
        self._freed.set()

    def reserve(self, now: float, cost: float = 1.0) -> float:
        return self._pace.reserve(now, cost=cost)

    async def pace(self, cost: float = 1.0) -> None:
        wait_s = self.reserve(asyncio.get_running_loop().time(), cost)
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def spend(self, documents: float, cost: float) -> Left | None:
        return None if self._purse is None else self._purse.take(documents, cost)

    def refused(self, refusal: Refusal) -> None:
        return  # nobody else works on the call

    async def aclose(self) -> None:
        return
