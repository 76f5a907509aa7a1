"""The folder and the files through which a host's processes share limits: private, and not kept for ever."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from dfai_core.errors import ConfigError
from dfai_core.flow.host.files import closed, host_file, is_due, opened, private_folder, sweep
from processes import process, said

HEAD = """
from pathlib import Path
from dfai_core.flow.host.files import closed, opened
path = Path(sys.argv[1])
"""
DAY_S = 86_400.0


def test_a_folder_is_made_private(tmp_path: Path) -> None:
    lax = tmp_path / "lax"
    lax.mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(lax)
    (tmp_path / "file").touch()

    assert stat.S_IMODE(private_folder(lax).stat().st_mode) == 0o700
    assert stat.S_IMODE(private_folder(tmp_path / "new").stat().st_mode) == 0o700
    for wrong in ("link", "file"):
        with pytest.raises(ConfigError, match="not a folder of this user's"):
            private_folder(tmp_path / wrong)
    with pytest.raises(ConfigError, match="set TMPDIR"):
        private_folder(tmp_path / "file" / "below")


def test_the_files_of_a_name_are_found_by_name_and_tell_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = host_file("call 1, https://host, env:KEY", "slots")

    assert one == host_file("call 1, https://host, env:KEY", "slots")
    assert one != host_file("call 2, https://host, env:KEY", "slots")
    assert "KEY" not in one.name
    assert stat.S_IMODE(one.parent.stat().st_mode) == 0o700


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic link"):
        opened(tmp_path / "link")


def test_one_process_an_hour_sweeps(tmp_path: Path) -> None:
    mark = tmp_path / ".swept"

    assert is_due(mark)
    assert not is_due(mark)
    assert is_due(mark, now=time.time() + 3_601)


def test_only_old_files_that_nobody_has_open_are_swept(tmp_path: Path) -> None:
    for name in ("old", "young", "mine", "theirs"):
        (tmp_path / name).touch()
    mine = opened(tmp_path / "mine")
    with process("one = opened(path); print(flush=True); sys.stdin.read()", tmp_path / "theirs", head=HEAD) as started:
        said(started)
        for name in ("old", "mine", "theirs"):
            os.utime(tmp_path / name, (0, time.time() - 2 * DAY_S))
        swept = [sweep(tmp_path)]
        closed(*mine)
        swept.append(sweep(tmp_path))
        started.kill()
        started.wait()
        swept.append(sweep(tmp_path))

    assert [[path.name for path in one] for one in swept] == [["old"], ["mine"], ["theirs"]]
    assert [path.name for path in tmp_path.iterdir()] == ["young"]


def test_a_file_that_is_swept_while_it_is_opened_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real, raced = tmp_path / "f", os.open, []

    def overtaken(name: str, *rest: int) -> int:
        fd = real(name, *rest)
        if not raced:
            raced.append(name)
            path.unlink()
        return fd

    monkeypatch.setattr("os.open", overtaken)
    key, file = opened(path)

    assert os.path.samestat(os.fstat(file.fd), path.stat())
    closed(key, file)


def test_opening_a_file_makes_it_young_again(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    os.utime(path, (0, 0))
    closed(*opened(path))

    assert sweep(tmp_path) == []
