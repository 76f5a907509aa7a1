"""A budget that the processes of one host share, through files in their user's folder."""

from __future__ import annotations

import asyncio

from dfai_core.flow.allowance import Allowance, Left
from dfai_core.flow.host.files import host_file
from dfai_core.flow.host.pace import HostPace
from dfai_core.flow.host.purse import HostPurse
from dfai_core.flow.host.slots import HostSlots
from dfai_core.flow.refusals import Refusal

__all__ = ["HostBudget"]


class HostBudget:
    """The budget *name* on this host.

    Raises
    ------
    ConfigError
        Where this system has no such locks, or the folder cannot be used.
    OSError
        Where the files cannot be written.
    """

    # Another process may come for a slot up to 20 ms after it was left to it; that is lost only until shares are even.
    turn_s: float = 0.05

    def __init__(
        self, name: str, concurrency: int, rate_per_s: float | None, allowance: Allowance | None = None
    ) -> None:
        self.paced: bool = rate_per_s is not None
        self._slots = HostSlots(host_file(name, "slots"), concurrency)
        self._pace = None if rate_per_s is None else HostPace(host_file(name, "pace"), rate_per_s)
        self._purse = None if allowance is None else HostPurse(host_file(name, "purse"), allowance)
        self._held: list[int] = []
        self._waits = False

    def try_acquire(self) -> bool:
        slot = self._slots.try_acquire()
        if slot is None:
            if not self._waits:  # whoever waits has its place in line
                self._slots.stop_waiting()
            return False
        self._held.append(slot)
        return True

    async def acquire(self) -> None:
        self._waits = True
        try:
            self._held.append(await self._slots.acquire())
        finally:
            self._waits = False

    def release(self) -> None:
        if self._held:  # none after aclose()
            self._slots.release(self._held.pop())

    def reserve(self, now: float, cost: float = 1.0) -> float:
        return 0.0 if self._pace is None else self._pace.reserve(now, cost)

    async def pace(self, cost: float = 1.0) -> None:
        wait_s = self.reserve(asyncio.get_running_loop().time(), cost)
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def spend(self, documents: float, cost: float) -> Left | None:
        return None if self._purse is None else self._purse.take(documents, cost)

    def refused(self, refusal: Refusal) -> None:
        return  # this host's processes have one learned rate anyway

    async def aclose(self) -> None:
        while self._held:
            self.release()
        self._slots.close()
        for file in (self._pace, self._purse):
            if file is not None:
                file.close()
