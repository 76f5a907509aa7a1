"""Budgets that several hosts share, kept by one process: the driver of a Spark application, or Dask's scheduler.

Messages are small mappings. A process says, once, ``name``, ``slots`` and ``rate_per_s``; then, whenever it changes
and after each telling, ``want``, ``hold`` and ``number`` (see `Ledger.heard`), and ``take``: units of the rate that it
needs. It is told ``limit`` and ``number``, or ``wait_s`` and ``units``: a block of places that begins so many seconds
later. Where the call has an allowance, ``most`` in what is said once, it says ``spend``, documents and their cost, and
is told ``left``: null where they may be sent, else what may be spent still. A process whose connection ends holds
nothing any more.

Besides, ``refused``: what a target refused one process is told to all others, those of other budgets too, and to
whoever comes before the pause has ended (see `Refusal`).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from dfai_core.flow.allotments import Ledger
from dfai_core.flow.allowance import Allowance, Purse
from dfai_core.flow.limiter import Pace
from dfai_core.flow.places import block_units
from dfai_core.flow.refusals import Refusal, Refusals

__all__ = ["Channel", "Coordinator"]

# A budget that nobody uses is forgotten after this time: between two partitions its pace must go on.
_IDLE_S = 60.0
# What was spent is remembered for longer, of so many calls: the next plan may be computed tomorrow.
_MOST_PURSES = 10_000


class Channel(Protocol):
    """A connection that carries mappings; Dask's own connections are such. A connection that ends is an OSError."""

    async def read(self) -> Any: ...

    async def write(self, message: dict[str, Any]) -> Any: ...

    def abort(self) -> None: ...


class _Session:
    """One process's connection, and what it has not been told yet."""

    def __init__(self) -> None:
        self.news: dict[str, Any] = {}  # of several limits only the last counts
        self.blocks: list[dict[str, Any]] = []
        self.refusals: list[Refusal] = []
        self.wake = asyncio.Event()

    async def tell(self, channel: Channel) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            refusals = [{"refused": refusal.as_message()} for refusal in self.refusals]
            messages = [
                *refusals,
                self.news,
                *self.blocks,
            ]  # first: what comes with a new limit must not leave in a pause
            self.news, self.blocks, self.refusals = {}, [], []
            for message in filter(None, messages):
                await channel.write(message)


class _Budget:
    def __init__(self, slots: int, rate_per_s: float | None, purse: Purse | None) -> None:
        self.ledger: Ledger[_Session] = Ledger(slots)
        self.rate_per_s = rate_per_s
        self.pace = Pace(rate_per_s)
        self.purse = purse
        self.sessions: set[_Session] = set()
        self.turn: asyncio.TimerHandle | None = None


class Coordinator:
    """Keeps budgets by name, on whichever event loop serves its connections."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._budgets: dict[str, _Budget] = {}
        self._refusals = Refusals()
        self._purses: dict[str, Purse] = {}

    async def serve(self, channel: Channel, hello: Mapping[str, Any]) -> None:
        """Serves one process, which said *hello*, until its connection ends."""
        name = str(hello["name"])
        budget = self._budgets.get(name)
        if budget is None:
            rate_per_s = hello.get("rate_per_s")
            purse = self._purse(name, hello.get("most"))
            budget = _Budget(int(hello["slots"]), None if rate_per_s is None else float(rate_per_s), purse)
            self._budgets[name] = budget
        session = _Session()
        session.news = {"limit": 0, "number": 0}  # so that it knows that it was let in
        session.refusals = self._refusals.at(self._clock())
        session.wake.set()
        budget.sessions.add(session)
        budget.ledger.join(session)
        telling = asyncio.ensure_future(session.tell(channel))
        reading = asyncio.ensure_future(self._listen(budget, session, channel))
        try:
            await asyncio.wait({telling, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            budget.sessions.discard(session)
            budget.ledger.leave(session)
            self._settle(budget)
            channel.abort()
            for task in (telling, reading):
                task.cancel()
                # What ends a connection is no news: a process that is gone, or one that talks nonsense.
                with contextlib.suppress(asyncio.CancelledError, OSError, EOFError, ValueError, TypeError, LookupError):
                    await task
            asyncio.get_running_loop().call_later(_IDLE_S, self._forget_if_idle, name, budget)

    def _purse(self, name: str, most: Sequence[float | None] | None) -> Purse | None:
        """What the call of that *name* has spent so far."""
        if most is None:
            return None
        if name not in self._purses:
            documents, cost = (math.inf if one is None else float(one) for one in most)
            self._purses[name] = Purse(Allowance(documents, cost))
            while len(self._purses) > _MOST_PURSES:
                del self._purses[next(iter(self._purses))]
        return self._purses[name]

    async def _listen(self, budget: _Budget, session: _Session, channel: Channel) -> None:
        while True:
            message = await channel.read()
            if "want" in message:
                want, hold, number = (int(message[key]) for key in ("want", "hold", "number"))
                budget.ledger.heard(session, want=want, hold=hold, number=number)
                self._settle(budget)
            if "take" in message and budget.rate_per_s is not None:
                units = max(float(message["take"]), block_units(budget.rate_per_s, len(budget.sessions)))
                wait_s = budget.pace.reserve(self._clock(), cost=units)
                session.blocks.append({"wait_s": wait_s, "units": units})
                session.wake.set()
            if "spend" in message and budget.purse is not None:
                documents, cost = map(float, message["spend"])
                left = budget.purse.take(documents, cost)
                told = None if left is None else [None if math.isinf(one) else one for one in left]
                session.blocks.append({"left": told})
                session.wake.set()
            if "refused" in message:
                self._tell_others(session, Refusal.from_message(message["refused"]))

    def _tell_others(self, teller: _Session, refusal: Refusal) -> None:
        self._refusals.note(self._clock(), refusal)
        for budget in self._budgets.values():
            for session in budget.sessions - {teller}:
                session.refusals.append(refusal)
                session.wake.set()

    def _settle(self, budget: _Budget) -> None:
        """Tells whoever has a new limit; again after a turn where limits change with time."""
        now = self._clock()
        for session, limit, number in budget.ledger.tell(now):
            session.news = {"limit": limit, "number": number}
            session.wake.set()
        if budget.turn is None and budget.ledger.takes_turns():
            turn_s = budget.ledger.turn_s
            budget.turn = asyncio.get_running_loop().call_later(turn_s - now % turn_s, self._turn, budget)

    def _turn(self, budget: _Budget) -> None:
        budget.turn = None
        self._settle(budget)

    def _forget_if_idle(self, name: str, budget: _Budget) -> None:
        if not budget.sessions and self._budgets.get(name) is budget:
            del self._budgets[name]
