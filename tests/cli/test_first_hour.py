"""Slips that a newcomer makes: each is answered by one sentence that says what to type instead."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import dfai as library
import dfai_engine._engine
from cli.conftest import Dfai
from dfai.cli.exits import Exit
from dfai_engine import ENGINE
from dfai_engine.families import operations

# What the extra with the engine alone does not bring.
HEAVY = ("PIL", "ai_edge_litert", "cv2", "dlib", "faster_whisper", "flatbuffers", "onnxruntime", "rapidocr", "spacy")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes this machine one on which some packages are not installed."""

    def take_away(*packages: str) -> None:
        def load(operation: Any) -> ModuleType:
            if set(operation.packages) & set(packages):
                raise ModuleNotFoundError(f"No module named {packages[0]!r}", name=packages[0])
            return loads[type(operation)](operation)  # type: ignore[no-any-return]

        kinds = {type(operation) for operation in operations().values()}
        loads: dict[Any, Any] = {kind: kind.load for kind in kinds}
        for kind in kinds:
            monkeypatch.setattr(kind, "load", load)
        for module in ("dfai_engine._engine", "dfai_engine.commands"):
            monkeypatch.setattr(f"{module}.find_spec", lambda name: None if name in packages else find_spec(name))

    return take_away


def test_verbs_whose_packages_are_not_here_name_their_extra(dfai: Dfai, without: Callable[..., None]) -> None:
    without(*HEAVY)
    told = {one["verb"]: one["local"] for one in dfai("services", "--json").told["services"]}
    checks = dfai("doctor", "--json").told["checks"]

    assert told["tag_image"] == {"state": "install", "needs": 'pip install "dfai[vision]"'}
    assert told["detect_faces"]["needs"] == 'pip install "dfai[face]"'
    assert told["sentiment"]["state"] in ("here", "fetch")
    assert {"area": "models", "state": "ok", "remedy": 'pip install "dfai[speech]"'}.items() <= next(
        check for check in checks if "transcribe" in check["found"]
    ).items()
    with pytest.raises(library.errors.MissingExtra, match=r"dfai\[vision\]"):
        library.on(pd.DataFrame({"path": ["a.jpg"]})).tag_image("path")


def test_without_the_engines_packages_no_model_is_fetched_first(
    dfai: Dfai, without: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    without("starlette")
    monkeypatch.setattr(dfai_engine._engine.Engine, "prepare", lambda *_: pytest.fail("it was"))
    with pytest.raises(library.errors.MissingExtra, match=r"dfai\[local\]"):
        library.on(pd.DataFrame({"text": ["a"]})).sentiment("text")
    said = dfai("serve")

    assert ENGINE.lacks("SentimentAnalysis") == "local"
    assert said.code == 2
    assert 'pip install "dfai[local]"' in said.err


def test_a_port_that_is_taken_is_said_before_anything_is_served(dfai: Dfai) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = dfai("serve", "--port", taken.getsockname()[1])

    assert said.code == 2
    assert "cannot be listened on" in said.err
    assert "--port NUMBER" in said.err


@pytest.mark.parametrize(
    ("written", "arguments", "told"),
    [
        ("text\nhi\n".encode("utf-16"), [], "is not in utf-8. Say which encoding it has: --encoding"),
        ("text\ncafé".encode("latin-1"), [], "--encoding latin-1"),
        (b"text;n\na;1\n", [], "all is in one column, 'text;n'. Say what stands between the cells: --delimiter ';'."),
        (b"text\tn\na\t1\n", [], r"--delimiter $'\t'."),
        (b"", [], "cannot be read as CSV"),
        (b"text\na\n", ["--langage", "en"], "--language"),
        (b"text\na\n", ["--language", "english"], "is not a language code (ISO 639-1, such as 'en')."),
    ],
    ids=["utf-16", "latin-1", "semicolons", "tabs", "empty", "an option", "a language"],
)
def test_a_slip_is_one_sentence_with_the_remedy(
    dfai: Dfai, tmp_path: Path, written: bytes, arguments: list[str], told: str
) -> None:
    (tmp_path / "odd.csv").write_bytes(written)
    said = dfai("run", "sentiment", "odd.csv", "--column", "text", "--out", "out.csv", *arguments)

    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "dfai did not expect" not in said.err


def test_a_folder_without_files_is_not_called_missing(dfai: Dfai, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()

    assert "there are no files in the folder photos." in dfai("run", "tag_image", "photos", "--out", "o.csv").err


@pytest.mark.parametrize(
    "line",
    [
        "run sentiment none.csv --column text --out o.csv",
        "run sentimant x.csv --column text --out o.csv",
        "estimate sentiment none.csv --column text",
        "services sentimant",
        "doctor --verb sentimant",
        "store info none",
        "store prune none --max-answers 1",
        "store clear none --yes",
        "models pull nothing",
        "models verify nothing",
        "models add nothing",
        "index none",
        "run sentiment --nothing",
    ],
)
def test_with_json_an_error_is_one_object_of_one_shape(dfai: Dfai, line: str) -> None:
    said = dfai(*line.split(), "--json")
    told = json.loads(said.out)

    assert set(told) == {"error", "message", "exit_code"}
    assert told["exit_code"] == said.code == 2
    assert said.err.strip() == f"error: {told['message']}"


def test_every_command_that_ends_takes_json(dfai: Dfai) -> None:
    commands = ["run sentiment", "estimate sentiment", "services", "doctor", "index"]
    commands += [f"store {name}" for name in ("info", "prune", "clear")]
    commands += [f"models {name}" for name in ("list", "pull", "verify", "add")]

    assert [command for command in commands if "--json" not in dfai(*command.split(), "--help").out] == []


def test_a_missing_key_is_told_as_it_is_typed_here(dfai: Dfai, reviews: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_AI_KEY", raising=False)
    line = ["--target", "azure:westeurope"]
    run = dfai("run", "sentiment", reviews, "--column", "text", "--out", "o.csv", "--language", "en", *line)
    doctor = dfai("doctor", *line, "--json").told["checks"][-1]

    assert run.err.splitlines()[-1] == (
        "error: env:AZURE_AI_KEY is not set. Set it, or say where the key is: --key env:NAME or --key file:PATH."
    )
    assert (doctor["area"], doctor["state"]) == ("key", "problem")
    assert "--key env:NAME" in doctor["remedy"]


def test_nothing_is_called_billed_that_costs_nothing(dfai: Dfai, reviews: Path) -> None:
    said = dfai("run", "sentiment", reviews, "--column", "text", "--out", "scored.csv")

    assert said.code == 0
    assert "answered by local" in said.out
    assert "billed" not in said.out


def test_the_documented_exit_codes_are_all_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d, ]+) \| ", page, flags=re.MULTILINE)

    assert sorted(int(code) for row in rows for code in row.split(",")) == sorted(Exit)
