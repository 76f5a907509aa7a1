"""Requests of one call that go to many places: to each, its own limits; none waits for another's.

Used on the loop's thread only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from dfai_core.attempt import Attempter
from dfai_core.blame import where_from
from dfai_core.errors import ConfigError
from dfai_core.flow.budget import Budget
from dfai_core.groups import Group, Places
from dfai_core.jobs import Job
from dfai_core.operations import same_host
from dfai_core.outcome import Outcome
from dfai_core.service import Failure, Values
from dfai_core.shape import Refused
from dfai_core.whole import Place

__all__ = ["Origins"]

# Ways that nothing uses are forgotten past this number.
_MOST_WAYS = 1_000


@dataclass(slots=True, eq=False)
class _Way:
    """One place, as one call asks it."""

    attempter: Attempter
    in_flight: int = 0
    waiting: deque[Job] = field(default_factory=deque)
    letting_in: asyncio.Task[None] | None = None

    def has_room(self) -> bool:
        return self.in_flight < self.attempter.window.limit

    def is_free(self, now: float) -> bool:
        return not self.waiting and self.has_room() and self.attempter.peer.rate.is_free(now)

    @property
    def idle(self) -> bool:
        return not self.in_flight and not self.waiting


class Origins:
    """Brings jobs on that are whole requests. One that must wait for its place holds no slot meanwhile.

    Parameters
    ----------
    make
        Makes the attempter for a place.
    budget, cost
        The call's own limits, which hold over all places, and what a job counts for its rate.
    deadline_s
        How long a document may take in all.
    put_first
        Takes a job that may leave now, and sees that somebody works on it.
    """

    __slots__ = ("_budget", "_cost", "_deadline_s", "_line", "_loop", "_make", "_put_first", "_ways")

    def __init__(
        self,
        make: Callable[[Place], Attempter],
        budget: Budget,
        cost: Callable[[Job], float],
        deadline_s: float,
        put_first: Callable[[Job], None],
    ) -> None:
        self._make = make
        self._budget = budget
        self._cost = cost
        self._deadline_s = deadline_s
        self._put_first = put_first
        self._loop = asyncio.get_running_loop()
        self._line = asyncio.Lock()
        self._ways: dict[Place, _Way] = {}

    async def attempt(self, job: Job) -> list[Values] | Outcome | None:
        """Makes one attempt at *job*; None where it stands in line for its place, and comes back by itself."""
        if job.whole is None and (refused := _prepare(job)) is not None:
            return refused
        way = self._way(job)
        if job.admitted:
            job.admitted = False
            self._let_in(way)
        elif way.is_free(self._loop.time()):
            way.attempter.peer.rate.reserve(self._loop.time())
        else:
            return self._wait(way, job)
        way.in_flight += 1
        try:
            if self._budget.paced:
                async with self._line:
                    await self._budget.pace(self._cost(job))
            return await way.attempter.attempt(job, self._loop.time())
        finally:
            way.in_flight -= 1
            self._let_in(way)

    def clear(self) -> list[Job]:
        """Takes out all jobs that stand in line."""
        jobs: list[Job] = []
        for way in self._ways.values():
            jobs += way.waiting
            way.waiting.clear()
            if way.letting_in is not None:
                way.letting_in.cancel()
        return jobs

    def withdraw(self) -> list[tuple[Group, Places]]:
        """Takes out what nobody waits for any more, and says what that was."""
        withdrawn: list[tuple[Group, Places]] = []
        for way in self._ways.values():
            for job in [*way.waiting]:
                if not any(group.wanted(places) for group, places in job.origin):
                    way.waiting.remove(job)
                    withdrawn += job.origin
        return withdrawn

    def _way(self, job: Job) -> _Way:
        place = job.place
        assert place is not None
        way = self._ways.get(place)
        if way is None:
            if len(self._ways) >= _MOST_WAYS:
                self._ways = {known: way for known, way in self._ways.items() if not way.idle}
            way = self._ways[place] = _Way(self._make(place))
        return way

    def _wait(self, way: _Way, job: Job) -> Outcome | None:
        """Lets *job* stand in line; its time runs while the service asks to wait."""
        now, paused_until = self._loop.time(), way.attempter.peer.rate.paused_until
        if paused_until > now:
            job.start(now + self._deadline_s)
            if paused_until >= job.deadline:
                return way.attempter.too_late(job, "rate_limited", "the service asked to wait longer")
        way.waiting.append(job)
        self._let_in(way)
        return None

    def _let_in(self, way: _Way) -> None:
        """Sees that the next in line comes in as soon as it may: one, which lets the next in when it is taken up."""
        if way.waiting and way.letting_in is None and way.has_room():
            way.letting_in = self._loop.create_task(self._next(way))
            way.letting_in.add_done_callback(lambda task: self._let(way, task))

    def _let(self, way: _Way, task: asyncio.Task[None]) -> None:
        way.letting_in = None
        if task.cancelled():
            self._let_in(way)
            return
        task.result()
        if way.waiting:
            job = way.waiting.popleft()
            job.admitted = True
            self._put_first(job)

    async def _next(self, way: _Way) -> None:
        """Waits until the place takes one more."""
        rate, clock = way.attempter.peer.rate, self._loop.time
        while True:
            wait_s = rate.reserve(clock())
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)
            if rate.paused_until <= clock():  # else a refusal came meanwhile, and this turn is void
                return


def _prepare(job: Job) -> Outcome | None:
    """Gives *job* its request; or says what becomes of it where there can be none."""
    web = job.lane.exchange.web
    assert web is not None
    try:
        made = web.request(list(job.documents()))
    except ConfigError as error:
        made = Failure("refused", str(error))
    except Exception as error:  # noqa: BLE001  it may be a user's own function, and the fault is this row's
        made = Failure("refused", f"the request cannot be made: {where_from(error)}")
    if isinstance(made, Failure):
        if job.count > 1:  # nothing was sent: it costs nothing to find out whose fault it is
            half = job.count // 2
            return Outcome(again=[(job.only(part), 0.0) for part in (range(half), range(half, job.count))])
        return Outcome(refused=[(0, Refused(made, 0, None))])
    job.whole = made
    if job.operation is not None and not same_host(job.operation, made.url):
        # What an earlier run kept leads elsewhere: it was tampered with, or another service was asked then.
        job.operation, job.places, job.tries = None, None, 0
    return None
