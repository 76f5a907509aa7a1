"""The public door to stores: what one holds, what goes, and the bounds of a folder."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai_core.loop import loop_thread
from dfai_core.store import MemoryStore, Store, StoreSpec, open_store
from dfai_core.store.lmdb import LmdbStore
from lookalike import Lookalike
from redis_server import redis_server

TEXTS = [f"text {number}" for number in range(40)]


@pytest.fixture
def answers(service: Lookalike, tmp_path: Path) -> Path:
    """A folder that holds forty answers."""
    pd.DataFrame({"t": TEXTS}).ai.key_phrases("t", store=tmp_path / "answers")
    return tmp_path / "answers"


def asked_again(service: Lookalike, store: object) -> int:
    before = len(service.texts)
    pd.DataFrame({"t": TEXTS}).ai.key_phrases("t", store=store)
    return len(service.texts) - before


def test_statistics_say_what_a_folder_holds_and_what_this_process_did_with_it(
    service: Lookalike, answers: Path
) -> None:
    asked_again(service, answers)
    found = dfai.store.statistics(answers)

    assert (found.entries, found.stored, found.hits, found.claimed) == (40, 40, 40, 40)
    assert found.bytes is not None
    assert found.bytes > 40 * 16


def test_statistics_take_whatever_store_takes(answers: Path) -> None:
    live = MemoryStore()

    assert dfai.store.statistics(str(answers)).entries == 40
    assert dfai.store.statistics(dfai.store.folder(answers)).entries == 40
    assert dfai.store.statistics(live).entries == 0
    assert isinstance(dfai.store.statistics("memory"), dfai.store.Statistics)


def test_pruning_to_nothing_means_asking_again(service: Lookalike, answers: Path) -> None:
    dropped = dfai.store.prune(answers, max_bytes=0)

    assert dropped == 40
    assert dfai.store.statistics(answers).entries == 0
    assert asked_again(service, answers) == 40


def test_pruning_by_age_leaves_what_is_younger(answers: Path) -> None:
    assert dfai.store.prune(answers, older_than_s=3_600) == 0
    assert dfai.store.statistics(answers).entries == 40


def test_pruning_by_both_drops_the_old_and_then_what_is_too_much(answers: Path) -> None:
    half = (dfai.store.statistics(answers).bytes or 0) // 2
    dropped = dfai.store.prune(answers, older_than_s=3_600, max_bytes=half)
    left = dfai.store.statistics(answers)

    assert dropped == 20
    assert left.bytes is not None
    assert left.bytes <= half


def test_a_store_in_memory_is_pruned_by_size_alone() -> None:
    live = MemoryStore()
    asyncio.run(live.put([(b"%d" % number, bytes(100)) for number in range(10)]))

    assert dfai.store.prune(live, max_bytes=1_000) == 7
    assert dfai.store.statistics(live).entries == 3
    with pytest.raises(dfai.errors.ConfigError, match=r"does not know how old.*max_bytes="):
        dfai.store.prune(live, older_than_s=1)


def test_a_redis_is_asked_for_its_counts_and_told_that_expiry_is_its_own(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        found = dfai.store.statistics(server.url)
        with pytest.raises(dfai.errors.ConfigError, match=r"expire by themselves.*\?expiry_s=86400") as raised:
            dfai.store.prune(server.url, older_than_s=60)

    assert (found.entries, found.bytes, found.stored) == (None, None, 0)
    assert "127.0.0.1" in str(raised.value)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: dfai.store.statistics("no/such/folder"), "there is no store in .*/no/such/folder: nothing was ever"),
        (lambda: dfai.store.prune("no/such/folder", max_bytes=0), "there is no store in .*/no/such/folder"),
        (lambda: dfai.store.statistics(None), 'name a store: a folder, "memory", or a Redis URL'),
        (lambda: dfai.store.statistics("s3://bucket"), "store= knows no s3:// places"),
        (lambda: dfai.store.prune("memory"), "older_than_s=, max_bytes=, or both"),
        (lambda: dfai.store.prune("memory", max_bytes=-1), "max_bytes=-1: expected a whole number from 0"),
        (lambda: dfai.store.prune("memory", max_bytes=1.5), "max_bytes=1.5: expected a whole number"),
        (lambda: dfai.store.prune("memory", older_than_s="day"), "older_than_s='day': expected a number of seconds"),
        (lambda: dfai.store.folder("memory"), "takes a folder's path, not 'memory'"),
        (lambda: dfai.store.folder("redis://:hush@host"), "takes a folder's path, not 'redis://host:6379/0'"),
        (lambda: dfai.store.folder("x", max_bytes=0), "max_bytes=0: expected a whole number from 1"),
        (lambda: dfai.store.folder("x", max_age_s=float("inf")), "max_age_s=inf: expected a number of seconds from 1"),
        (lambda: dfai.store.folder("x", max_age_s=True), "max_age_s=True"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=message):
        ask()


def test_asking_about_a_folder_does_not_make_it(tmp_path: Path) -> None:
    with pytest.raises(dfai.errors.ConfigError):
        dfai.store.statistics(tmp_path / "typo")

    assert list(tmp_path.iterdir()) == []


def test_a_store_of_one_s_own_without_pruning_says_so() -> None:
    class Mine:
        look_up = reserve = put = release = aclose = MemoryStore.aclose

        def statistics(self) -> dfai.store.Statistics:
            return dfai.store.Statistics(entries=7)

    mine: Any = Mine()

    assert isinstance(mine, Store)
    assert dfai.store.statistics(mine).entries == 7
    with pytest.raises(dfai.errors.ConfigError, match="a Mine cannot be pruned"):
        dfai.store.prune(mine, max_bytes=0)


def test_a_folder_has_the_bounds_that_it_was_last_given(service: Lookalike, tmp_path: Path) -> None:
    bounded = dfai.store.folder(tmp_path / "answers", max_bytes=50_000_000, max_age_s=86_400)
    assert asked_again(service, bounded) == 40
    assert asked_again(service, tmp_path / "answers") == 0
    store = open_store(StoreSpec("folder", str(tmp_path / "answers")))
    assert isinstance(store, LmdbStore)
    first = store.bounds
    asked_again(service, dfai.store.folder(tmp_path / "answers", max_bytes=60_000_000))

    assert (first.max_bytes, first.max_age_s) == (50_000_000, 86_400)
    assert (store.bounds.max_bytes, store.bounds.max_age_s) == (60_000_000, 86_400)
    assert dfai.store.statistics(bounded).entries == 40


def test_other_processes_follow_a_folder_s_bounds(tmp_path: Path) -> None:
    given = "import sys; from dfai_core.store import StoreSpec, open_store; "
    bound = given + "open_store(StoreSpec('folder', sys.argv[1], 123_456, 789.0))"
    follow = given + "print(open_store(StoreSpec('folder', sys.argv[1])).bounds)"
    here = LmdbStore(tmp_path)
    before = here.bounds
    subprocess.run([sys.executable, "-c", bound, tmp_path], check=True)
    there = subprocess.run([sys.executable, "-c", follow, tmp_path], capture_output=True, text=True, check=True)
    here.tidy()
    after = here.bounds
    asyncio.run(here.aclose())

    assert before.max_bytes > 1_000_000_000
    assert there.stdout == "Bounds(max_bytes=123456, max_age_s=789.0)\n"
    assert (after.max_bytes, after.max_age_s) == (123_456, 789.0)


def test_bounds_travel_to_workers_inside_the_setting(tmp_path: Path) -> None:
    with dfai.using(store=dfai.store.folder(tmp_path, max_bytes=1_000_000)):
        spec = dfai.settings()["store"]

    assert spec == StoreSpec("folder", str(tmp_path), max_bytes=1_000_000)
    assert repr(spec) == f"StoreSpec('folder', '{tmp_path}', max_bytes=1000000)"


def test_answers_past_a_folder_s_age_are_asked_again(service: Lookalike, tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, clock=lambda: 1_700_000_000.0)
    first = asked_again(service, store)
    loop_thread().run(store.aclose())

    assert first == 40
    assert asked_again(service, dfai.store.folder(tmp_path, max_age_s=50)) == 40
    assert asked_again(service, tmp_path) == 0
