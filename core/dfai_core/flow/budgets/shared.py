"""A process's end of a budget that others keep: the slots it was given, and the places in line."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from dfai_core.errors import DfaiError
from dfai_core.flow.allowance import Left
from dfai_core.flow.places import Places
from dfai_core.flow.refusals import Refusal

if TYPE_CHECKING:
    from dfai_core.flow.budget import Budget

__all__ = ["SharedBudget"]

# Slots that were idle for so long are given back. Between two requests of a worker a slot is idle for less.
_IDLE_S = 0.05


class SharedBudget(ABC):
    """What is common to budgets behind a connection: no request waits for a round trip.

    This process is given a limit, which holds until it is told another. It says how many slots it could use, and
    what it holds at most: its limit, or, while a lower one sets in, what is still in use.

    Parameters
    ----------
    rate_per_s
        The call's own rate, if it has one.
    hosts
        How many hosts share the call where nobody keeps this budget.
    instead
        Makes the budget that then takes its place.
    """

    # Within the process that costs nothing, and a lowered limit sets in the sooner.
    turn_s: float = 0.05

    def __init__(self, rate_per_s: float | None, hosts: int, instead: Callable[[], Budget]) -> None:
        self.paced: bool = rate_per_s is not None
        self.limit: int = 0
        self.used: int = 0
        self.want: int = 0  # what the others were last told
        self._waits = False
        self._least_idle = 0  # the fewest idle slots since the timer was started
        self._idle_timer: asyncio.TimerHandle | None = None
        self._line = asyncio.Lock()
        self._freed = asyncio.Event()
        self._places = None if rate_per_s is None else Places(rate_per_s)
        self._asked = False  # whether a block of places is on its way
        self._block = 0.0  # units in the last one
        self._came = asyncio.Event()
        self._share = "all of both" if hosts == 1 else f"1/{hosts} of both"
        self._make_instead = instead
        self._instead: Budget | None = None
        self._error: DfaiError | None = None

    # ---- what a kind does ----------------------------------------------------------------------------------

    @abstractmethod
    def _tell(self) -> None:
        """Sees that the others learn of `want` and `hold`, soon."""

    @abstractmethod
    def _ask(self, units: float) -> None:
        """Sees that so many units of the rate come, as a block, through `_give`."""

    @abstractmethod
    async def spend(self, documents: float, cost: float) -> Left | None:
        """As `Budget.spend`. One round trip: what is spent must be known to all before it is."""

    @abstractmethod
    def refused(self, refusal: Refusal) -> None:
        """As `Budget.refused`."""

    # ---- slots ---------------------------------------------------------------------------------------------

    @property
    def hold(self) -> int:
        """The most that this process uses until it is told otherwise."""
        return max(self.used, self.limit)

    def try_acquire(self) -> bool:
        if self.used < self.limit:
            self.used += 1
            self._least_idle = min(self._least_idle, self.limit - self.used)
            return True
        return self._instead is not None and self._instead.try_acquire()

    async def acquire(self) -> None:
        async with self._line:
            self._waits = True
            try:
                while not self.try_acquire():
                    if self._error is not None:
                        raise self._error
                    if self._instead is not None:
                        await self._instead.acquire()
                        return
                    # Not only one more: many are given to a process that starts in few round trips.
                    wanted = self.used + max(1, self.used // 2)
                    if wanted > self.want:
                        self.want = wanted
                        self._tell()
                    self._freed.clear()
                    await self._freed.wait()
            finally:
                self._waits = False

    def release(self) -> None:
        if not self.used:
            if self._instead is not None:
                self._instead.release()
            return
        self.used -= 1
        if self.used >= self.limit:  # it was one too many: now it is another's
            self._tell()
            return
        self._freed.set()
        self._watch_idle()

    def _limit_to(self, limit: int) -> None:
        """A new limit holds from now on."""
        lower = limit < self.limit
        self.limit = limit
        if lower:
            self._tell()
        if self.used < limit:
            self._freed.set()
            self._watch_idle()

    def _watch_idle(self) -> None:
        if self._idle_timer is None:
            self._least_idle = self.limit - self.used
            self._idle_timer = asyncio.get_running_loop().call_later(_IDLE_S, self._give_back_idle)

    def _give_back_idle(self) -> None:
        self._idle_timer = None
        if self._waits:
            return
        idle = min(self._least_idle, self.limit - self.used)
        if idle > 0:
            self.limit -= idle
        if idle > 0 or self.want > self.hold:
            self.want = self.hold
            self._tell()
        if self.limit > self.used:
            self._watch_idle()

    # ---- the rate ------------------------------------------------------------------------------------------

    def reserve(self, now: float, cost: float = 1.0) -> float:
        raise RuntimeError("this budget is kept elsewhere: await pace()")

    async def pace(self, cost: float = 1.0) -> None:
        if self._places is None:
            return
        clock = asyncio.get_running_loop().time
        while (wait_s := self._places.take(clock(), cost)) is None:
            if self._error is not None:
                raise self._error
            if self._instead is not None:
                await self._instead.pace(cost)
                return
            self._order(cost - self._places.units(clock()))
            self._came.clear()
            await self._came.wait()
        # The next block should be there when this one ends; blocks of one place are so far apart that it will be.
        if self._block > cost and self._places.units(clock()) < cost:
            self._order(cost)
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def _order(self, units: float) -> None:
        if not self._asked:
            self._asked = True
            self._ask(units)

    def _give(self, now: float, wait_s: float, units: float) -> None:
        """A block of places has come."""
        assert self._places is not None
        self._places.add(now, wait_s, units)
        self._asked, self._block = False, units
        self._came.set()

    # ---- the end -------------------------------------------------------------------------------------------

    def _go_on_without(self) -> None:
        """Nobody keeps the budget: another takes its place."""
        self._instead = self._make_instead()
        # What is in use counts there, as far as there is room for it.
        while self.used and self._instead.try_acquire():
            self.used -= 1
        self.limit = 0
        self._wake()

    def _fail(self, error: DfaiError) -> None:
        """Whoever kept the budget is gone."""
        self._error = error
        self.limit = 0
        self._wake()

    def _wake(self) -> None:
        self._freed.set()
        self._came.set()

    async def aclose(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._instead is not None:
            await self._instead.aclose()
