"""What every store promises, on each of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfai_core.store import Claim, MemoryStore, Store
from dfai_core.store.lmdb import LmdbStore
from dfai_core.store.redis import RedisStore
from redis_server import RedisServer, redis_server

Make = Callable[[], Store]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture(params=["memory", "folder", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes an empty store, on the running loop."""
    if request.param == "memory":
        return MemoryStore
    if request.param == "folder":
        return lambda: LmdbStore(tmp_path / "store")
    url: str = request.getfixturevalue("server").url
    return lambda: RedisStore(url)


def key(number: int) -> bytes:
    return random.Random(number).randbytes(16)


def keys(*numbers: int) -> list[bytes]:
    return [key(number) for number in numbers]


def test_what_was_put_is_found_in_the_order_asked(make: Make) -> None:
    async def work() -> list[bytes | None]:
        store = make()
        await store.put([(key(1), b"one"), (key(2), b"")])
        found = await store.look_up(keys(2, 3, 1, 2))
        await store.aclose()
        return found

    assert asyncio.run(work()) == [b"", None, b"one", b""]


def test_a_later_value_replaces_an_earlier_one(make: Make) -> None:
    async def work() -> list[bytes | None]:
        store = make()
        await store.put([(key(10), b"old"), (key(10), b"new")])
        await store.put([(key(10), b"newest")])
        found = await store.look_up(keys(10))
        await store.aclose()
        return found

    assert asyncio.run(work()) == [b"newest"]


def test_a_claim_is_given_once_until_it_is_answered_or_given_back(make: Make) -> None:
    async def work() -> list[list[bytes | Claim]]:
        store = make()
        seen = [await store.reserve(keys(20, 21)), await store.reserve(keys(20, 21, 22))]
        await store.put([(key(20), b"answer")])
        await store.release(keys(21))
        seen.append(await store.reserve(keys(20, 21, 22)))
        await store.aclose()
        return seen

    mine, theirs = Claim.MINE, Claim.THEIRS

    assert asyncio.run(work()) == [[mine, mine], [theirs, theirs, mine], [b"answer", mine, theirs]]


def test_one_request_that_names_a_document_twice_claims_it_once(make: Make) -> None:
    async def work() -> list[bytes | Claim]:
        store = make()
        found = await store.reserve(keys(30, 30))
        await store.aclose()
        return found

    assert asyncio.run(work()) == [Claim.MINE, Claim.THEIRS]


def test_giving_back_what_was_never_claimed_changes_nothing(make: Make) -> None:
    async def work() -> list[bytes | None]:
        store = make()
        await store.put([(key(40), b"kept")])
        await store.release(keys(40, 41))
        found = await store.look_up(keys(40, 41))
        await store.aclose()
        return found

    assert asyncio.run(work()) == [b"kept", None]


def test_closing_gives_claims_back(make: Make) -> None:
    async def work() -> list[bytes | Claim]:
        store = make()
        await store.reserve(keys(50))
        await store.aclose()
        found = await store.reserve(keys(50))
        await store.aclose()
        return found

    assert asyncio.run(work()) == [Claim.MINE]


def test_thousands_of_keys_are_looked_up_at_once(make: Make) -> None:
    async def work() -> list[bytes | None]:
        store = make()
        await store.put([(key(number), b"%d" % number) for number in range(100, 3_000, 2)])
        found = await store.look_up(keys(*range(100, 3_000)))
        await store.aclose()
        return found

    expected = [None if number % 2 else b"%d" % number for number in range(100, 3_000)]

    assert asyncio.run(work()) == expected


def test_nothing_asked_is_nothing_answered(make: Make) -> None:
    async def work() -> tuple[list[bytes | None], list[bytes | Claim]]:
        store = make()
        await store.put([])
        await store.release([])
        found = await store.look_up([]), await store.reserve([])
        await store.aclose()
        return found

    assert asyncio.run(work()) == ([], [])


def test_statistics_count_what_was_done(make: Make) -> None:
    async def work() -> Store:
        store = make()
        await store.look_up(keys(60, 61))
        await store.reserve(keys(60, 61))
        await store.reserve(keys(61))
        await store.put([(key(60), b"a"), (key(61), b"b")])
        await store.look_up(keys(60))
        await store.reserve(keys(61, 62))
        await store.release(keys(62))
        return store

    async def counted() -> None:
        store = await work()
        found = store.statistics()
        await store.aclose()

        assert (found.hits, found.misses) == (2, 2)
        assert (found.claimed, found.refused) == (3, 1)
        assert (found.stored, found.not_stored, found.failures) == (2, 0, 0)
        assert found.entries in (2, None)
        assert found.bytes is None or found.bytes >= 2 * 17

    asyncio.run(counted())


def test_memory_drops_the_longest_unused_past_its_entries() -> None:
    async def work() -> list[bytes | None]:
        store = MemoryStore(max_entries=2)
        await store.put([(key(1), b"1"), (key(2), b"2")])
        await store.look_up(keys(1))
        await store.put([(key(3), b"3")])
        return await store.look_up(keys(1, 2, 3))

    assert asyncio.run(work()) == [b"1", None, b"3"]


def test_memory_stays_within_its_bytes_and_takes_nothing_larger() -> None:
    async def work() -> tuple[MemoryStore, list[bytes | None]]:
        store = MemoryStore(max_bytes=10_000)
        await store.put([(key(number), bytes(1_000)) for number in range(20)])
        await store.put([(key(99), bytes(10_000))])
        return store, await store.look_up(keys(0, 19, 99))

    store, found = asyncio.run(work())
    counts = store.statistics()

    assert found == [None, bytes(1_000), None]
    assert counts.bytes is not None
    assert 0 < counts.bytes <= 10_000
    assert (counts.entries, counts.not_stored) == (8, 1)
