"""Coming from other libraries: samples run and print what they say, tables and hints agree, names are real."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow as pa
import pytest

import dfai
from azure_here import azure_here
from dfai import _hints
from dfai.errors import ConfigError
from engine.server import serving
from pages import DOCS
from picture_service import picture
from sounds import wav
from speech_service import speech_running, tones
from told import alike, steps, told

PAGES = sorted((DOCS / "coming-from").glob("*.md"))
FOREIGN = re.compile(r"^```py\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
REVIEWS = {"text": ["Lovely room.", "The shower was cold."]}


def answered(request: httpx.Request) -> httpx.Response:
    """The World Bank, and a model that shouts."""
    if request.method == "GET":
        code = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json=[{"page": 1}, [{"name": {"br": "Brazil", "us": "United States"}[code]}]])
    said = re.findall(r'"content":\s*"(.*?)"', request.content.decode())[-1]
    return httpx.Response(200, json={"choices": [{"message": {"content": said.upper()}}]})


def names_of(page: str, folder: Path) -> dict[str, Any]:
    """What a page's samples find."""
    frame = pd.DataFrame(REVIEWS)
    names: dict[str, Any] = {"dfai": dfai, "df": frame, "table": pa.table(REVIEWS)}
    if page == "README.md":
        return {**names, "df": frame.rename(columns={"text": "review"})}
    if page == "synapseml.md":
        (folder / "glass bowl.png").write_bytes(picture(1))
        (folder / "call.wav").write_bytes(wav(tones(300, 0, 400)))
        texts = ["What a lovely, sunny afternoon", "Stuck in traffic again, I am so tired of it.", None]
        values = [826, 799, 890, 900, 961, 935, 894, 20_000, 965, 983, 1_053, 1_123, 978, 880, 9_000]
        months = [str(month.date()) for month in pd.date_range("1972-01-01", periods=15, freq="MS")]
        turning = pd.DataFrame({"at": pd.date_range("2026-01-01", periods=60, freq="s"), "unit": "RPM", "device": "a"})
        turning["value"] = [3_000.0 + step % 5 for step in range(59)] + [4_000.0]
        names |= {
            "reviews": pd.DataFrame({"text": texts, "lang": "en"}),
            "photos": pd.DataFrame({"path": [str(folder / "glass bowl.png")]}),
            "calls": pd.DataFrame({"path": [str(folder / "call.wav")]}),
            "readings": pd.DataFrame({"month": months, "value": values, "series": "a"}),
            "machines": turning,
            "countries": pd.DataFrame({"iso": ["br", "us"]}),
            "wishes": pd.DataFrame({"wish": ["glass"]}),
        }
        names["museum"] = names["photos"].assign(ObjectID="7", Title="Bowl of glass", todo="upload")
    return names


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder, and somebody to ask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DFAI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DFAI_IMAGES", str(tmp_path))
    monkeypatch.setenv("MODELS_KEY", "secret")
    seen = dfai.testing.fake({"analyze_image": {"tags": ["glass", "bowl"], "caption": "a bowl"}})
    with speech_running() as speech, azure_here():
        asked = {"analyze_image": seen, "transcribe": speech.scene().target}
        with dfai.using(target=dfai.route(asked, default=dfai.local()), progress="off"):
            yield tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_they_become_runs_and_prints_what_it_says(page: Path, around: Path) -> None:
    names = names_of(page.name, around)
    differing = []
    for block in steps(page):
        with dfai.using(**({"transport": httpx.MockTransport(answered)} if "ai.http(" in block.text else {})):
            now = told(block, names)
        if block.output is not None and not alike(block.output, now):
            differing.append(f"{block}\n{now}")

    assert not differing, "\n".join(differing)


def test_what_the_synapseml_page_shows_without_its_output(around: Path) -> None:
    names = names_of("synapseml.md", around)
    for block in steps("coming-from/synapseml.md"):
        if "ai.http(" not in block.text:
            told(block, names)

    assert names["tags"]["seen_tags"].tolist() == [["glass", "bowl"]]
    assert names["utterances"]["transcript_segments"].str["text"].tolist() == ["p300.", "p400."]
    assert names["hits"]["url"].str.endswith("glass%20bowl.png").all()
    assert names["done"]["indexed"].tolist() == ["7"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_other_libraries_code_is_python(page: Path) -> None:
    for sample in FOREIGN.findall(page.read_text(encoding="utf-8")):
        # Notebooks may wait at the top.
        assert ast.parse(f"async def cell():\n{textwrap.indent(sample, '    ')}")


def test_azures_own_client_gives_the_labels_that_its_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = pytest.importorskip("azure.ai.textanalytics")
    (sample,) = FOREIGN.findall((DOCS / "coming-from" / "azure-sdk.md").read_text(encoding="utf-8"))
    names: dict[str, Any] = {"df": pd.DataFrame(REVIEWS), "key": "a key"}
    with serving(key="a key") as url:
        monkeypatch.setattr(sdk.TextAnalyticsClient, "__init__", _at(url, sdk.TextAnalyticsClient.__init__))
        exec(compile(sample, "azure-sdk.md", "exec"), names)

    assert names["labels"] == ["positive", "negative"]


def _at(url: str, begin: Any) -> Any:
    def made(self: Any, endpoint: str, credential: Any, **more: Any) -> None:
        assert endpoint == "https://NAME.cognitiveservices.azure.com"
        begin(self, url, credential, **more)

    return made


def rows(page: Path) -> Iterator[tuple[list[str], list[str], str]]:
    """Of each row of a page's tables: the names elsewhere, our verbs, and what the page says of ours."""
    for table in page.read_text(encoding="utf-8").split("\n\n"):
        head, *lines = table.strip().split("\n")
        if re.fullmatch(r"\| [\w ]+ \| dfai \|", head):
            for line in lines[1:]:
                other, ours = (cell.strip() for cell in line.strip("| ").split(" | ", 1))
                names = re.findall(r"`\.?(?:\w+\.)?(\w+)(?:=[^`]*|\([^`]*\))?`", other)
                yield names, re.findall(r"df\.ai\.(\w+)", ours), ours


def hint_for(name: str) -> str:
    """What whoever types *name* is told; nothing, where it is not known."""
    try:
        _hints.refuse_foreign_arguments({name: None})
    except ConfigError as error:
        return str(error).partition(": ")[2]
    told_as_verb = _hints.missing_verb(name).partition(". ")[2].partition(", as in ")[0]
    return "" if re.fullmatch(r"(Did you mean .*? )?All verbs.*", told_as_verb) else told_as_verb


def leads_to(hint: str) -> set[str]:
    """What of ours a hint names: verbs, arguments, columns."""
    return {*re.findall(r"df\.ai\.(?!verb)\w+|\b[a-z_]+=|<output>_error|first", hint)}


TABLES = [page for page in PAGES if page.name != "README.md"]


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_every_verb_that_is_named_exists(page: Path) -> None:
    named = [verb for _, ours, _ in rows(page) for verb in ours]

    assert named
    assert [verb for verb in named if not hasattr(dfai.FrameAI, verb)] == []


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_what_is_said_where_an_old_name_is_typed_agrees_with_the_table(page: Path) -> None:
    apart = []
    for others, _, ours in rows(page):
        for name in others:
            leads = leads_to(hint_for(name))
            lacking = re.search("No verb|not translated|none of your own", hint_for(name))
            if leads and not lacking and not any(lead in ours for lead in leads) and name != "AnalyzeText":
                apart.append(f"{name}: {hint_for(name)} | {ours}")

    assert apart == []


def test_every_transformer_and_setter_of_the_table_is_known_where_it_is_typed() -> None:
    page = (DOCS / "coming-from" / "synapseml.md").read_text(encoding="utf-8")
    unknown = []
    for line in re.findall(r"^\| (`(?:set)?[A-Z].*?) \| ", page, flags=re.MULTILINE):
        unknown += [name for name in re.findall(r"`(\w+)`", line) if not hint_for(name)]

    assert unknown == []


def test_methods_of_azures_clients_are_called_as_they_are() -> None:
    sdk = pytest.importorskip("azure.ai.textanalytics")
    page = (DOCS / "coming-from" / "azure-sdk.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:analyze|extract|recognize|begin)_\w+)`", page)

    assert named
    assert [name for name in named if not hasattr(sdk.TextAnalyticsClient, name)] == []
