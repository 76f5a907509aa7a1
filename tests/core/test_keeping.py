"""One call's use of a store: what it looks up, and what it leaves to the moment when a request leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dfai_core.groups import Batch, Pieces
from dfai_core.jobs import Job, Lane
from dfai_core.keeping import Keeper, Reserved
from dfai_core.packing import Packer
from dfai_core.service import Exchange, Wiring
from dfai_core.services import services
from dfai_core.store import Claim, Keyer, MemoryStore, encode_values

KEY_PHRASES = services()["key_phrases"]
WIRING = Wiring({"language": "en"}, (), (), "2023-04-01", None, False, "azure")
KEYER = Keyer(KEY_PHRASES, WIRING, "https://example.org")
LANE = Lane(Exchange("/", lambda _: b"", lambda *_: [], lambda _: ()), "", Packer(KEY_PHRASES.limits_at("azure")))
WIDTH = 3


class Watched(MemoryStore):
    """Notes how many keys each look-up is for."""

    def __init__(self) -> None:
        super().__init__()
        self.looked: list[int] = []

    async def look_up(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self.looked.append(len(keys))
        return await super().look_up(keys)


def batch(first: int, size: int) -> Batch:
    return Batch([[f"text {number}" for number in range(first, first + size)]], WIDTH, lambda: None)


def stored(*numbers: int) -> list[tuple[bytes, bytes]]:
    items = []
    for number in numbers:
        value = encode_values(([f"phrase {number}"], None, None))
        assert value is not None
        items.append((KEYER.key((f"text {number}",)), value))
    return items


def test_a_store_that_knows_nothing_is_asked_for_a_few_documents_of_each_batch() -> None:
    store = Watched()
    keeper = Keeper(store, KEYER, WIDTH)

    async def work() -> None:
        for first in range(0, 50_000, 10_000):
            found = await keeper.look_up(batch(first, 10_000), range(10_000))
            assert not found.known

    asyncio.run(work())

    assert store.looked[0] == 10_000
    assert max(store.looked[1:]) < 200


def test_what_a_store_knows_is_found_though_it_knew_nothing_of_earlier_batches() -> None:
    store = Watched()
    keeper = Keeper(store, KEYER, WIDTH)

    async def work() -> tuple[Sequence[int], Sequence[int]]:
        await store.put(stored(*range(11_000, 12_000)))
        await keeper.look_up(batch(0, 10_000), range(10_000))
        some = await keeper.look_up(batch(10_000, 10_000), range(10_000))
        await store.put(stored(*range(20_000, 30_000)))
        every = await keeper.look_up(batch(20_000, 10_000), range(10_000))
        return some.known, every.known

    some, every = asyncio.run(work())

    assert list(some) == list(range(1_000, 2_000))
    assert list(every) == list(range(10_000))


def test_an_answer_that_only_a_reservation_came_upon_brings_the_look_ups_back() -> None:
    store = Watched()
    keeper = Keeper(store, KEYER, WIDTH)
    group = batch(10_000, 10_000)
    # One among ten thousand, between those that are looked up.
    job = Job(LANE, [(group, range(1, 3))])

    async def work() -> Reserved:
        await store.put(stored(10_001))
        await keeper.look_up(batch(0, 10_000), range(10_000))
        assert not (await keeper.look_up(group, range(10_000))).known
        reserved = await keeper.reserve(job)
        await keeper.look_up(batch(20_000, 10_000), range(10_000))
        return reserved

    reserved = asyncio.run(work())

    assert reserved == Reserved([(0, (["phrase 10001"], None, None))], [1], [], [])
    assert store.looked[-1] == 10_000


def test_a_small_batch_is_always_looked_up_as_a_whole() -> None:
    store = Watched()
    keeper = Keeper(store, KEYER, WIDTH)

    async def work() -> None:
        for first in range(0, 300, 60):
            await keeper.look_up(batch(first, 60), range(60))

    asyncio.run(work())

    assert store.looked == [60] * 5


def test_of_a_batch_only_what_nobody_asked_before_has_a_key_and_an_answer() -> None:
    keeper = Keeper(store := Watched(), KEYER, WIDTH)
    group = batch(0, 6)

    async def work() -> Sequence[int]:
        await store.put(stored(1, 4, 5))
        return (await keeper.look_up(group, [1, 2, 5])).known

    assert asyncio.run(work()) == [1, 5]
    assert group.keys == [b"", *(KEYER.key((f"text {place}",)) if place in (1, 2, 5) else b"" for place in range(1, 6))]


def test_answers_and_errors_are_kept_side_by_side_and_come_back_in_their_order() -> None:
    store = MemoryStore()
    group, again = batch(0, 4), batch(0, 4)
    rows = [(["a"], None, None), (None, "refused", "no"), (None, "timeout", "late"), (["b"], None, None)]

    async def work() -> tuple[Sequence[int], Sequence[tuple[object, ...]], list[bytes | Claim]]:
        keeper = Keeper(store, KEYER, WIDTH)
        await keeper.look_up(group, range(4))
        job = Job(LANE, [(group, range(4))])
        await keeper.reserve(job)
        await keeper.keep(job, rows)
        found = await Keeper(store, KEYER, WIDTH).look_up(again, range(4))
        return found.known, found.rows, await store.reserve(group.keys[2:3])

    known, found, late = asyncio.run(work())

    assert known == [0, 1, 3]
    assert found == [rows[0], rows[1], rows[3]]
    assert late == [Claim.MINE]  # for whoever asks it again


def test_a_piece_is_another_document_than_the_text_that_equals_it() -> None:
    keeper = Keeper(MemoryStore(), KEYER, WIDTH)
    parent = batch(0, 1)
    pieces = Pieces(parent, 0, ["text 0", " ", "text 1"], WIDTH, lambda _: None)

    async def work() -> Reserved:
        await keeper.look_up(parent, range(1))
        return await keeper.reserve(Job(LANE, [(parent, range(1)), (pieces, range(2))]))

    assert asyncio.run(work()).mine == [0, 1, 2]
    assert len({*parent.keys, *pieces.keys}) == 3
