"""The project's first page, and those about servers and clusters: their samples run, at addresses of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import dask.dataframe as dd
import pandas as pd
import pytest
from distributed import LocalCluster, default_client

import dfai
from azure_here import azure_here
from dfai_engine import ENGINE
from pages import DOCS, blocks, run
from served import served
from web_service import web_running

REVIEWS = pd.DataFrame({"review": ["Lovely room.", "Never again!"]})
MIXED = REVIEWS.assign(title="Good", body="Bad", text=REVIEWS["review"], iso=["br", "de"])
SERIES = pd.DataFrame(
    {"device": "a", "at": pd.date_range("2026-11-01", periods=24, freq="h"), "value": [1.0, 2, 3] * 8}
)


pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.LanguageAssumed")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in; Azure is played by the engine."""
    monkeypatch.chdir(tmp_path)
    with azure_here(), dfai.using(progress="off"):
        yield tmp_path


def read(page: str, names: Mapping[str, Any], **addresses: str) -> list[Any]:
    """Runs each sample of *page* with *names* anew, at *addresses* of this machine; gives what its expressions give."""
    values = []
    for block in blocks(page):
        text = block.text
        for old, new in addresses.items():
            text = text.replace(old, new)
        ran = run(replace(block, text=text), {"dfai": dfai, "dd": dd, "os": SimpleNamespace(environ={}), **names})
        values += ran.values if ran is not None else []
    return values


def test_the_first_page(place: Path) -> None:
    lazy = dd.from_pandas(MIXED, npartitions=2)
    engine, api = "http://localhost:5000", "https://api.example/v1/{iso}"
    with served(ENGINE.create_app()) as url, web_running() as web:
        there = f"{web.site().url}/country/{{iso}}?format=json"
        values = read("../README.md", {"df": MIXED, "ddf": lazy, "iot": SERIES}, **{engine: url, api: there})

    assert [value["bank_status"].tolist() for value in values if "bank_status" in getattr(value, "columns", ())] == [
        [200, 200]
    ]
    assert values[0]["sentiment"].tolist()[:2] == ["positive", "negative"]


def test_the_server(place: Path) -> None:
    with served(ENGINE.create_app()) as url:
        (answers,) = (one for one in read("serve.md", {}, **{"http://127.0.0.1:5000": url}) if one is not None)

    assert [answer.sentiment for answer in answers] == ["positive"]


def test_dask_on_a_cluster(place: Path) -> None:
    (place / "reviews").mkdir()
    REVIEWS.to_parquet("reviews/0.parquet")
    with LocalCluster(
        n_workers=1, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1"
    ) as cluster:
        read("deploy/dask.md", {}, **{"tcp://10.0.0.1:8786": cluster.scheduler_address})
        default_client().close()

    assert sorted(pd.read_parquet("scored/")["sentiment"]) == ["negative", "positive"]


def test_kubernetes(place: Path) -> None:
    with served(ENGINE.create_app()) as url:
        there, answered = read("deploy/kubernetes.md", {"df": REVIEWS}, **{"http://localhost:5000": url})

    assert there.kind == "container"
    assert answered["sentiment"].tolist() == ["positive", "negative"]


def test_vaults_of_databricks_and_fabric(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = os.environ["AZURE_AI_KEY"]
    runtime, utilities, vault = (
        ModuleType("databricks.sdk.runtime"),
        ModuleType("notebookutils"),
        ModuleType("our_vault"),
    )
    vars(runtime)["dbutils"] = SimpleNamespace(secrets=SimpleNamespace(get=lambda scope, name: key))
    vars(utilities)["credentials"] = SimpleNamespace(getSecret=lambda address, name: key)
    vars(vault)["azure_key"] = lambda: key
    for name in ("databricks", "databricks.sdk"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for module in (runtime, utilities, vault):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    (databricks,) = read("deploy/databricks.md", {})
    scored, *fabric = read("deploy/synapse-fabric.md", {"df": REVIEWS})
    targets = [databricks, *fabric]

    assert scored["sentiment_error"].isna().all()
    assert not any(key in repr(target) for target in targets)
    for target in targets:
        assert REVIEWS.ai.sentiment("review", target=target)["sentiment"].tolist() == ["positive", "negative"]


def test_each_page_is_named_in_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    read_by_folder = ("verbs/", "coming-from/")
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    with_samples = [page for page in pages if not page.startswith(read_by_folder) and blocks(page)]

    assert [page for page in with_samples if page not in tests] == []
