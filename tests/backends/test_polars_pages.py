"""The pages about polars: samples run as they stand, and what is shown of the backend is what stands in its files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import dfai
from pages import run_python, samples
from service import Scene

ROOT = Path(__file__).parents[2]


def test_the_page_about_polars(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with dfai.using(api_version="2024-11-01"):
        for _, sample in samples("polars.md"):
            run_python(sample, "polars.md", names)

    assert names["df"].columns[:2] == ["review", "sentiment"]
    assert isinstance(names["plan"], pl.LazyFrame)
    assert pl.read_parquet("scored.parquet")["sentiment"].to_list() == ["positive", "negative"]


@pytest.mark.parametrize(
    ("language", "sample"), samples("write-a-backend.md"), ids=lambda text: text.partition("\n")[0].removeprefix("# ")
)
def test_what_is_shown_of_the_backend_stands_in_its_files(language: str, sample: str) -> None:
    named, _, shown = sample.partition("\n")
    file = ROOT / named.removeprefix("# ")
    if language == "toml":
        shown_points = tomllib.loads(shown)["project"]["entry-points"]["dfai.backends"].items()
        points = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["entry-points"]["dfai.backends"]

        assert shown_points <= points.items()
    else:
        assert shown
        assert shown in file.read_text(encoding="utf-8")
