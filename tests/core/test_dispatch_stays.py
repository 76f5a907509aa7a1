"""A call's dispatcher stays from one partition to the next, with what it remembers, and goes when no more come."""

from __future__ import annotations

import asyncio

from dfai_core import Call, services
from dfai_core.dispatch import Dispatcher
from dfai_core.dispatchers import join
from dfai_core.settings import resolve
from fake_loop import run_fast
from lookalike import Lookalike


def call() -> Call:
    service = services()["sentiment"]
    transport = Lookalike().transport
    settings = {"target": "container:http://localhost:5000", "transport": transport}
    return Call(service, ("t",), service.noun, config=resolve([("test", settings)])[0])


async def used(call: Call, *, for_s: float) -> Dispatcher:
    """Whatever answers a partition of *call* that takes so long."""
    dispatcher = join(call)
    await asyncio.sleep(for_s)
    dispatcher.leave([], still_reading=True)
    return dispatcher


def test_it_stays_while_partitions_come_one_after_the_other_however_long_they_go_on() -> None:
    async def main() -> set[Dispatcher]:
        one = call()
        found = set()
        for _ in range(20):
            found.add(await used(one, for_s=0.7))
            await asyncio.sleep(1.3)  # at the fifth second after an earlier one nobody is there
        return found

    assert len(run_fast(main())) == 1


def test_it_goes_a_while_after_the_last() -> None:
    async def main() -> tuple[Dispatcher, Dispatcher]:
        one = call()
        first = await used(one, for_s=0.7)
        await asyncio.sleep(6.0)
        return first, await used(one, for_s=0.7)

    first, second = run_fast(main())

    assert first is not second
