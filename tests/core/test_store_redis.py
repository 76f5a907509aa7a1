"""The store in a Redis: shared by hosts, lost without harm, and its password never shown."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from dfai_core.errors import ConfigError
from dfai_core.store import Claim, StoreFailed
from dfai_core.store.redis import RedisStore
from redis_server import PASSWORD, RedisServer, redis_server

NOWHERE = f"redis://:{PASSWORD}@127.0.0.1:1/0"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as found:
        yield found


def key(number: int) -> bytes:
    return random.Random(number).randbytes(16)


def keys(*numbers: int) -> list[bytes]:
    return [key(number) for number in numbers]


async def left_ms(server: RedisServer) -> dict[bytes, int]:
    """All names in the server, and how long each will stay."""
    async with Redis.from_url(server.url) as client:
        return {name: await client.pttl(name) for name in await client.keys(b"*")}


def test_a_claim_of_another_host_is_respected_and_its_answer_taken(server: RedisServer) -> None:
    async def work() -> list[Any]:
        here, there = RedisStore(server.url), RedisStore(server.url)
        seen = [await here.reserve(keys(1, 2)), await there.reserve(keys(1, 2, 3))]
        await here.put([(key(1), b"1")])
        await there.release(keys(2))  # not its own
        await here.release(keys(2))
        seen.append(await there.reserve(keys(1, 2)))
        await here.aclose()
        await there.aclose()
        return seen

    mine, theirs = Claim.MINE, Claim.THEIRS

    assert asyncio.run(work()) == [[mine, mine], [theirs, theirs, mine], [b"1", mine]]


def test_answers_and_claims_expire_by_themselves(server: RedisServer) -> None:
    async def work() -> tuple[dict[bytes, int], dict[bytes, int]]:
        store = RedisStore(server.url + "?expiry_s=500", lease_s=20)
        await store.put([(key(1), b"1")])
        await store.reserve(keys(2))
        held = await left_ms(server)
        await store.aclose()
        return held, await left_ms(server)

    held, closed = asyncio.run(work())

    assert len(held) == 2
    assert all(name.startswith(b"dfai:1:") for name in held)
    assert sorted(round(ms / 1000) for ms in held.values()) == [20, 500]
    assert len(closed) == 1


def test_a_claim_that_is_held_is_renewed_and_a_lost_one_is_not_taken_back(server: RedisServer) -> None:
    async def work() -> tuple[int, list[Any]]:
        here, there = RedisStore(server.url, lease_s=1_000), RedisStore(server.url)
        await here.reserve(keys(1, 2))
        names = await left_ms(server)
        async with Redis.from_url(server.url) as client:
            for name in names:
                await client.pexpire(name, 5_000)
            await here.renew()
            renewed = min((await left_ms(server)).values())
            await client.flushall()
        claims = await there.reserve(keys(1))
        await here.renew()
        await here.release(keys(1))
        claims += await here.reserve(keys(1))
        await here.put([(key(1), b"late")])
        claims += await there.reserve(keys(1))
        await here.aclose()
        await there.aclose()
        return renewed, claims

    renewed, claims = asyncio.run(work())

    assert renewed > 900_000
    assert claims == [Claim.MINE, Claim.THEIRS, b"late"]


def test_renewing_ends_when_nothing_is_held(server: RedisServer) -> None:
    async def work() -> set[asyncio.Task[Any]]:
        store = RedisStore(server.url, lease_s=0.003)
        await store.reserve(keys(1))
        [renewing] = asyncio.all_tasks() - {asyncio.current_task()}
        await store.put([(key(1), b"1")])
        await renewing
        await store.aclose()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(work()) == set()


def test_a_lost_redis_stores_nothing_is_said_once_and_fails_nothing(server: RedisServer) -> None:
    clock = Clock()

    async def without(store: RedisStore) -> None:
        assert await store.look_up(keys(1, 2)) == [None, None]
        assert await store.reserve(keys(1)) == [Claim.MINE]
        await store.put([(key(1), b"1")])
        clock.now += 11
        await store.release(keys(1))
        assert await store.look_up(keys(1)) == [None]

    async def work() -> None:
        store = RedisStore(server.url, pause_s=10, clock=clock)
        await store.put([(key(1), b"1")])
        server.end()
        with pytest.warns(StoreFailed) as said:
            await without(store)
        counts = store.statistics()
        assert len(said) == 1
        assert PASSWORD not in str(said[0].message)
        assert f"redis://127.0.0.1:{server.port}/0 does not answer" in str(said[0].message)
        # Two tries: the others fell into the pause after the first.
        assert (counts.stored, counts.not_stored, counts.failures) == (1, 1, 2)

        server.start()
        assert await store.look_up(keys(1)) == [None]
        clock.now += 11
        await store.put([(key(1), b"again")])
        assert await store.look_up(keys(1)) == [b"again"]
        assert store.statistics().failures == 2
        await store.aclose()

    asyncio.run(work())


def test_a_connection_that_went_stale_is_replaced_without_a_word(server: RedisServer) -> None:
    async def work() -> tuple[list[bytes | None], int]:
        store = RedisStore(server.url)
        await store.put([(key(1), b"1")])
        async with Redis.from_url(server.url) as client:
            for one in await client.client_list():
                if one["id"] != str(await client.client_id()):
                    await client.client_kill_filter(_id=one["id"])
        found = await store.look_up(keys(1))
        failures = store.statistics().failures
        await store.aclose()
        return found, failures

    assert asyncio.run(work()) == ([b"1"], 0)


def test_a_wrong_password_is_a_lost_redis_and_is_not_shown(server: RedisServer) -> None:
    async def work() -> None:
        store = RedisStore(f"redis://:other-hush@127.0.0.1:{server.port}")
        with pytest.warns(StoreFailed, match="AuthenticationError") as said:
            assert await store.look_up(keys(1)) == [None]
        await store.aclose()
        assert "other-hush" not in str(said[0].message)

    asyncio.run(work())


@pytest.mark.parametrize(
    "url",
    [
        "http://:hush-hush@host",
        "redis://",
        "redis://:hush/hush-hush@host",
        "redis://:hush-hush@host:port",
        "redis://:hush-hush@host:99999",
        "redis://:hush-hush@host/name",
        "redis://:hush-hush@host?expiry_s=soon",
        "redis://:hush-hush@host?expiry_s=0",
        "redis://:hush-hush@host?expiry_s=nan",
        "redis://:hush-hush@host?unknown=1",
        "redis://:hush-hush@host?ssl_cert_reqs=none",
        "redis://:hush-hush@[host",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigError, match="percent-encoded") as raised:
        RedisStore(url)

    assert "hush" not in "".join(traceback.format_exception_only(raised.value))
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_redis_s_password_shows_in_no_repr() -> None:
    store = RedisStore(NOWHERE, expiry_s=60)

    assert repr(store) == "RedisStore('redis://127.0.0.1:1/0')"
    assert PASSWORD not in repr(vars(store)["_place"])
