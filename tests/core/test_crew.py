"""Workers hold a slot each, and every slot comes back, however a worker ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from dfai_core.crew import Crew
from dfai_core.flow.adaptive import ConcurrencyWindow
from dfai_core.flow.budgets.process import ProcessBudget
from dfai_core.jobs import Job


class Slots(ProcessBudget):
    """A budget of which others may want a part: a slot is offered to them after every job."""

    turn_s = -1.0

    def __init__(self, slots: int) -> None:
        super().__init__(slots, None)
        self.taken = self.most = 0
        self.elsewhere = 0  # times that the next slot is another process's

    def try_acquire(self) -> bool:
        if self.elsewhere:
            self.elsewhere -= 1
            return False
        if not super().try_acquire():
            return False
        self.taken += 1
        self.most = max(self.most, self.taken)
        return True

    async def acquire(self) -> None:
        for _ in range(1_000):
            if self.try_acquire():
                return
            await asyncio.sleep(0)
        raise AssertionError("no slot came back")

    def release(self) -> None:
        super().release()
        self.taken -= 1


def crew_of(
    slots: Slots,
    jobs: deque[Any],
    do: Callable[[Any], Awaitable[None]],
    failures: list[BaseException],
    allowed: int = 8,
) -> Crew:
    return Crew(
        ConcurrencyWindow(allowed, first=allowed),
        slots,
        next_job=lambda: cast("Job", jobs.popleft()) if jobs else None,
        put_back=cast("Callable[[Job], None]", jobs.appendleft),
        do=do,
        failed=failures.append,
    )


async def turns(count: int) -> None:
    """Lets everybody else have so many turns."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("elsewhere", [0, 5])
def test_all_work_is_done_by_no_more_than_there_are_slots(elsewhere: int) -> None:
    async def main() -> None:
        slots, done, failures = Slots(3), [], []
        slots.elsewhere = elsewhere

        async def do(job: Any) -> None:
            await asyncio.sleep(0)
            done.append(job)

        crew_of(slots, deque(range(50)), do, failures).go()
        await turns(1_000)

        assert slots.taken == 0
        assert sorted(done) == list(range(50))
        assert slots.most <= 3
        assert failures == []

    asyncio.run(asyncio.wait_for(main(), 10))


@pytest.mark.parametrize("before", [0, 1, 3])
def test_dismissed_workers_give_their_slots_back_even_if_they_never_came_to_work(before: int) -> None:
    async def main() -> None:
        slots, failures = Slots(2), []

        async def do(job: Any) -> None:
            await asyncio.sleep(60)

        crew = crew_of(slots, deque(range(50)), do, failures)
        crew.go()
        await turns(before)
        await asyncio.gather(*crew.dismiss(), return_exceptions=True)
        await turns(2)

        assert slots.taken == 0
        assert failures == []

    asyncio.run(asyncio.wait_for(main(), 10))


def test_what_goes_wrong_is_told_and_costs_no_slot() -> None:
    async def main() -> None:
        slots, failures = Slots(2), []

        async def do(job: Any) -> None:
            raise ZeroDivisionError(job)

        crew_of(slots, deque([1]), do, failures).go()
        await turns(10)

        assert [type(error) for error in failures] == [ZeroDivisionError]
        assert slots.taken == 0

    asyncio.run(asyncio.wait_for(main(), 10))
