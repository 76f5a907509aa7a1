"""The command in this process, against the counting service."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dfai.cli.main import called
from service import Scene

TEXTS = ["Lovely room.", "Never again!", None, "A bed.", "Lovely room.", "Good, but awful."]


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Dfai = Callable[..., Said]


@pytest.fixture
def dfai(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dfai:
    """Calls ``dfai`` in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        code = called([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Said(code, shown.out, shown.err)

    return call


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """A Parquet file with six texts, one of them null, and columns of other types."""
    path = tmp_path / "reviews.parquet"
    pq.write_table(
        pa.table(
            {
                "id": pa.array(range(6), pa.int16()),
                "text": TEXTS,
                "price": pa.array([1, None, 3, 4, 5, 6], pa.decimal128(6, 2)),
                "stars": pa.array(["a", "b", "a", None, "b", "a"]).dictionary_encode(),
            }
        ),
        path,
    )
    return path


@pytest.fixture
def target(scene: Scene) -> list[str]:
    """The options that lead to the scene, with one attempt."""
    return ["--target", f"container:{scene.url}", "--attempts", "1", "--progress", "off", "--language", "en"]
