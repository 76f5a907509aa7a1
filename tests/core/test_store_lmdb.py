"""The store in a folder: private, local, bounded, and never the reason why a row fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import lmdb
import pytest

from dfai_core.errors import ConfigError
from dfai_core.store import Claim, StoreFailed
from dfai_core.store.lmdb import LmdbStore
from dfai_core.store.owners import locked
from lmdb_stores import key, keys, using


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_answers_outlive_the_store(tmp_path: Path) -> None:
    using(LmdbStore(tmp_path), lambda store: store.put([(key(1), b"1")]))

    assert using(LmdbStore(tmp_path), lambda store: store.look_up(keys(1))) == [b"1"]


def test_answers_past_their_age_are_not_found_and_may_be_asked_again(tmp_path: Path) -> None:
    clock = Clock()

    async def work(store: LmdbStore) -> list[Any]:
        await store.put([(key(1), b"1")])
        clock.now += 99
        seen: list[Any] = [await store.look_up(keys(1))]
        clock.now += 2
        seen += [await store.look_up(keys(1)), await store.reserve(keys(1))]
        await store.put([(key(1), b"new")])
        return [*seen, await store.look_up(keys(1))]

    store = LmdbStore(tmp_path, max_age_s=100, clock=clock)

    assert using(store, work) == [[b"1"], [None], [Claim.MINE], [b"new"]]


def test_pruning_by_age_keeps_the_younger(tmp_path: Path) -> None:
    clock = Clock()

    async def work(store: LmdbStore) -> tuple[int, list[bytes | None], int | None]:
        for number in range(4):
            await store.put([(key(number), b"%d" % number)])
            clock.now += 10
        dropped = await store.prune(max_age_s=25)
        return dropped, await store.look_up(keys(0, 1, 2, 3)), store.statistics().bytes

    assert using(LmdbStore(tmp_path, clock=clock), work) == (2, [None, None, b"2", b"3"], 2 * (16 + 4 + 1))


def test_pruning_by_size_drops_the_oldest(tmp_path: Path) -> None:
    clock = Clock()

    async def work(store: LmdbStore) -> tuple[int, int, int | None]:
        for start in range(0, 5_000, 100):
            await store.put([(key(number), bytes(80)) for number in range(start, start + 100)])
            clock.now += 1
        dropped = await store.prune(max_bytes=123_450)
        found = await store.look_up(keys(*range(5_000)))
        oldest = next(number for number, value in enumerate(found) if value is not None)
        assert all(value is not None for value in found[oldest + 100 :])
        return dropped, oldest // 100, store.statistics().bytes

    # 1,234 answers of 16 + 4 + 80 bytes fit: the last twelve hundreds, and 34 of the one before.
    assert using(LmdbStore(tmp_path, clock=clock), work) == (3_766, 37, 123_400)


def test_pruning_to_nothing_empties_the_store(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> tuple[int, int | None, int | None]:
        await store.put([(key(number), bytes(80)) for number in range(10)])
        dropped = await store.prune(max_bytes=0)
        counts = store.statistics()
        return dropped, counts.entries, counts.bytes

    assert using(LmdbStore(tmp_path), work) == (10, 0, 0)


def test_a_store_past_its_size_is_pruned_when_it_is_tidied(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> int | None:
        await store.put([(key(number), bytes(1_000)) for number in range(200)])
        store.tidy()
        return store.statistics().bytes

    size = using(LmdbStore(tmp_path, max_bytes=100_000), work)

    assert size is not None
    assert 79_000 < size <= 80_000


def test_tidying_drops_what_is_too_old_but_does_not_look_for_it_all_the_time(tmp_path: Path) -> None:
    clock = Clock()
    looked: list[float | None] = []

    class Watched(LmdbStore):
        def _prune(self, max_age_s: float | None, max_bytes: int | None) -> int | None:
            looked.append(max_age_s)
            return super()._prune(max_age_s, max_bytes)

    async def work(store: LmdbStore) -> list[Any]:
        seen: list[Any] = []
        for number in range(3):
            await store.put([(key(number), b"1")])
            clock.now += 30 * 86_400
            store.tidy()
            seen.append((len(looked), store.statistics().entries))
            clock.now += 3_601
            store.tidy()
            store.tidy()
            seen.append((len(looked), store.statistics().entries))
        return seen

    store = Watched(tmp_path, max_age_s=40 * 86_400, clock=clock)

    # An answer is dropped in the first hour after its fortieth day; nothing is looked through before.
    assert using(store, work) == [(0, 1), (0, 1), (1, 1), (1, 1), (2, 1), (2, 1)]


def test_pruning_drops_the_claims_of_the_dead_and_no_others(tmp_path: Path) -> None:
    async def dies() -> None:
        await LmdbStore(tmp_path).reserve(keys(1, 2))

    async def work(store: LmdbStore) -> tuple[int, list[bytes | Claim]]:
        await store.reserve(keys(2, 3))
        before = claims(store)
        await store.prune(max_bytes=0)
        assert store.statistics().entries == 0
        return before - claims(store), await store.reserve(keys(1, 2, 3))

    def claims(store: LmdbStore) -> int:
        with store._databases.transaction() as (txn, opened):
            return int(txn.stat(opened.claims)["entries"])

    asyncio.run(dies())

    assert using(LmdbStore(tmp_path), work) == (1, [Claim.MINE, Claim.THEIRS, Claim.THEIRS])


def test_sizes_stay_exact_whatever_is_stored_over(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> list[int | None]:
        sizes = []
        for items in (
            [(key(1), b"1"), (key(2), b"22")],
            [(key(1), b"longer"), (key(3), b"333")],
            [(key(4), b"x"), (key(4), b"four")],
            [(key(1), b""), (key(5), b"5")],
        ):
            await store.put(items)
            sizes.append(store.statistics().bytes)
        return sizes

    # 16 bytes of key and 4 of stamp each.
    assert using(LmdbStore(tmp_path), work) == [2 * 20 + 3, 3 * 20 + 11, 4 * 20 + 15, 5 * 20 + 10]


def test_two_do_not_prune_at_once(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> tuple[int, int | None]:
        await store.put([(key(1), b"1")])
        with locked(tmp_path / "pruning"):
            dropped = await store.prune(max_bytes=0)
        return dropped, store.statistics().entries

    assert using(LmdbStore(tmp_path), work) == (0, 1)


async def fill(store: LmdbStore) -> None:
    for number in range(100):
        assert (await store.reserve(keys(number))) == [Claim.MINE]
        await store.put([(key(number), bytes(1_000_000))])


def test_a_full_map_stores_nothing_more_and_fails_nothing(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> None:
        with pytest.warns(StoreFailed, match="it is full"):
            await fill(store)
        counts = store.statistics()
        stored = counts.stored
        assert 10 < stored < 30
        assert counts.not_stored == 100 - stored
        # Nobody waits for an answer that found no room.
        assert await store.reserve(keys(99)) == [Claim.MINE]
        assert await store.look_up(keys(0)) == [bytes(1_000_000)]
        await store.release(keys(99))
        await store.prune(max_bytes=0)
        await store.put([(key(99), b"room again")])
        assert await store.look_up(keys(99)) == [b"room again"]

    using(LmdbStore(tmp_path, max_bytes=1_000), work)


def test_a_record_too_short_to_be_one_is_a_miss_and_goes_with_the_next_pruning(tmp_path: Path) -> None:
    using(LmdbStore(tmp_path), lambda store: store.put([(key(1), b"1")]))
    with lmdb.open(str(tmp_path), max_dbs=2) as environment:
        answers = environment.open_db(b"answers")
        with environment.begin(write=True) as txn:
            txn.put(key(2), b"\0", db=answers)

    async def work(store: LmdbStore) -> tuple[list[bytes | None], int]:
        return await store.look_up(keys(1, 2)), await store.prune(max_age_s=60)

    assert using(LmdbStore(tmp_path), work) == ([b"1", None], 1)


def test_a_folder_opened_elsewhere_with_more_room_is_followed(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> list[int | None]:
        fill = [sys.executable, "-c", _FILL, str(tmp_path)]
        await asyncio.to_thread(subprocess.run, fill, check=True, timeout=60)
        found = await store.look_up(keys(*range(40)))
        await store.put([(key(50), b"more")])
        return [None if value is None else len(value) for value in found + await store.look_up(keys(50))]

    assert using(LmdbStore(tmp_path, max_bytes=1_000), work) == [1_000_000] * 40 + [4]


_FILL = """
import asyncio, random, sys
from pathlib import Path
from dfai_core.store.lmdb import LmdbStore

async def fill():
    store = LmdbStore(Path(sys.argv[1]), max_bytes=1 << 30)
    await store.put([(random.Random(number).randbytes(16), bytes(1_000_000)) for number in range(40)])
    await store.aclose()

asyncio.run(fill())
"""


# ---- processes ---------------------------------------------------------------------------------------------------


def test_the_same_folder_twice_in_one_process_is_refused(tmp_path: Path) -> None:
    async def work(store: LmdbStore) -> None:
        with pytest.raises(ConfigError, match="already open"):
            LmdbStore(tmp_path)

    using(LmdbStore(tmp_path), work)


def test_a_store_that_nobody_refers_to_holds_no_claims(tmp_path: Path) -> None:
    asyncio.run(LmdbStore(tmp_path).reserve(keys(1)))

    assert using(LmdbStore(tmp_path), lambda store: store.reserve(keys(1))) == [Claim.MINE]
