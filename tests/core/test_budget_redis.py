"""A budget in a Redis: divided by the same rule, given back by the dead, and done without where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from dfai_core.errors import LimitsApart
from dfai_core.flow.allotments import fair_shares
from dfai_core.flow.budget import Budget, BudgetSpec
from dfai_core.flow.budgets.process import ProcessBudget
from dfai_core.flow.budgets.redis import _DIVIDE, RedisBudget
from processes import process, said
from redis_server import PASSWORD, RedisServer, redis_server

NOWHERE = f"redis://:{PASSWORD}@127.0.0.1:1/0"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found


def budget(url: str, name: str, concurrency: int = 2, rate_per_s: float | None = None, lease_s: float = 15.0) -> Budget:
    def instead() -> Budget:
        return ProcessBudget(1, rate_per_s)

    return RedisBudget(
        BudgetSpec("redis", url), name, concurrency, rate_per_s, instead, lambda refusal: None, lease_s=lease_s
    )


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 20), st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_the_script_divides_by_the_same_rule(server: RedisServer, slots: int, wants: list[int]) -> None:
    names = [f"p{place}" for place in range(len(wants))]

    async def main() -> list[list[int]]:
        async with Redis.from_url(server.url) as client:
            await client.flushall()
            divide, limits, rounds = client.register_script(_DIVIDE), [0] * len(wants), []
            # A turn so long that none ends meanwhile; who holds more than its share first gives back.
            for _ in range(3):
                for place, name in enumerate(names):
                    arguments = [name, slots, wants[place], limits[place], 60_000, 10**13]
                    limits[place] = await divide(keys=["l", "w", "h"], args=arguments)
                    assert sum(limits) <= slots
                rounds.append(list(limits))
            return rounds

    rounds = asyncio.run(main())

    assert rounds[-1] == fair_shares(slots, wants)


def test_names_expire_by_themselves_and_are_gone_after_a_good_bye(server: RedisServer) -> None:
    async def main() -> tuple[dict[bytes, int], list[bytes]]:
        async with Redis.from_url(server.url) as client:
            await client.flushall()
            one = budget(server.url, "call, target", rate_per_s=10.0)
            await one.acquire()
            await one.pace()
            held = {name: await client.pttl(name) for name in await client.keys(b"*")}
            await one.aclose()
            return held, await client.keys(b"*")

    held, left = asyncio.run(main())

    assert len(held) == 4
    assert all(name.startswith(b"dfai:1:budget:{call, target}:") and 0 < ms <= 61_000 for name, ms in held.items())
    assert left == [b"dfai:1:budget:{call, target}:next"]


def test_a_living_holder_keeps_its_slots_over_many_leases(server: RedisServer) -> None:
    async def main() -> list[bool]:
        one, other = budget(server.url, "lease", lease_s=0.3), budget(server.url, "lease", lease_s=0.3)
        await one.acquire()
        await one.acquire()
        waiting = asyncio.create_task(other.acquire())
        await asyncio.sleep(1.5)
        seen = [waiting.done()]
        one.release()
        async with asyncio.timeout(5):
            await waiting
        seen.append(other.try_acquire())
        await one.aclose()
        await other.aclose()
        return seen

    assert asyncio.run(main()) == [False, False]


def test_what_a_killed_process_held_is_free_when_its_lease_ends(server: RedisServer) -> None:
    holding = """
    from dfai_core.flow.budget import BudgetSpec
    from dfai_core.flow.budgets.redis import RedisBudget
    async def main():
        budget = RedisBudget(BudgetSpec("redis", sys.argv[1]), "killed", 2, None, None, print, lease_s=2.0)
        await budget.acquire()
        await budget.acquire()
        print(flush=True)
        await asyncio.sleep(600)
    asyncio.run(main())
    """

    async def main() -> list[bool]:
        with process(holding, server.url) as started:
            await asyncio.to_thread(said, started)
            one = budget(server.url, "killed")
            waiting = asyncio.create_task(one.acquire())
            await asyncio.sleep(3.0)
            seen = [waiting.done()]  # a living process renews its lease
            started.kill()
            await asyncio.sleep(1.0)
            seen.append(waiting.done())
            async with asyncio.timeout(5):
                await waiting
            await one.aclose()
        return seen

    assert asyncio.run(main()) == [False, False]


def test_a_redis_that_never_answers_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfai_core.flow.budgets.redis._REACH_S", 0.2)
    monkeypatch.setattr("dfai_core.flow.budgets.redis._AGAIN_S", 0.05)
    monkeypatch.setattr("dfai_core.flow.budget._warned", set())

    async def main() -> list[bool]:
        one = budget(NOWHERE, "nowhere", 8, rate_per_s=100.0)
        async with asyncio.timeout(10):
            await one.acquire()
            await one.pace()
        seen = [one.try_acquire()]
        one.release()
        seen.append(one.try_acquire())
        await one.aclose()
        return seen

    with pytest.warns(LimitsApart, match=r"the Redis at 127\.0\.0\.1, .* does not answer") as said_so:
        assert asyncio.run(main()) == [False, True]
    assert PASSWORD not in str(said_so[0].message)


def test_a_redis_that_comes_back_in_time_is_never_missed(tmp_path: Path) -> None:
    async def main(server: RedisServer) -> list[bool]:
        one, other = budget(server.url, "back", rate_per_s=1_000.0), budget(server.url, "back", rate_per_s=1_000.0)
        await one.acquire()
        await one.acquire()
        await asyncio.sleep(0.3)
        server.end()
        await asyncio.sleep(0.7)
        server.start()
        await asyncio.sleep(1.5)
        waiting = asyncio.create_task(other.acquire())
        await asyncio.sleep(0.5)
        seen = [waiting.done()]
        one.release()
        async with asyncio.timeout(5):
            await waiting
            await other.pace()
        await one.aclose()
        await other.aclose()
        return seen

    with redis_server(tmp_path) as server:
        assert asyncio.run(main(server)) == [False]


def test_a_redis_that_is_lost_for_good_is_done_without_and_slots_in_use_still_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfai_core.flow.budgets.redis._AGAIN_S", 0.05)
    monkeypatch.setattr("dfai_core.flow.budget._warned", set())

    async def main(server: RedisServer) -> list[bool]:
        one = budget(server.url, "lost", lease_s=1.0)
        await one.acquire()
        await one.acquire()
        server.end()
        waiting = asyncio.create_task(one.acquire())
        await asyncio.sleep(2.0)
        seen = [waiting.done()]  # two are in use, and what is done instead has room for one
        one.release()
        await asyncio.sleep(0.1)
        seen.append(waiting.done())
        one.release()
        async with asyncio.timeout(5):
            await waiting
        seen.append(one.try_acquire())
        await one.aclose()
        return seen

    with redis_server(tmp_path) as server, pytest.warns(LimitsApart, match="does not answer"):
        assert asyncio.run(main(server)) == [False, False, False]
