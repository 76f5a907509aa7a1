"""Pictures as rows of their own, and runs on Dask and Spark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cli.conftest import TEXTS, Dfai
from frames import SparkFrames
from picture_service import PictureScene, name_of, picture, pictures_running
from service import Scene, sentiment_of

LABELS = [None if text is None else sentiment_of(text) for text in TEXTS]


@pytest.fixture(scope="module")
def gallery() -> Iterator[PictureScene]:
    with pictures_running() as service:
        yield service.scene()


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    """Three pictures in two folders; the names that the service gives them, by path."""
    for number, place in enumerate(("a.png", "b.png", "more/c.png")):
        path = tmp_path / "photos" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    return [name_of(picture(number)) for number in range(3)]


def test_pictures_are_rows_by_themselves(dfai: Dfai, gallery: PictureScene, photos: list[str]) -> None:
    target = ["--target", f"container:{gallery.url}", "--progress", "off"]
    said = dfai("run", "tag_image", "photos/**/*.png", "--out", "tags.csv", *target)
    read = pd.read_csv("tags.csv")

    assert said.code == 0, said.err
    assert [Path(path).name for path in read["path"]] == ["a.png", "b.png", "c.png"]
    assert all(name in tags for name, tags in zip(photos, read["tags"], strict=True))
    assert isinstance(json.loads(read["tags"][0]), list)


def test_a_column_of_pictures_is_read_as_well_and_bytes_are_base64(
    dfai: Dfai, gallery: PictureScene, photos: list[str]
) -> None:
    target = ["--target", f"container:{gallery.url}", "--progress", "off"]
    Path("list.csv").write_text("n,file\n1,photos/a.png\n2,\n")
    said = dfai("run", "thumbnail", "list.csv", "--column", "file", "--out", "small.jsonl", *target)
    unsaid = dfai("run", "thumbnail", "list.csv", "--out", "none.jsonl", *target)
    rows = [json.loads(line) for line in Path("small.jsonl").read_text().splitlines()]

    assert said.code == 0, said.err
    assert isinstance(rows[0]["thumbnail"], str)
    assert rows[1]["thumbnail"] is None
    assert "which column of the table to read: --column NAME" in unsaid.err


def test_dask_writes_a_folder_of_the_same_rows(dfai: Dfai, reviews: Path, target: list[str], scene: Scene) -> None:
    line = ["run", "sentiment", reviews, "-c", "text", "--backend", "dask", *target]
    said = dfai(*line, "-o", "scored.parquet", "--json")
    there = dfai(*line, "-o", "scored.parquet")
    lists = dfai(
        "run", "key_phrases", "scored.parquet", "-c", "text", "-o", "phrases.csv", "--backend", "dask", *target
    )

    assert said.code == 0, said.err
    assert pq.read_table("scored.parquet")["sentiment"].to_pylist() == LABELS
    assert said.told["rows"] == len(TEXTS)
    assert there.code == 2
    assert lists.code == 0, lists.err
    phrases = pd.concat(map(pd.read_csv, sorted(Path("phrases.csv").iterdir())))["key_phrases"]
    assert json.loads(phrases[0]) == ["Lovely"]
    assert not list(Path().glob("*.unfinished"))


def test_spark_writes_a_folder_of_the_same_rows(
    dfai: Dfai, reviews: Path, target: list[str], scene: Scene, spark: SparkFrames
) -> None:
    scene.fault = lambda number, documents: 400 if any("bed" in document["text"] for document in documents) else None
    line = ["run", "key_phrases", reviews, "-c", "text", "--backend", "spark", *target]
    said = dfai(*line, "-o", "phrases.csv", "--json")
    wrong = dfai(*line, "-o", "x.arrow")
    rows = pd.concat(map(pd.read_csv, sorted(Path("phrases.csv").glob("*.csv"))))

    assert said.code == 1, said.err
    assert (said.told["rows"], said.told["errors"]) == (6, {"refused": 1})
    assert sorted(rows["id"]) == list(range(6))
    assert json.loads(rows.set_index("id")["key_phrases"][0]) == ["Lovely"]
    assert "not Arrow files" in wrong.err
