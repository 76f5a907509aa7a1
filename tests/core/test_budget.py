"""What every kind of budget promises, by whoever keeps it, over real processes that ask a server that counts."""

from __future__ import annotations

import asyncio
import math
import pickle
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from counting import CountingServer
from dfai_core.errors import LimitsApart
from dfai_core.flow.budget import Budget, BudgetSpec, open_budget
from dfai_core.flow.channels import Listener, listen
from dfai_core.loop import loop_thread
from processes import process, said, together
from redis_server import redis_server

SHARED = ("host", "coordinator", "redis")

HEAD = """
import pickle
from counting import ask_for
from dfai_core.flow.budget import BudgetSpec, open_budget
spec = pickle.loads(bytes.fromhex(sys.argv[1]))
"""


@pytest.fixture
def spec(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BudgetSpec]:
    """A budget of the kind that the test asks for, and whoever keeps it."""
    kind: str = request.param
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # for other processes
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if kind == "coordinator":
        listener: Listener = loop_thread().run(listen("127.0.0.1"))
        yield BudgetSpec("coordinator", f"127.0.0.1:{listener.port}", listener.token)
        loop_thread().run(listener.aclose())
    elif kind == "redis":
        with redis_server(tmp_path) as server:
            yield BudgetSpec("redis", server.url)
    else:
        yield BudgetSpec("process" if kind == "process" else "host")


def on(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("spec", kinds, indirect=True)


def opened(spec: BudgetSpec, concurrency: int = 2, rate_per_s: float | None = None) -> Budget:
    return open_budget(spec, name="a call, a target", concurrency=concurrency, rate_per_s=rate_per_s)


def asked(spec: BudgetSpec, server: CountingServer, processes: int, seconds: float, arguments: str) -> list[int]:
    """How often each of so many processes was answered."""
    code = f"print(ask_for({seconds}, spec, {server.port}, str(os.getpid()), {arguments}), flush=True)"
    return [int(line) for line in together(code, processes, pickle.dumps(spec).hex(), head=HEAD)]


@on(*SHARED)
def test_processes_together_never_have_too_many_in_flight_and_share_them(spec: BudgetSpec) -> None:
    with CountingServer(latency_s=0.05) as server:
        counts = asked(spec, server, 4, 3.0, "concurrency=8")

    assert server.most_in_flight == 8
    assert min(counts) >= 0.5 * max(counts)
    assert sum(counts) >= 0.6 * 8 * 3.0 / 0.05  # this machine has two cores for all of them


@on(*SHARED)
def test_eight_processes_share_one_rate_evenly_and_exactly(spec: BudgetSpec) -> None:
    # A process that this busy machine wakes late takes its next place late: low rates make little of that, and a round
    # that was spoilt all the same is repeated. That no more leave than may is held in each.
    rate_per_s, evenly = 80.0, False
    for _ in range(3):
        with CountingServer(latency_s=0.01) as server:
            asked(spec, server, 8, 8.0, f"concurrency=64, rate_per_s={rate_per_s}")
        began = server.arrivals[0][0]
        counts = server.counts(began + 1.0, began + 7.0)
        used = sum(counts.values()) / (6.0 * rate_per_s)

        assert used <= 1.02
        # What may be caught up, and what this busy machine puts off.
        assert server.busiest_s() <= rate_per_s * 1.2
        evenly = len(counts) == 8 and max(counts.values()) / min(counts.values()) <= 1.1 and used >= 0.95
        if evenly:
            break
    assert evenly, counts


@on("host", "coordinator")
def test_what_a_killed_process_held_is_free_at_once(spec: BudgetSpec) -> None:
    holding = """
    async def main():
        budget = open_budget(spec, name="a call, a target", concurrency=3, rate_per_s=None)
        for _ in range(3):
            await budget.acquire()
        print(flush=True)
        await asyncio.sleep(600)
    asyncio.run(main())
    """

    async def main() -> tuple[bool, float]:
        budget = opened(spec, 3)
        with process(holding, pickle.dumps(spec).hex(), head=HEAD) as started:
            await asyncio.to_thread(said, started)
            waiting = asyncio.create_task(budget.acquire())
            await asyncio.sleep(0.5)
            early = waiting.done()
            started.kill()
            killed_at = time.monotonic()
            async with asyncio.timeout(60):
                await waiting
                await budget.acquire()
                await budget.acquire()
        took_s = time.monotonic() - killed_at
        await budget.aclose()
        return early, took_s

    early, took_s = asyncio.run(main())

    assert not early
    assert took_s <= 1.0


@on("process", *SHARED)
def test_slots_are_counted_in_one_process_too(spec: BudgetSpec) -> None:
    async def main() -> list[bool]:
        budget = opened(spec)
        await budget.acquire()
        await budget.acquire()
        full = not budget.try_acquire()
        waiting = asyncio.create_task(budget.acquire())
        await asyncio.sleep(0.05)
        blocked = not waiting.done()
        budget.release()
        async with asyncio.timeout(5):
            await waiting
        still_full = not budget.try_acquire()
        budget.release()
        budget.release()
        async with asyncio.timeout(5):
            await budget.acquire()
        await budget.aclose()
        return [full, blocked, still_full]

    assert asyncio.run(main()) == [True, True, True]


@on("process", *SHARED)
def test_a_cancelled_waiter_takes_no_slot_with_it(spec: BudgetSpec) -> None:
    async def main() -> None:
        budget = opened(spec, 1)
        await budget.acquire()
        for pause_s in (0.0, 0.0, 0.001, 0.02):
            waiting = asyncio.create_task(budget.acquire())
            await asyncio.sleep(pause_s)
            budget.release()
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
            if not waiting.cancelled():
                budget.release()
            async with asyncio.timeout(5):
                await budget.acquire()
        await budget.aclose()

    asyncio.run(main())


@on(*SHARED)
def test_a_budget_can_be_closed_at_any_moment(spec: BudgetSpec) -> None:
    draw = random.Random(0)

    async def main() -> bool:
        for number in range(40):
            budget = open_budget(spec, name=f"call {number}", concurrency=1, rate_per_s=1_000.0)
            waits = [asyncio.create_task(budget.acquire()), asyncio.create_task(budget.pace())]
            await asyncio.sleep(draw.choice([0.0, 0.001, 0.003, 0.01]))
            time.sleep(draw.choice([0.0, 0.0, 0.005]))  # noqa: ASYNC251  a loop that is busy: much is due at once
            async with asyncio.timeout(5):
                await budget.aclose()
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return len(asyncio.all_tasks()) == 1

    assert asyncio.run(main())


@on("process", *SHARED)
def test_a_call_without_a_rate_is_not_paced(spec: BudgetSpec) -> None:
    async def main() -> float:
        budget = opened(spec)
        began = time.monotonic()
        for _ in range(1_000):
            await budget.pace()
        await budget.aclose()
        assert not budget.paced
        return time.monotonic() - began

    assert asyncio.run(main()) < 1.0


@on("process", *SHARED)
def test_a_rate_holds_from_the_first_request_on_whatever_each_counts_for(spec: BudgetSpec) -> None:
    async def main() -> list[float]:
        budget = opened(spec, rate_per_s=50.0)
        await budget.pace()
        began, left = time.monotonic(), []
        for cost in (1.0, 10.0, 10.0, 1.0):
            await budget.pace(cost)
            left.append(time.monotonic() - began)
        await budget.aclose()
        assert budget.paced
        return left

    assert asyncio.run(main()) == pytest.approx([0.02, 0.04, 0.24, 0.44], abs=0.06)


@on("process", "host")
def test_where_the_answer_is_at_hand_reserve_gives_it(spec: BudgetSpec) -> None:
    async def main() -> list[float]:
        budget = opened(spec, rate_per_s=10.0)
        waits = [budget.reserve(1_000.0), budget.reserve(1_000.0, 5.0), budget.reserve(1_000.0)]
        await budget.aclose()
        return waits

    assert asyncio.run(main()) == pytest.approx([0.0, 0.1, 0.6])


@on("coordinator", "redis")
def test_where_it_is_not_reserve_says_what_to_call(spec: BudgetSpec) -> None:
    async def main() -> None:
        budget = opened(spec, rate_per_s=10.0)
        with pytest.raises(RuntimeError, match="await pace"):
            budget.reserve(0.0)
        await budget.aclose()

    asyncio.run(main())


@on("process", *SHARED)
def test_only_where_others_may_want_a_slot_it_is_offered_to_them(spec: BudgetSpec) -> None:
    async def main() -> float:
        budget = opened(spec)
        await budget.aclose()
        return budget.turn_s

    assert (asyncio.run(main()) == math.inf) == (spec.kind == "process")


def test_hosts_that_know_nothing_of_each_other_take_a_share_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(hosts: int, concurrency: int) -> tuple[int, float]:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        spec = BudgetSpec("host", hosts=hosts)
        budget = open_budget(spec, name=f"{hosts} {concurrency}", concurrency=concurrency, rate_per_s=10.0)
        slots = 0
        while budget.try_acquire():
            slots += 1
        budget.reserve(1_000.0)
        step_s = budget.reserve(1_000.0)
        await budget.aclose()
        return slots, step_s

    assert asyncio.run(main(1, 10)) == (10, pytest.approx(0.1))
    assert asyncio.run(main(3, 10)) == (3, pytest.approx(0.3))
    assert asyncio.run(main(20, 10)) == (1, pytest.approx(2.0))


def test_a_host_without_a_usable_folder_says_so_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    monkeypatch.setattr("dfai_core.flow.budget._warned", set())

    async def main() -> bool:
        budget = opened(BudgetSpec("host"), 1)
        await budget.acquire()
        opened(BudgetSpec("host"), 1)
        return budget.try_acquire()

    with pytest.warns(LimitsApart, match=r"each process holds .* by itself.*set TMPDIR") as said_so:
        assert not asyncio.run(main())
    assert len(said_so) == 1


def test_a_spec_travels_and_hides_what_opens() -> None:
    spec = BudgetSpec("coordinator", "driver:7077", "a-secret-token", hosts=2)
    redis = BudgetSpec("redis", "redis://:a-secret-word@cache:6379/0")

    assert pickle.loads(pickle.dumps(spec)) == spec
    assert "secret" not in repr(spec) + repr(redis)


@on("coordinator")
def test_nobody_is_served_without_the_token(spec: BudgetSpec) -> None:
    wrong = [
        b"",
        b"nonsense\n",
        b"[1, 2]\n",
        b'{"name": "x", "slots": 1}\n',
        b'{"token": "guessed", "name": "x", "slots": 1}\n',
        b'{"token": 7}\n',
        b"x" * 200_000,
    ]

    async def answer(first: bytes) -> bytes:
        host, _, port = spec.place.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        answered = b""
        with suppress(OSError):
            writer.write(first)
            writer.write_eof()
            async with asyncio.timeout(5):
                answered = await reader.read()
        writer.transport.abort()
        return answered

    async def main() -> list[bytes]:
        return [await answer(first) for first in wrong]

    assert asyncio.run(main()) == [b""] * len(wrong)


@on("coordinator")
def test_nonsense_after_the_token_ends_the_connection_and_nothing_else(spec: BudgetSpec) -> None:
    async def main() -> bool:
        budget = opened(spec, 1)
        await budget.acquire()
        host, _, port = spec.place.rpartition(":")
        for line in (b'{"want": "many"}\n', b'{"want": 1}\n', b"[]\n", b"{\n"):
            reader, writer = await asyncio.open_connection(host, int(port))
            hello = f'{{"token": "{spec.token}", "name": "a call, a target", "slots": 1}}\n'
            writer.write(hello.encode() + line)
            async with asyncio.timeout(5):
                with suppress(OSError):
                    await reader.read()
            writer.close()
        budget.release()
        async with asyncio.timeout(5):
            await budget.acquire()
        return budget.try_acquire()

    assert not asyncio.run(main())


def test_many_budgets_of_one_coordinator_are_kept_apart() -> None:
    async def main() -> bool:
        listener = await listen("127.0.0.1")
        spec = BudgetSpec("coordinator", f"127.0.0.1:{listener.port}", listener.token)
        budgets = [open_budget(spec, name=f"call {n}", concurrency=1, rate_per_s=None) for n in range(50)]
        async with asyncio.timeout(20):
            await asyncio.gather(*(budget.acquire() for budget in budgets))
        more = any(budget.try_acquire() for budget in budgets)
        for budget in budgets:
            await budget.aclose()
        await listener.aclose()
        return more

    assert not asyncio.run(main())
