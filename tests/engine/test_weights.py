"""Weights on disk: the manifest, the folder, and what counts as a model that is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dfai_engine import datasets, weights
from dfai_engine.weights import Model, ModelMissing
from engine.wheels import MEMBERS, make_wheel, pinned


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model that the manifest knows, with its files in place."""
    model = pinned(make_wheel(tmp_path / "wheels"))
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(weights, "manifest", lambda: {"tiny": model})
    monkeypatch.setattr(weights, "_in_process", {})
    for member in model.members:
        path = tmp_path / "models" / "tiny" / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MEMBERS[member.path])
    return model


def test_every_entry_of_the_manifest_is_pinned_in_full() -> None:
    for model in weights.manifest().values():
        for wheel in model.wheels:
            assert len(wheel.sha256) == 64
            assert wheel.file.endswith({"pypi": ".whl", "npm": ".tgz"}[wheel.registry])
            assert wheel.requirement.endswith(f"--hash=sha256:{wheel.sha256}")
        assert model.licence
        assert model.origin
        assert model.serves
        assert all(len(member.sha256) == 64 and member.size > 0 for member in model.members)


def test_the_data_set_is_a_pinned_source_archive() -> None:
    (dataset,) = datasets.known().values()

    assert dataset.file.endswith(".tar.gz")
    assert len(dataset.sha256) == len(dataset.inner.sha256) == 64
    assert dataset.members


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "a/../../b", "a\\b", "C:evil"])
def test_a_manifest_that_leaves_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="outside its folder"):
        weights.read_members([{"path": "x", "as": name, "size": 1, "sha256": "0" * 64}])


def test_families_models_and_all_are_names() -> None:
    everything = {model.name for model in weights.chosen(["all"])}

    assert [model.name for model in weights.chosen(["text", "text"])] == ["use-multilingual-v3"]
    assert everything == {name for name, model in weights.manifest().items() if not model.opt_in}
    assert "spacy-fr-sm" not in everything
    with pytest.raises(ValueError, match="Did you mean 'text'"):
        weights.chosen(["texts"])


def test_a_whole_model_is_found(tiny: Model) -> None:
    assert weights.present("tiny")
    assert weights.folder("tiny") == weights.root() / "tiny"


def test_an_absent_model_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "nowhere"))

    assert not weights.present("use-multilingual-v3")
    with pytest.raises(ModelMissing, match="dfai models pull text"):
        weights.folder("use-multilingual-v3")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_of_another_size_is_found_at_load(tiny: Model) -> None:
    (weights.root() / "tiny" / "weights.bin").write_bytes(b"short")

    with pytest.raises(ModelMissing, match="5 bytes, not 10,240"):
        weights.folder("tiny")


def test_a_changed_file_of_the_same_size_is_found(tiny: Model) -> None:
    assert weights.present("tiny")
    path = weights.root() / "tiny" / "weights.bin"
    path.write_bytes(bytes(10_240))
    os.utime(path, ns=(1, 1))

    assert weights.fault(tiny) == "weights.bin is not the file that the manifest pins (its SHA-256 differs)"


def test_hashes_are_computed_once_for_all_processes(tiny: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weights.present("tiny")
    monkeypatch.setattr(weights, "_in_process", {})
    hashed: list[Path] = []

    def digest(path: Path) -> str:
        hashed.append(path)
        return ""

    monkeypatch.setattr(weights, "digest", digest)

    assert weights.present("tiny")
    assert hashed == []
    assert weights.fault(tiny, rehash=True) is not None
    assert hashed


@pytest.mark.parametrize("notes", ["", "[]", "{", '{"weights.bin": 5}'])
def test_damaged_notes_are_ignored(tiny: Model, notes: str) -> None:
    folder = weights.root() / ".verified"
    folder.mkdir()
    (folder / "tiny.json").write_text(notes)

    assert weights.present("tiny")


def test_a_folder_that_takes_no_notes_serves_as_well(tiny: Model) -> None:
    (weights.root() / ".verified").write_text("a file where the folder would be")

    assert weights.present("tiny")


@pytest.mark.parametrize(
    ("platform", "environment", "root"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/dfai/models"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/dfai/models"),
        ("linux", {}, "/home/me/.cache/dfai/models"),
        ("darwin", {}, "/home/me/Library/Caches/dfai/models"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/dfai/models"),
        ("win32", {}, "/home/me/AppData/Local/dfai/models"),
        ("linux", {"DFAI_MODELS": "~/models"}, "/home/me/models"),
    ],
)
def test_each_platform_has_its_cache(
    platform: str, environment: dict[str, str], root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DFAI_MODELS", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)

    assert weights.root().as_posix() == root


def test_looking_for_weights_imports_no_library() -> None:
    code = (
        "import sys; from dfai_engine import ENGINE, weights; weights.present('e5-small-q4');"
        "heavy = {'numpy', 'starlette', 'uvicorn', 'spacy', 'orjson'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
