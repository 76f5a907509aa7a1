"""Budgets shared by real processes through files."""

from __future__ import annotations

import asyncio
import itertools
import json
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dfai_core.errors import ConfigError
from dfai_core.flow.leases import HostBucket, HostSlots, private_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX record locks")

_HEAD = """
import asyncio, json, os, sys, time
from pathlib import Path
from dfai_core.flow.leases import HostBucket, HostSlots
path = Path(sys.argv[1])
"""


@contextmanager
def process(path: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that runs *code*, and is gone afterwards."""
    program = _HEAD + textwrap.dedent(code)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def said(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def told(path: Path, code: str) -> str:
    """What a process that runs *code* prints."""
    with process(path, code) as started:
        return said(started)


def together(path: Path, code: str, count: int) -> list[str]:
    """What *count* processes print that start their work at the same moment."""
    ready = "print('ready', flush=True)\nsys.stdin.readline()\n"
    with ExitStack() as started:
        running = [started.enter_context(process(path, ready + textwrap.dedent(code))) for _ in range(count)]
        assert [said(one) for one in running] == ["ready"] * count
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        return [said(one) for one in running]


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
    spans: list[list[tuple[float, float]]] = [json.loads(line) for line in together(tmp_path / "s", at_work(slots), 4)]
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
    with process(tmp_path / "s", holding) as started:
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
    assert told(tmp_path / "s", "print(HostSlots(path, 2).try_acquire())") == "None"
    one.close()
    assert told(tmp_path / "s", "print(HostSlots(path, 2).try_acquire() in (0, 1))") == "True"


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
    with process(tmp_path / "s", waiting) as started:
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
    slots, bucket = HostSlots(path, 2), HostBucket(path.with_name("bucket"))
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
    with process(tmp_path / "s", code) as started:
        assert said(started) == "0 True None 1.0"
        assert told(tmp_path / "s", "print(HostSlots(path, 2).try_acquire())") == "None"


def test_a_rate_over_four_processes_is_exact(tmp_path: Path) -> None:
    reserving = """
    bucket = HostBucket(path)
    print(json.dumps([1000.0 + bucket.reserve(1000.0, 10.0) for _ in range(500)]), flush=True)
    """
    lines = together(tmp_path / "b", reserving, 4)
    places = sorted(itertools.chain(*map(json.loads, lines)))

    assert places == pytest.approx([1000.0 + n / 10 for n in range(2_000)])


def test_a_pause_and_what_was_learned_reach_all(tmp_path: Path) -> None:
    bucket = HostBucket(tmp_path / "b")
    bucket.pause(100.0, 103.0)
    assert told(tmp_path / "b", "print(HostBucket(path).reserve(101.0))") == "2.0"

    refused = "HostBucket(path).refused(104.0, sent_at=103.9, retry_after_s=1.0, draw=0.0); print()"
    told(tmp_path / "b", refused)
    learned = bucket.learned(105.0)
    assert learned.paused_until == bucket.paused_until(105.0) == 105.0
    assert learned.rate_per_s(105.0) == pytest.approx(0.85)
    bucket.close()


@pytest.mark.parametrize("damage", [b"\xff", b"\x00"])
def test_a_torn_copy_is_not_read(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "b"
    bucket = HostBucket(path)
    bucket.pause(1.0, 5.0)
    bucket.pause(1.0, 9.0)
    with path.open("r+b") as file:  # closing it costs this process no lock, since it holds none now
        file.seek(9)  # the second change stands in the first copy
        file.write(damage * 40)

    assert bucket.paused_until(2.0) == 5.0
    bucket.pause(2.0, 7.0)
    assert bucket.paused_until(2.0) == 7.0
    path.write_bytes(damage * path.stat().st_size)
    assert bucket.reserve(2.0) == 0.0
    assert bucket.learned(2.0).sent == 1.0
    bucket.close()


def test_a_record_from_before_the_machine_was_started_is_forgotten(tmp_path: Path) -> None:
    bucket = HostBucket(tmp_path / "b")
    bucket.pause(900_000.0, 900_100.0)

    assert bucket.reserve(50.0) == 0.0
    assert bucket.paused_until(50.0) < 50.0
    bucket.close()


def test_processes_killed_while_they_write_leave_a_record_that_goes_on(tmp_path: Path) -> None:
    writing = "bucket = HostBucket(path); print(flush=True)\nwhile True: bucket.reserve(0.0, 1.0)"
    bucket = HostBucket(tmp_path / "b")
    last = bucket.reserve(0.0, 1.0)
    for _ in range(5):
        with process(tmp_path / "b", writing) as started:
            said(started)
            while (place := bucket.reserve(0.0, 1.0)) < last + 50:
                assert place > last
        last = place

    assert bucket.reserve(0.0, 1.0) > last
    bucket.close()


def test_a_folder_is_made_private(tmp_path: Path) -> None:
    lax = tmp_path / "lax"
    lax.mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(lax)

    assert stat.S_IMODE(private_folder(lax).stat().st_mode) == 0o700
    assert stat.S_IMODE(private_folder(tmp_path / "new").stat().st_mode) == 0o700
    with pytest.raises(ConfigError, match="not a folder of this user's"):
        private_folder(tmp_path / "link")
