"""Requests in flight over real processes of one host: slots are locked bytes of a file."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path

import pytest

from dfai_core.flow.host.slots import HostSlots
from processes import process, said, together, told

HEAD = """
from pathlib import Path
from dfai_core.flow.host.slots import HostSlots
from dfai_core.flow.host.rate import HostRate
path = Path(sys.argv[1])
"""


def at_work(slots: int) -> str:
    """Code that keeps eight coroutines asking for slots for 1.5 s, and prints when it held one."""
    return f"""
    spans = []
    async def work(slots, until):
        while time.monotonic() < until:
            slot = await slots.acquire()
            began = time.monotonic()
            await asyncio.sleep(0.05)
            spans.append((began, time.monotonic()))
            slots.release(slot)
    async def main():
        slots = HostSlots(path, {slots})
        until = time.monotonic() + 1.5
        await asyncio.gather(*[work(slots, until) for _ in range(8)])
    asyncio.run(main())
    print(json.dumps(spans), flush=True)
    """


@pytest.mark.parametrize(("slots", "used"), [(8, 0.85), (3, 0.6)])
def test_processes_together_never_hold_more_than_the_slots_and_share_them(
    tmp_path: Path, slots: int, used: float
) -> None:
    spans: list[list[tuple[float, float]]] = [
        json.loads(line) for line in together(at_work(slots), 4, tmp_path / "s", head=HEAD)
    ]
    began = max(min(start for start, _ in mine) for mine in spans)
    ended = min(max(end for _, end in mine) for mine in spans)
    changes = sorted(change for start, end in itertools.chain(*spans) for change in ((start, 1), (end, -1)))
    most = max(itertools.accumulate(step for _, step in changes))
    busy_s = sum(max(0.0, min(end, ended) - max(start, began)) for start, end in itertools.chain(*spans))

    assert most == slots
    assert busy_s / (slots * (ended - began)) >= used
    assert min(map(len, spans)) >= 0.4 * max(map(len, spans))


def test_the_slots_of_a_killed_process_are_free_at_once(tmp_path: Path) -> None:
    slots = HostSlots(tmp_path / "s", 3)
    holding = "slots = HostSlots(path, 3); print([slots.try_acquire() for _ in range(3)], flush=True); time.sleep(60)"
    with process(holding, tmp_path / "s", head=HEAD) as started:
        assert sorted(json.loads(said(started))) == [0, 1, 2]
        assert slots.try_acquire() is None
        started.kill()
        started.wait()

        assert slots.try_acquire() is not None
    slots.close()


def test_two_of_a_process_at_the_same_file_do_not_undo_each_others_locks(tmp_path: Path) -> None:
    one, other = HostSlots(tmp_path / "s", 2), HostSlots(tmp_path / "s", 2)
    mine = {one.try_acquire(), other.try_acquire()}
    other.close()

    assert mine == {0, 1}
    assert one.try_acquire() is None
    assert told("print(HostSlots(path, 2).try_acquire())", tmp_path / "s", HEAD) == "None"
    one.close()
    assert told("print(HostSlots(path, 2).try_acquire() in (0, 1))", tmp_path / "s", HEAD) == "True"


def test_a_process_that_holds_more_leaves_the_next_slot_to_one_that_waits(tmp_path: Path) -> None:
    slots = HostSlots(tmp_path / "s", 2)
    held = [slots.try_acquire(), slots.try_acquire()]
    waiting = """
    slots = HostSlots(path, 2)
    print(slots.try_acquire(), flush=True)
    sys.stdin.readline()
    print(slots.try_acquire() is not None, flush=True)
    sys.stdin.readline()
    """
    with process(waiting, tmp_path / "s", head=HEAD) as started:
        assert started.stdin is not None
        assert said(started) == "None"
        slots.release(held[0] or 0)

        assert slots.try_acquire() is None
        started.stdin.write("\n")
        started.stdin.flush()
        assert said(started) == "True"
    assert slots.try_acquire() is not None
    slots.close()


def test_a_waiter_is_woken_by_a_release_in_its_own_process(tmp_path: Path) -> None:
    async def main() -> tuple[list[int], list[int]]:
        slots = HostSlots(tmp_path / "s", 2)
        first = [await slots.acquire(), await slots.acquire()]
        others = [asyncio.create_task(slots.acquire()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in others)
        for slot in first:
            slots.release(slot)
        return first, list(await asyncio.gather(*others))

    first, then = asyncio.run(main())

    assert sorted(first) == sorted(then) == [0, 1]


def test_a_forked_child_holds_none_of_its_parents_slots_and_frees_none(tmp_path: Path) -> None:
    code = """
    slots, bucket = HostSlots(path, 2), HostRate(path.with_name("rate"))
    mine = slots.try_acquire()
    with slots._file.guard:   # as if another thread were in the middle of it
        child = os.fork()
    if child == 0:
        its = slots.try_acquire()
        wait = bucket.reserve(0.0, 1.0)
        slots.close()
        os._exit(0 if its is not None and its != mine and wait == 0.0 else 1)
    _, status = os.waitpid(child, 0)
    print(status, slots.try_acquire() is not None, slots.try_acquire(), bucket.reserve(0.0, 1.0), flush=True)
    sys.stdin.readline()
    """
    with process(code, tmp_path / "s", head=HEAD) as started:
        assert said(started) == "0 True None 1.0"
        assert told("print(HostSlots(path, 2).try_acquire())", tmp_path / "s", HEAD) == "None"
