"""The store in a folder across forks: the child starts anew, and the parent never notices."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from dfai_core.loop import loop_thread
from dfai_core.store import Claim
from dfai_core.store.lmdb import LmdbStore


def key(number: int) -> bytes:
    return b"%016d" % number


def keys(*numbers: int) -> list[bytes]:
    return [key(number) for number in numbers]


FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # that is the point


@FORKS
def test_a_forked_child_opens_the_store_anew_and_leaves_the_parent_s_alone(tmp_path: Path) -> None:
    store, parent = LmdbStore(tmp_path), loop_thread()
    parent.run(store.put([(key(1), b"parent")]))
    parent.run(store.reserve(keys(2)))
    pid = os.fork()
    if pid == 0:
        _in_child(lambda: _child(store))
    _, status = os.waitpid(pid, 0)
    found = parent.run(store.look_up(keys(1, 3)))
    claims = parent.run(store.reserve(keys(2, 4)))
    parent.run(store.aclose())

    assert os.waitstatus_to_exitcode(status) == 0
    assert found == [b"parent", b"child"]
    # The child's own claim, on 4, ended with it.
    assert claims == [Claim.THEIRS, Claim.MINE]


def _in_child(work: Callable[[], bool]) -> NoReturn:
    """Ends the forked child whatever happens: it must not go on with the parent's tests."""
    status = 2
    try:
        status = 0 if work() else 1
    finally:
        os._exit(status)


def _child(store: LmdbStore) -> bool:
    run = loop_thread().run
    found = run(store.look_up(keys(1)))
    claims = run(store.reserve(keys(2, 3, 4)))
    run(store.put([(key(3), b"child")]))
    return found == [b"parent"] and claims == [Claim.THEIRS, Claim.MINE, Claim.MINE]


@FORKS
def test_forks_amid_writes_and_pruning_neither_hang_nor_damage(tmp_path: Path) -> None:
    store, parent = LmdbStore(tmp_path), loop_thread()
    done = threading.Event()

    async def write() -> int:
        number = 0
        while not done.is_set():
            await store.put([(key(one), b"%d" % one) for one in range(number, number + 20)])
            number += 20
            await asyncio.to_thread(store.tidy)
            await store.prune(max_bytes=50_000)
        return number

    writing = asyncio.run_coroutine_threadsafe(write(), parent.loop)
    statuses = []
    for child in range(10):
        pid = os.fork()
        if pid == 0:
            _in_child(lambda child=child: _stores(store, b"child %010d" % child))
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    done.set()
    written = writing.result(20)
    found = parent.run(store.look_up([b"child %010d" % child for child in range(10)]))
    parent.run(store.aclose())

    assert statuses == [0] * 10
    assert written > 0
    assert found[-1] == b"from the child"


def _stores(store: LmdbStore, name: bytes) -> bool:
    loop_thread().run(store.put([(name, b"from the child")]))
    return loop_thread().run(store.look_up([name])) == [b"from the child"]


@FORKS
def test_a_parent_s_claims_end_with_it_even_while_its_child_lives(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        _in_child(lambda: _claims_and_forks(tmp_path, reader, writer))
    os.waitpid(parent, 0)
    found = _reserved(tmp_path)
    child = int(os.read(reader, 8))
    os.kill(child, 9)
    os.close(reader)
    os.close(writer)

    assert found == [Claim.MINE]


def _claims_and_forks(folder: Path, reader: int, writer: int) -> bool:
    store = LmdbStore(folder)
    asyncio.run(store.reserve(keys(1)))
    child = os.fork()
    if child == 0:
        os.close(writer)
        _in_child(lambda: os.read(reader, 1) == b"")  # lives until the test is over
    os.write(writer, b"%08d" % child)
    return store.statistics().claimed == 1


def _reserved(folder: Path) -> list[bytes | Claim]:
    store = LmdbStore(folder)
    found = asyncio.run(store.reserve(keys(1)))
    asyncio.run(store.aclose())
    return found
