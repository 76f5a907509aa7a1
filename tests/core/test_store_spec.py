"""Which store a call uses: what a setting may say, and the one live store of a process."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dfai_core import Call, Config, services
from dfai_core.errors import ConfigError
from dfai_core.store import MemoryStore, StoreFailed, StoreSpec, open_store, store_from
from dfai_core.store.lmdb import LmdbStore
from dfai_core.store.owners import Owner
from dfai_core.store.redis import RedisStore


def test_each_way_to_name_a_store_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    live = MemoryStore()

    assert store_from(None) is None
    assert store_from(live) is live
    assert store_from("memory") == StoreSpec("memory")
    assert store_from("cache") == StoreSpec("folder", str(tmp_path / "cache"))
    assert store_from(Path("/var/cache")) == StoreSpec("folder", "/var/cache")
    assert store_from("~/cache") == StoreSpec("folder", "/home/me/cache")
    assert store_from("redis://host:1/2") == StoreSpec("redis", "redis://host:1/2")
    assert store_from("rediss://host") == StoreSpec("redis", "rediss://host")
    assert store_from(StoreSpec("application", "app-1")) == StoreSpec("application", "app-1")


@pytest.mark.parametrize("value", ["", "  ", 5, b"x", object(), "s3://bucket/x", "file:///tmp/x", "redis://h:port"])
def test_what_is_no_store_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="store="):
        store_from(value)


def test_a_description_travels_and_hides_its_password() -> None:
    spec = store_from("redis://me:hush@host/1?expiry_s=60")

    assert pickle.loads(pickle.dumps(spec)) == spec
    assert repr(spec) == "StoreSpec('redis', 'redis://host:6379/1')"
    assert str(spec) == "redis://host:6379/1"


def test_a_process_has_one_live_store_for_one_place(tmp_path: Path) -> None:
    spec = StoreSpec("folder", str(tmp_path))
    store = open_store(spec)
    live = MemoryStore()

    assert isinstance(store, LmdbStore)
    assert open_store(StoreSpec("folder", str(tmp_path))) is store
    assert store.lasting
    assert isinstance(open_store(StoreSpec("memory")), MemoryStore)
    assert open_store(StoreSpec("memory")) is open_store(store_from("memory"))
    assert isinstance(open_store(StoreSpec("redis", "redis://127.0.0.1:1")), RedisStore)
    assert open_store(live) is live
    assert open_store(None) is None
    asyncio.run(store.aclose())


def test_an_application_s_store_is_private_and_sweeps_what_dead_ones_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    parent = tmp_path / f"dfai-{os.getuid()}"
    for name in ("dead", "living"):
        (parent / name).mkdir(mode=0o700, parents=True)
        parent.chmod(0o700)
    living = Owner(parent / "living")
    for name in ("dead", "living"):
        os.utime(parent / name, (0, 0))
    os.utime(parent / "living" / "live", (0, 0))
    store = open_store(StoreSpec("application", "app-2026"))
    living.leave()

    assert isinstance(store, LmdbStore)
    assert (store.folder, store.lasting) == (parent / "app-2026", False)
    assert sorted(path.name for path in parent.iterdir() if path.is_dir()) == ["app-2026", "living"]
    asyncio.run(store.aclose())


def test_an_application_s_folder_that_cannot_be_used_is_said_once_and_fails_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    parent = tmp_path / f"dfai-{os.getuid()}"
    parent.mkdir()
    parent.chmod(0o777)
    spec = StoreSpec("application", "app-open")
    with pytest.warns(StoreFailed, match=r"not kept for the plan's next evaluation.*open to other users.*name a store"):
        first = open_store(spec)

    assert first is None
    assert open_store(spec) is None


def test_a_call_has_its_application_s_store_only_if_it_names_none(tmp_path: Path) -> None:
    def call(**config: Any) -> Call:
        return Call(services()["sentiment"], ("text",), "sentiment", config=Config(**config))

    named = call(store=StoreSpec("folder", str(tmp_path)))
    without = call(store=None)

    assert call().in_application("app").config.store == StoreSpec("application", "app")
    assert named.in_application("app") is named
    assert without.in_application("app") is without


def test_a_process_closes_its_stores_when_it_ends(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from dfai_core.loop import loop_thread\n"
        "from dfai_core.store import open_store, store_from\n"
        "store = open_store(store_from(sys.argv[1]))\n"
        "loop_thread().run(store.put([(b'key', b'value')]))\n"
    )
    ended = subprocess.run([sys.executable, "-W", "error", "-c", code, tmp_path], capture_output=True, text=True)
    store = LmdbStore(tmp_path)
    found = asyncio.run(store.look_up([b"key"]))
    asyncio.run(store.aclose())

    assert (ended.returncode, ended.stderr) == (0, "")
    assert found == [b"value"]
    assert list((tmp_path / "live").iterdir()) == []


@pytest.mark.parametrize(("package", "place"), [("lmdb", "/tmp/never"), ("redis", "redis://host")])
def test_a_missing_package_is_named_with_its_extra(package: str, place: str) -> None:
    extra = {"lmdb": "store", "redis": "redis"}[package]
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from dfai_core.store import open_store, store_from\n"
        f"open_store(store_from({place!r}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert ended.returncode == 1
    assert f'the package {package}. pip install "dfai[{extra}]"' in ended.stderr.splitlines()[-1]
