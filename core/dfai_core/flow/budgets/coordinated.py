"""A budget that a coordinator keeps: limits are pushed, so that slots change hands within a round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from dfai_core.errors import Unavailable
from dfai_core.flow.budgets.shared import SharedBudget
from dfai_core.flow.coordinator import Channel
from dfai_core.flow.refusals import Refusal

if TYPE_CHECKING:
    from dfai_core.flow.budget import Budget, BudgetSpec

__all__ = ["CoordinatedBudget"]

# A coordinator that cannot be reached in this time is not reached at all.
_REACH_S = 5.0
# The driver is gone, and this process will soon be ended: there is no hurry to fail.
_GRACE_S = 3.0
# How a connection ends, or shows that nobody of ours is at its other end.
_BROKEN = (OSError, EOFError, ValueError, LookupError, TypeError)


class CoordinatedBudget(SharedBudget):
    """This process's end of the budget *name*; it connects at once, in the background."""

    def __init__(
        self,
        spec: BudgetSpec,
        name: str,
        concurrency: int,
        rate_per_s: float | None,
        instead: Callable[[], Budget],
        heard: Callable[[Refusal], None],
    ) -> None:
        super().__init__(rate_per_s, spec.hosts, instead)
        self._heard = heard
        self._refusals: list[Refusal] = []  # that the others do not know of
        self._spec = spec
        self._hello = {"name": name, "slots": concurrency, "rate_per_s": rate_per_s}
        self._number = 0
        self._take = 0.0
        self._news = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._keep())

    def _tell(self) -> None:
        self._news.set()

    def _ask(self, units: float) -> None:
        self._take = units
        self._news.set()

    def refused(self, refusal: Refusal) -> None:
        self._refusals.append(refusal)
        self._news.set()

    async def _keep(self) -> None:
        """Connects, and listens for as long as the budget is open."""
        channel: Channel | None = None
        telling: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(_REACH_S):
                channel = await self._dial()
                self._hear(await channel.read())
            telling = asyncio.get_running_loop().create_task(self._talk(channel))
            while True:
                self._hear(await channel.read())
        except (*_BROKEN, TimeoutError) as error:
            if telling is None:
                self._unreachable(error)
            else:
                await self._lost()
        finally:
            if telling is not None:
                telling.cancel()
            if channel is not None:
                channel.abort()

    async def _lost(self) -> None:
        await asyncio.sleep(_GRACE_S)
        self._fail(
            Unavailable(
                f"whoever keeps this call's limits ({self._where}) is gone: its process has ended, or the connection "
                "to it broke. Run the call again; what a store holds is not asked twice."
            )
        )

    def _dial(self) -> Awaitable[Channel]:
        if self._spec.dial is not None:
            return self._spec.dial(self._hello)
        from dfai_core.flow.channels import dial

        return dial(self._spec.place, self._spec.token, self._hello)

    @property
    def _where(self) -> str:
        return self._spec.place or "Dask's scheduler"

    def _unreachable(self, error: Exception) -> None:
        from dfai_core.flow.budget import warn_apart

        self._go_on_without()
        warn_apart(
            f"{self._where}, which keeps this call's concurrency and rate_per_s, cannot be reached from here "
            f"({type(error).__name__}: {error}). This host takes {self._share}: say hosts=… for as many as there are, "
            'or share a Redis: store="redis://host".'
        )

    async def _talk(self, channel: Channel) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                message: dict[str, Any] = {"want": self.want, "hold": self.hold, "number": self._number}
                if self._take:
                    message["take"], self._take = self._take, 0.0
                refusals, self._refusals = self._refusals, []
                for refusal in refusals:  # first: every moment counts
                    await channel.write({"refused": refusal.as_message()})
                await channel.write(message)
        except OSError:  # the one who listens says so
            return

    def _hear(self, message: dict[str, Any]) -> None:
        if "refused" in message:
            self._heard(Refusal.from_message(message["refused"]))
        elif "limit" in message:
            self._number = message["number"]
            self._limit_to(message["limit"])
            self._tell()  # an answer to the telling before this one would be void
        else:
            self._give(asyncio.get_running_loop().time(), message["wait_s"], message["units"])

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await super().aclose()
