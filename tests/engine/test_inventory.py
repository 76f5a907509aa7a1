"""What a server says it can answer, and what it says of the rest."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from dfai_engine import inventory
from dfai_engine.app import create_app
from dfai_engine.families import operations
from engine.wire import ask, words


def services(**options: Any) -> dict[str, dict[str, str]]:
    answer = ask(create_app(**options), "GET", "/services").json()
    return {one["name"]: one for one in answer["services"]}


def test_every_operation_is_listed_with_a_sentence_where_it_is_not_ready() -> None:
    found = services()

    assert found.keys() == operations().keys()
    assert all(one["message"] for one in found.values() if one["state"] != "ready")
    assert found["EntityLinking"]["state"] == "elsewhere"


def test_weights_that_are_missing_are_named_with_the_command_that_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))
    found = services()

    assert found["Transcribe"]["state"] == "modelsMissing"
    assert found["Transcribe"]["message"].endswith("dfai models pull speech")
    # Without its weights this one still answers, and says how.
    assert found["SentimentAnalysis"]["state"] == "ready"
    assert "English alone" in found["SentimentAnalysis"]["message"]


def test_packages_that_are_missing_are_named_with_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_dlib(name: str) -> object:
        return None if name == "dlib" else importlib.util.find_spec(name)

    monkeypatch.setattr(inventory, "find_spec", without_dlib)
    found = services()

    assert found["DetectFaces"]["state"] == "packagesMissing"
    assert found["DetectFaces"]["message"] == 'Packages are not here (dlib). pip install "dfai[face]"'
    assert found["DetectUnivariateEntireSeries"]["state"] == "ready"


def test_where_there_is_nothing_to_search_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DFAI_IMAGES", raising=False)
    empty = services(data=tmp_path)
    pictured = services(data=tmp_path, images=[tmp_path])

    assert empty["SearchDocuments"]["state"] == empty["ImageSearch"]["state"] == "nothingToSearch"
    assert pictured["ImageSearch"]["state"] == "ready"


def test_a_handler_of_ones_own_is_ready() -> None:
    assert services(kinds={"EntityRecognition": words})["EntityRecognition"]["state"] == "ready"
