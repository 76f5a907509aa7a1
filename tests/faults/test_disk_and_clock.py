"""What the machine does to a call: a disk that is full, a clock that jumps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from dfai_core.store.lmdb import LmdbStore
from faults.calls import call_of, counted, rows_of
from faults.server import Server

TEXTS = [f"text {number}" for number in range(40)]


# A limit to the size of files is met where a full disk would be: when something is written.
_FULL = textwrap.dedent(
    """
    import json, resource, signal, sys, warnings
    from dfai.errors import ConfigError
    from dfai_core.store import store_from
    from faults.calls import call_of, rows_of

    texts = json.loads(sys.argv[3])
    call = call_of(target="container:" + sys.argv[1], store=store_from(sys.argv[2]))
    if sys.argv[4] == "later":
        rows_of(call, ["the first, which opens the store"])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            codes = [code for _, code, _ in rows_of(call, texts)]
        except ConfigError as error:
            codes = f"ConfigError: {error}"
    print(json.dumps([codes, [f"{one.category.__name__}: {one.message}" for one in warned]]))
    """
)
full_disk = pytest.mark.skipif(sys.platform == "win32", reason="its files have no such limit")


def on_a_full_disk(folder: Path, when: str) -> tuple[Any, list[str]]:
    """The rows' codes, or what was raised, and the warnings, where the disk is full at once or later."""
    with Server() as server:
        done = subprocess.run(
            [sys.executable, "-c", _FULL, server.url, str(folder / "store"), json.dumps(TEXTS), when],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    codes, warned = json.loads(done.stdout)
    return codes, warned


@full_disk
def test_a_disk_that_is_full_costs_the_store_and_no_row(tmp_path: Path) -> None:
    codes, warned = on_a_full_disk(tmp_path, "later")

    assert codes == [None] * len(TEXTS)
    assert len(warned) == 1
    assert warned[0].startswith("StoreFailed: ")


@full_disk
def test_a_store_that_a_full_disk_lets_nobody_open_is_said_at_once(tmp_path: Path) -> None:
    said, warned = on_a_full_disk(tmp_path, "at once")

    assert said.startswith("ConfigError: the store in ")
    assert warned == []


@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_by_a_day_costs_no_row_and_no_answer(
    jump_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_s = 0.0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + ahead_s)
    store = LmdbStore(tmp_path / "store", clock=lambda: real() + ahead_s)
    with Server() as server:
        before = call_of(target=f"container:{server.url}", store=store, rate_per_s=200)
        first = rows_of(before, TEXTS[:20])
        ahead_s = jump_s
        after = call_of(target=f"container:{server.url}", store=store, rate_per_s=200)
        both = rows_of(after, TEXTS)

    assert [error for _, error, _ in first + both] == [None] * 60
    assert counted(after).from_store == 20
