"""One timer that cuts many attempts: each at its time, and never more than was asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from dfai_core.flow.cutting import Cutter
from fake_loop import run_fast


async def attempt(cutter: Cutter, patience_s: float, latest_s: float = 60.0, work_s: float = 60.0) -> str:
    """How an attempt ended: "done" or "cut", and after how many twentieths of a second."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    began = loop.time()
    cutter.begin(task, began, patience_s, began + latest_s)
    try:
        await asyncio.sleep(work_s)
        end = "done"
    except asyncio.CancelledError:
        if not cutter.cut(task):
            raise
        end = "cut"
    finally:
        cutter.end(task)
    return f"{end} {(loop.time() - began) * 20:.0f}"


def run(work: Callable[[Cutter], Awaitable[list[str]]]) -> list[str]:
    async def main() -> list[str]:
        return await work(Cutter(asyncio.get_running_loop()))

    return run_fast(main())


def test_each_attempt_is_cut_at_its_own_time() -> None:
    async def work(cutter: Cutter) -> list[str]:
        return await asyncio.gather(
            attempt(cutter, 0.4),
            attempt(cutter, 0.1),
            attempt(cutter, 60.0, latest_s=0.2),
            attempt(cutter, 0.3, work_s=0.0),
        )

    assert run(work) == ["cut 8", "cut 2", "cut 4", "done 0"]


def test_attempts_under_way_can_be_given_less_time() -> None:
    async def work(cutter: Cutter) -> list[str]:
        attempts = [asyncio.ensure_future(attempt(cutter, patience_s)) for patience_s in (60.0, 30.0, 0.1)]
        await asyncio.sleep(0.2)
        cutter.shorten(0.01)  # of a minute 0.6 s are left, of half a minute 0.3 s
        return await asyncio.gather(*attempts)

    assert run(work) == ["cut 12", "cut 6", "cut 2"]


def test_a_task_that_ended_in_time_is_left_alone_ever_after() -> None:
    async def work(cutter: Cutter) -> list[str]:
        first = await attempt(cutter, 0.05, work_s=0.0)
        await asyncio.sleep(0.1)
        return [first, await attempt(cutter, 0.1, work_s=0.0)]

    assert run(work) == ["done 0", "done 0"]


def test_a_task_that_somebody_else_cancels_stays_cancelled() -> None:
    async def work(cutter: Cutter) -> list[str]:
        both = asyncio.ensure_future(attempt(cutter, 0.05))
        other = asyncio.ensure_future(attempt(cutter, 60.0))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.05, both.cancel)
        asyncio.get_running_loop().call_later(0.05, other.cancel)
        ended = await asyncio.gather(both, other, return_exceptions=True)
        return [type(one).__name__ if isinstance(one, BaseException) else one for one in ended]

    found = run(work)

    assert found[1] == "CancelledError"
    assert found[0] in ("CancelledError", "cut 1")  # whoever was first


def test_a_process_that_stood_still_reads_what_came_meanwhile_before_it_cuts() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        cutter, come = Cutter(loop), loop.create_future()

        async def answered() -> str:
            task = asyncio.current_task()
            assert task is not None
            cutter.begin(task, loop.time(), 0.05, loop.time() + 60.0)
            try:
                await come
                return "read"
            except asyncio.CancelledError:
                return "cut" if cutter.cut(task) else "cancelled"
            finally:
                cutter.end(task)

        waiting = asyncio.ensure_future(answered())
        hung = asyncio.ensure_future(attempt(cutter, 0.05))
        await asyncio.sleep(0)
        loop.call_soon(time.sleep, 0.3)  # the whole loop stands still, and the answer lies ready
        loop.call_soon(come.set_result, None)
        return [await waiting, (await hung).partition(" ")[0]]

    assert asyncio.run(main()) == ["read", "cut"]
