"""A Delta table that pandas, polars and Dask add to: the example and the page's sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import pandas as pd
import polars as pl
import pytest

import dfai
from pages import run_python, samples
from service import Scene

deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")


def test_the_example_adds_versions_that_can_be_read_again(
    examples: Path, scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import delta_table

    with dfai.using(api_version="2024-11-01"):
        delta_table.main(str(tmp_path / "reviews"))
    rows = pl.read_delta(str(tmp_path / "reviews"))

    assert "version 0: 3 rows; version 3: 7 rows" in capsys.readouterr().out
    assert rows.schema["key_phrases"] == pl.List(pl.String)
    assert rows.filter(review="The breakfast was cold.")["key_phrases"].to_list() == [["breakfast"]]


def test_the_pages_sample_runs(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"review": ["Good hotels.", None, "Awful bed."]}
    names: dict[str, Any] = {"dask": dask, "pl": pl, "write_deltalake": deltalake.write_deltalake}
    names |= {"DeltaTable": deltalake.DeltaTable, "df": pd.DataFrame(texts), "more": pl.DataFrame(texts)}
    names["ddf"] = dd.from_pandas(pd.DataFrame(texts), npartitions=2)
    (_, sample), *_ = samples("connect.md", "Delta tables")
    with dfai.using(api_version="2024-11-01"):
        run_python(sample, "connect.md", names)
    table = deltalake.DeltaTable("reviews")

    assert table.version() == 3
    phrases = sorted(map(str, pl.read_delta("reviews")["key_phrases"].to_list()))
    assert phrases == sorted(3 * ["None", "['hotels']", "[]"])
