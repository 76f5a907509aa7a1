"""The engine's door: what a client in the same process asks of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dfai_engine
from dfai_engine import ENGINE, pull, weights
from dfai_engine.language.kinds import KINDS, Kind
from engine.decision.tables import csv_of, ready, together, train
from engine.wheels import make_wheel, pinned
from engine.wire import documents, post, words


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sentiment needs the model "tiny", which is not there; its wheel's folder."""
    made = make_wheel(tmp_path / "wheels")
    model = pinned(made)
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(weights, "_in_process", {})
    monkeypatch.setattr(weights, "manifest", lambda: {"tiny": model})
    handler: Any = ModuleType("handler")
    handler.MODELS, handler.OPTIONAL_MODELS = ("tiny",), ()
    monkeypatch.setattr(Kind, "load", lambda kind: handler)
    return made.parent


def test_importing_the_engine_imports_nothing_heavy() -> None:
    code = (
        "import sys, dfai_engine;"
        "heavy = {'numpy', 'starlette', 'uvicorn', 'orjson', 'typer', 'spacy', 'dfai_core', 'dfai'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_public_names_are_exactly_all() -> None:
    submodules = {name for name in vars(dfai_engine) if isinstance(getattr(dfai_engine, name), ModuleType)}
    public = {name for name in vars(dfai_engine) if not name.startswith("_")} - submodules

    assert public == set(dfai_engine.__all__)


def test_in_process_batches_may_be_large() -> None:
    app = ENGINE.create_app(kinds={"EntityRecognition": words})

    assert post(app, "EntityRecognition", documents(*["a"] * 1_000)).status_code == 200


def test_in_process_the_data_folder_is_that_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plant.csv").write_text(csv_of(together(100)))
    monkeypatch.setenv("DFAI_DATA", str(tmp_path))
    app = ENGINE.create_app(workers=1)
    shown = ready(app, train(app, "plant.csv"))
    app.close()

    assert shown["modelInfo"]["status"] == "READY"


def test_missing_models_are_named_and_pulled_once(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    fetch = pull.pull
    monkeypatch.delenv("DFAI_PULL", raising=False)
    monkeypatch.setattr(pull, "pull", lambda models, announce: fetch(models, source=tiny, announce=announce))
    before = ENGINE.versions(["SentimentAnalysis"])["SentimentAnalysis"]
    assert ENGINE.missing(["SentimentAnalysis", "SentimentAnalysis"]) == ["tiny"]
    ENGINE.prepare(["SentimentAnalysis"], said.append)
    ENGINE.prepare(["SentimentAnalysis"], said.append)

    assert len(said) == 1
    assert ENGINE.missing(["SentimentAnalysis"]) == []
    assert ENGINE.versions(["SentimentAnalysis"])["SentimentAnalysis"] == f"{before}+tiny"


def test_weights_that_cannot_be_fetched_are_a_sentence(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DFAI_PULL", raising=False)
    fetch = pull.pull
    monkeypatch.setattr(pull, "pull", lambda models, announce: fetch(models, source=tiny / "absent", announce=announce))

    with pytest.raises(weights.ModelMissing, match=r"absent is not a folder .*DFAI_PULL=never"):
        ENGINE.prepare(["SentimentAnalysis"], lambda line: None)


def test_dfai_pull_never_fetches_nothing(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_PULL", "never")
    said: list[str] = []
    ENGINE.prepare(["SentimentAnalysis"], said.append)

    assert said == []
    assert ENGINE.missing(["SentimentAnalysis"]) == ["tiny"]


def test_a_kind_whose_packages_are_missing_wants_no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(kind: Kind) -> ModuleType:
        raise ModuleNotFoundError("No module named 'spacy'", name="spacy")

    monkeypatch.setattr(Kind, "load", absent)

    assert ENGINE.missing(list(KINDS)) == []


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind 'Sentiment'"):
        ENGINE.missing(["Sentiment"])
