"""Processes that share a coordinator's budget, on a clock of their own: connections may be slow, and end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.errors import LimitsApart, Unavailable
from dfai_core.flow.budget import Budget, BudgetSpec, open_budget
from dfai_core.flow.budgets.coordinated import CoordinatedBudget
from fake_loop import run_fast
from wires import Wires


class Traffic:
    """What all processes together have in flight, and when each request left."""

    def __init__(self) -> None:
        self.in_flight = self.most = 0
        self.left: list[float] = []
        self.done = 0

    async def work(self, budget: Budget, jobs_s: Sequence[float], workers: int = 100) -> None:
        """One process's requests, as a dispatcher sends them: one waits for a slot, those who have one work on."""
        loop = asyncio.get_running_loop()
        waiting, running = list(jobs_s), set[asyncio.Task[None]]()

        async def worker() -> None:
            since = loop.time()
            while waiting:
                job_s = waiting.pop()
                if budget.paced:
                    await budget.pace()
                self.left.append(loop.time())
                await asyncio.sleep(job_s)
                self.done += 1
                if loop.time() - since >= budget.turn_s:
                    break
            self.in_flight -= 1
            budget.release()

        while waiting:
            if len(running) >= workers:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if not budget.try_acquire():
                await budget.acquire()
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
            task = asyncio.create_task(worker())
            running.add(task)
            task.add_done_callback(running.discard)
        if running:
            await asyncio.wait(running)


JOBS = st.lists(st.lists(st.floats(0.001, 0.5), max_size=60), min_size=1, max_size=6)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(1, 20), JOBS, st.floats(0.0001, 0.02), st.integers(0, 9))
def test_never_too_many_are_in_flight_and_no_slot_waits_for_work(
    slots: int, jobs_s: list[list[float]], delay_s: float, seed: int
) -> None:
    async def main() -> tuple[Traffic, float]:
        wires, traffic = Wires(delay_s, seed), Traffic()
        budgets = [wires.budget(slots) for _ in jobs_s]
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(traffic.work(*pair) for pair in zip(budgets, jobs_s, strict=True)))
        took_s = asyncio.get_running_loop().time() - began
        for budget in budgets:
            await budget.aclose()
        return traffic, took_s

    traffic, took_s = run_fast(main())
    together = [job for jobs in jobs_s for job in jobs]

    assert traffic.most <= slots
    assert traffic.done == len(together)
    # Any schedule that leaves no slot unused takes at most this long; a slot changes hands in a few delays.
    handovers_s = 0.2 + 12 * delay_s + 4 * delay_s * len(together) / slots
    assert took_s <= sum(together) / slots + max(together, default=0.0) + handovers_s


@pytest.mark.parametrize(("slots", "processes"), [(16, 2), (16, 5), (2, 5)])
def test_processes_that_all_have_enough_to_do_get_through_equally_much(slots: int, processes: int) -> None:
    async def main() -> list[int]:
        wires = Wires()
        traffics = [Traffic() for _ in range(processes)]
        budgets = [wires.budget(slots) for _ in traffics]
        tasks = []
        for place, (traffic, budget) in enumerate(zip(traffics, budgets, strict=True)):
            tasks.append(asyncio.create_task(traffic.work(budget, [0.05] * 100_000)))
            await asyncio.sleep(0.5 * (place == 0))  # the first has everything for a while
        before = [traffic.done for traffic in traffics]
        await asyncio.sleep(20.0)
        counts = [traffic.done - old for traffic, old in zip(traffics, before, strict=True)]
        for task in tasks:
            task.cancel()
        return counts

    counts = run_fast(main())

    assert max(counts) / min(counts) <= 1.1
    assert sum(counts) >= 0.95 * slots * 20.0 / 0.05


def test_a_late_comer_gets_its_share_as_soon_as_requests_end() -> None:
    async def main() -> int:
        wires, traffic, late = Wires(), Traffic(), Traffic()
        first = asyncio.create_task(traffic.work(wires.budget(8), [0.1] * 1_000))
        await asyncio.sleep(1.0)
        second = asyncio.create_task(late.work(wires.budget(8), [0.1] * 1_000))
        await asyncio.sleep(0.1 + 0.05 + 0.02)  # a request, the turn of its worker, and some messages
        share = late.in_flight
        first.cancel()
        second.cancel()
        return share

    assert run_fast(main()) == 4


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.floats(0.5, 2_000), st.integers(1, 5), st.floats(0.0001, 0.01), st.integers(0, 9))
def test_in_no_window_do_more_leave_than_the_rate_allows(
    rate_per_s: float, processes: int, delay_s: float, seed: int
) -> None:
    whole_s = max(2.0, 20 / rate_per_s)

    async def main() -> Traffic:
        wires, traffic = Wires(delay_s, seed), Traffic()
        tasks = [
            asyncio.create_task(traffic.work(wires.budget(1_000, rate_per_s), [0.01] * 100_000))
            for _ in range(processes)
        ]
        await asyncio.sleep(whole_s)
        for task in tasks:
            task.cancel()
        return traffic

    left = sorted(run_fast(main()).left)

    assert len(left) >= 0.95 * rate_per_s * (whole_s - 0.1) - processes
    for first in range(0, len(left), max(1, len(left) // 50)):
        for last in range(first, len(left), max(1, len(left) // 50)):
            # What may be caught up, and the blocks that a slow message has put off.
            slack = max(1.0, rate_per_s * 0.05) + 2 + rate_per_s * 3 * delay_s
            assert last - first + 1 <= rate_per_s * (left[last] - left[first]) + slack


def test_requests_that_cost_more_leave_the_more_seldom() -> None:
    async def main() -> float:
        wires = Wires()
        budgets = [wires.budget(8, 100.0) for _ in range(2)]
        began = asyncio.get_running_loop().time()

        async def ask(budget: Budget) -> None:
            for cost in (50.0, 1.0, 200.0, 49.0):
                await budget.pace(cost)

        await asyncio.gather(*map(ask, budgets))
        return asyncio.get_running_loop().time() - began

    # The last leaves when all but its own 49 have had their time.
    assert run_fast(main()) == pytest.approx((600 - 49) / 100, rel=0.1)


def test_the_slots_of_a_connection_that_ends_are_free_again() -> None:
    async def main() -> bool:
        wires = Wires()
        one, other = wires.budget(3), wires.budget(3)
        for _ in range(3):
            await one.acquire()
        asking = asyncio.create_task(other.acquire())
        await asyncio.sleep(1.0)
        assert not asking.done()
        wires.ends[0].abort()
        await asyncio.sleep(0.01)
        return asking.done()

    assert run_fast(main())


def test_a_cancelled_waiter_takes_no_slot_with_it() -> None:
    async def main() -> None:
        wires = Wires()
        budget = wires.budget(1)
        await budget.acquire()
        for pause_s in (0.0, 0.0005, 0.001, 0.002, 0.01):
            waiter = asyncio.create_task(budget.acquire())
            await asyncio.sleep(pause_s)
            budget.release()
            waiter.cancel()
            with suppress(asyncio.CancelledError):
                await waiter
            if not waiter.cancelled():
                budget.release()
            async with asyncio.timeout(1.0):
                await budget.acquire()

    run_fast(main())


def test_slots_that_nobody_uses_go_back_and_come_again() -> None:
    async def main() -> list[int]:
        wires = Wires()
        budget = wires.budget(8)
        ledger = []
        for _ in range(2):
            for _ in range(8):
                await budget.acquire()
            ledger.append(wires.coordinator._budgets["one"].ledger.held())
            for _ in range(8):
                budget.release()
            await asyncio.sleep(0.5)
            ledger.append(wires.coordinator._budgets["one"].ledger.held())
        await budget.aclose()
        await asyncio.sleep(100)
        return [*ledger, len(wires.coordinator._budgets)]

    assert run_fast(main()) == [8, 0, 8, 0, 0]


def test_budgets_of_other_names_are_other_budgets() -> None:
    async def main() -> bool:
        wires = Wires()
        one, other = wires.budget(1, name="call 1, target"), wires.budget(1, name="call 2, target")
        await one.acquire()
        async with asyncio.timeout(1.0):
            await other.acquire()
        return one.try_acquire() or other.try_acquire()

    assert not run_fast(main())


def test_a_coordinator_that_is_lost_fails_whoever_waits_after_a_while() -> None:
    async def main() -> float:
        wires = Wires()
        budget = wires.budget(1, 1.0)
        await budget.acquire()
        await budget.pace()
        wires.ends[0].other.abort()
        began = asyncio.get_running_loop().time()
        for wait in (budget.acquire(), budget.pace()):
            with pytest.raises(Unavailable, match="is gone: its process has ended"):
                await wait
        return asyncio.get_running_loop().time() - began

    assert 1.0 < run_fast(main()) < 5.0


@pytest.mark.parametrize("hosts", [1, 4])
def test_where_no_coordinator_is_reached_each_host_takes_its_share_and_says_so(
    hosts: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def refused(hello: Mapping[str, Any]) -> Any:
        raise ConnectionRefusedError("nobody there")

    async def main() -> int:
        budget = open_budget(
            BudgetSpec("coordinator", "driver:1", dial=refused, hosts=hosts), name="x", concurrency=8, rate_per_s=10.0
        )
        await budget.acquire()
        await budget.pace()
        slots = 1
        while budget.try_acquire():
            slots += 1
        for _ in range(slots):
            budget.release()
        await budget.aclose()
        return slots

    monkeypatch.setattr("dfai_core.flow.budget._warned", set())
    with pytest.warns(LimitsApart, match="driver:1, which keeps .* cannot be reached .*say hosts="):
        slots = run_fast(main())

    assert slots == 8 // hosts


def test_a_budget_closed_before_it_was_connected_leaves_nothing_behind() -> None:
    async def main() -> None:
        wires = Wires(delay_s=1.0)
        budget = wires.budget(1)
        assert isinstance(budget, CoordinatedBudget)
        await asyncio.sleep(0.1)
        await budget.aclose()
        await asyncio.sleep(5.0)

        assert all(task.done() for task in wires.serving)

    run_fast(main())


def test_what_a_host_leaves_of_the_rate_the_others_use() -> None:
    rate_per_s, whole_s = 50.0, 20.0

    async def main() -> tuple[Traffic, Traffic]:
        wires, short, long = Wires(0.005), Traffic(), Traffic()
        await short.work(wires.budget(6, rate_per_s), [0.04] * 20)  # its host has no more to do
        tasks = [
            asyncio.create_task(traffic.work(wires.budget(6, rate_per_s), [0.04] * 100_000))
            for traffic in (short, long, long)
        ]
        await asyncio.sleep(1.0)
        tasks[0].cancel()
        await asyncio.sleep(whole_s)
        for task in tasks:
            task.cancel()
        return short, long

    _, long = run_fast(main())
    left = [at for at in long.left if at >= long.left[-1] - whole_s + 1.0]

    assert len(left) >= 0.95 * rate_per_s * (whole_s - 1.0)
    assert long.most <= 6
