"""A budget that a coordinator keeps: limits are pushed, so that slots change hands within a round trip."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from dfai_core.errors import Unavailable
from dfai_core.flow.allowance import Allowance, Left
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


class _Alone(Exception):
    """Nobody keeps the budget: another takes its place."""


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
        *,
        allowance: Allowance | None = None,
    ) -> None:
        super().__init__(rate_per_s, spec.hosts, instead)
        self._heard = heard
        self._refusals: list[Refusal] = []  # that the others do not know of
        self._spec = spec
        self._hello: dict[str, Any] = {"name": name, "slots": concurrency, "rate_per_s": rate_per_s}
        if allowance is not None:  # JSON knows no infinity
            self._hello["most"] = [None if math.isinf(most) else most for most in allowance]
        self._spendings: list[tuple[float, float]] = []  # that the coordinator does not know of
        self._asked_to_spend: deque[asyncio.Future[Left | None]] = deque()  # it answers in order
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

    async def spend(self, documents: float, cost: float) -> Left | None:
        if self._instead is None:
            if self._error is not None:
                raise self._error
            answer = asyncio.get_running_loop().create_future()
            self._asked_to_spend.append(answer)
            self._spendings.append((documents, cost))
            self._news.set()
            # Whoever waits may be cancelled; the answers that follow must still find their own.
            with contextlib.suppress(_Alone):
                return await asyncio.shield(answer)
        return Left(0.0, 0.0) if self._instead is None else await self._instead.spend(documents, cost)

    def _nobody_answers(self, error: Exception) -> None:
        for answer in self._asked_to_spend:
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # nobody may be waiting any more
        self._asked_to_spend.clear()

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
        gone = Unavailable(
            f"whoever keeps this call's limits ({self._where}) is gone: its process has ended, or the connection "
            "to it broke. Run the call again; what a store holds is not asked twice."
        )
        self._fail(gone)
        self._nobody_answers(gone)

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
        self._nobody_answers(_Alone())
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
                spendings, self._spendings = self._spendings, []
                for spending in spendings:
                    await channel.write({"spend": spending})
                await channel.write(message)
        except OSError:  # the one who listens says so
            return

    def _hear(self, message: dict[str, Any]) -> None:
        if "refused" in message:
            self._heard(Refusal.from_message(message["refused"]))
        elif "left" in message:
            left = message["left"]
            answer = self._asked_to_spend.popleft()
            if not answer.done():
                answer.set_result(None if left is None else Left(*(math.inf if one is None else one for one in left)))
        elif "limit" in message:
            self._number = message["number"]
            self._limit_to(message["limit"])
            self._tell()  # an answer to the telling before this one would be void
        else:
            self._give(asyncio.get_running_loop().time(), message["wait_s"], message["units"])

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._nobody_answers(_Alone())
        await super().aclose()
