"""The how-to pages: what they show on Spark runs as it stands."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from engine.server import serving
from frames import SparkFrames
from pages import Block, blocks, run
from picture_service import picture, pictures_running
from service import Scene
from sounds import wav
from speech_service import speech_running, tones
from told import in_folder

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.LanguageAssumed")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with reviews in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews").mkdir()
    frame = pd.DataFrame({"id": [1, 2], "review": ["good breakfast", "bad service"], "stars": [5, 1]})
    frame.to_parquet("reviews/0.parquet")
    (tmp_path / "arriving").mkdir()
    frame.to_json("arriving/0.json", orient="records", lines=True)
    return tmp_path


def on_spark(page: str, section: str = "") -> list[Block]:
    found = [block for block in blocks(page, section) if "spark" in block.text and not block.not_run]
    return [in_folder(block, Path.cwd()) for block in found]


def test_reading_reviews_writing_them_and_a_report(spark: SparkFrames, scene: Scene, place: Path) -> None:
    names: dict[str, Any] = {"dfai": dfai, "spark": spark.session}
    for block in on_spark("report.md"):
        run(block, names)
    first = next(block for block in on_spark("dask-and-spark.md") if "getOrCreate" in block.text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the session is there already, with other settings
        run(first, names)

    assert (names["run"].rows, names["run"].complete) == (2, True)
    assert sorted(row.sentiment for row in names["scored"].collect()) == ["negative", "positive"]


def test_a_stream(spark: SparkFrames, scene: Scene, place: Path) -> None:
    names: dict[str, Any] = {"spark": spark.session, "schema": "id long, review string"}
    spark.session.catalog.dropTempView("scored")  # another page's
    try:
        for block in on_spark("dask-and-spark.md", "Streams"):
            run(block, names)
        names["query"].processAllAvailable()
        scored = spark.session.table("scored").collect()
    finally:
        if "query" in names:
            names["query"].stop()
        spark.session.sql("DROP TABLE IF EXISTS scored")

    assert sorted(row.sentiment for row in scored) == ["negative", "positive"]


def test_pictures_and_sounds(spark: SparkFrames, place: Path) -> None:
    for folder, name, content in (("photos", "a.jpg", picture(1, "JPEG")), ("calls", "a.mp3", wav(tones(300)))):
        (place / folder).mkdir()
        (place / folder / name).write_bytes(content)
    (sounds,) = blocks("sounds.md")
    line = next(line for line in sounds.text.splitlines() if line.startswith("spark"))
    names: dict[str, Any] = {"spark": spark.session}
    with pictures_running() as seen, speech_running() as heard:
        asked = dfai.route({"vision": seen.scene().target}, default=heard.scene().target)
        with dfai.using(target=asked):
            for block in [*on_spark("images.md"), in_folder(Block("sounds.md", sounds.line, "python", line), place)]:
                ran = run(block, names)
                assert ran is not None
                (row,) = ran.values[-1].collect()
                headline = "objects" if "objects" in row else "transcript"

                assert row[headline] is not None, row[f"{headline}_error_message"]


def test_the_art_explorer(spark: SparkFrames, place: Path) -> None:
    (place / "museum").mkdir()
    (place / "museum" / "a.jpg").write_bytes(picture(1, "JPEG"))
    names: dict[str, Any] = {"spark": spark.session, "dfai": dfai}
    with pictures_running() as seen, serving(data=str(place / "data")) as url:
        asked = dfai.route({"vision": seen.scene().target}, default=dfai.container(url))
        with dfai.using(target=asked):
            (block,) = on_spark("art-explorer.md")
            ran = run(block, names)
            assert ran is not None
            (row,) = ran.values[-1].collect()

    assert row.indexed == row.id


def test_predictive_maintenance(spark: SparkFrames, place: Path) -> None:
    rows = [(f"turbine-{number % 2}", 3_000.0 + number // 2 % 48) for number in range(400)]
    frame = pd.DataFrame(rows, columns=["deviceId", "measureValue"])
    frame["dateTime"] = [pd.Timestamp("2026-01-01") + pd.Timedelta(minutes=30 * (number // 2)) for number in range(400)]
    frame.loc[399, "measureValue"] = 9_000.0
    readings = spark.session.createDataFrame(frame.assign(unitSymbol="RPM"))
    names: dict[str, Any] = {"spark": spark.session, "dfai": dfai, "readings": readings}
    batch = on_spark("predictive-maintenance.md")[0]
    ran = run(batch, names)
    assert ran is not None

    assert [tuple(row) for row in ran.values[-1].collect()] == [("turbine-1", 1), ("turbine-0", 0)]
