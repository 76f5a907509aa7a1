"""An app with a folder of data to train on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfai_engine.app import App, create_app
from engine.decision.tables import csv_of, together


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    (made / "train.csv").write_text(csv_of(together(600)))
    return made


@pytest.fixture
def app(folder: Path) -> Iterator[App]:
    made = create_app(data=folder, workers=1)
    yield made
    made.close()
