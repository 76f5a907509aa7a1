"""The folders that LMDB stores live in: the user's alone, on disks that lock, swept when they are dead."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dfai_core.errors import ConfigError
from dfai_core.store import folders as folders_module
from dfai_core.store.folders import default_folder, file_system_of, private_folder, sweep
from dfai_core.store.lmdb import LmdbStore
from dfai_core.store.owners import Owner
from lmdb_stores import key, using


def test_the_folder_and_all_in_it_are_the_user_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "store"
    before = os.umask(0)
    try:
        store = LmdbStore(folder)
        modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, *folder.rglob("*"))}
        using(store, lambda store: store.put([(key(1), b"1")]))
    finally:
        os.umask(before)

    assert modes == {0}


def test_a_folder_that_others_may_read_is_refused_with_the_command_that_closes_it(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)

    with pytest.raises(ConfigError, match=f"mode 0755.*chmod 700 {folder}"):
        LmdbStore(folder)


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(ConfigError, match="belongs to another user"):
        private_folder(tmp_path)


def test_a_file_in_the_folder_s_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(ConfigError, match="cannot be made"):
        LmdbStore(tmp_path / "file")


def test_a_damaged_database_is_refused_and_what_helps_is_said(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"not a database" * 1_000)

    with pytest.raises(ConfigError, match="delete the folder"):
        LmdbStore(tmp_path)


MOUNTS = """\
21 1 254:0 / / rw,relatime - ext4 /dev/root rw
30 21 0:30 / /mnt/share rw shared:1 - nfs4 server:/export rw
31 30 254:1 / /mnt/share/disk rw - xfs /dev/sdb rw
32 21 0:31 / /mnt/with\\040space rw shared:2 master:3 - fuse.sshfs me@host:/ rw
33 21 0:32 / /mnt/hidden rw - ext4 /dev/sdc rw
34 33 0:33 / /mnt/hidden rw - cifs //server/share rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "refused"),
    [
        ("/home/me/store", "ext4", False),
        ("/mnt/share/store", "nfs4", True),
        ("/mnt/share/disk/store", "xfs", False),
        ("/mnt/shared", "ext4", False),
        ("/mnt/with space/store", "fuse.sshfs", True),
        ("/mnt/hidden", "cifs", True),
    ],
)
def test_network_file_systems_are_refused(
    path: str, kind: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    monkeypatch.setattr(folders_module, "_MOUNTS", mounts)

    assert file_system_of(Path(path)) == kind
    if refused:
        with pytest.raises(ConfigError, match=rf"network file system \({kind}\).*redis://"):
            folders_module.local_disk(Path(path))
    else:
        assert folders_module.local_disk(Path(path)) == Path(path)


def test_a_store_on_a_network_file_system_is_refused_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders_module, "file_system_of", lambda path: "nfs4")

    with pytest.raises(ConfigError, match="network file system"):
        LmdbStore(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_does_not_tell_its_mounts_folders_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders_module, "_MOUNTS", tmp_path / "absent")

    assert file_system_of(tmp_path) is None
    assert folders_module.local_disk(tmp_path) == tmp_path


@pytest.mark.parametrize("name", ["../../etc", "/", "..", "a b\n"])
def test_an_application_s_folder_stays_where_it_belongs(name: str) -> None:
    folder = default_folder("app-1").parent

    assert folder.name == f"dfai-{os.getuid()}"
    assert default_folder(name + "x").parent == folder


def test_sweeping_deletes_what_is_dead_and_old_alone(tmp_path: Path) -> None:
    for name in ("old", "young", "living"):
        store = LmdbStore(tmp_path / name)
        using(store, lambda store: store.put([(key(1), b"1")]))
    living = Owner(tmp_path / "living")
    now = (tmp_path / "young").stat().st_mtime
    for name in ("old", "living"):
        for path in ((tmp_path / name), *(tmp_path / name).iterdir()):
            os.utime(path, (now - 90_000, now - 90_000))
    (tmp_path / "file").write_text("x")
    swept = sweep(tmp_path, now=now)
    living.leave()

    assert swept == [tmp_path / "old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "living", "young"]


# ---- bounds ------------------------------------------------------------------------------------------------------
