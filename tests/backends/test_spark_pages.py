"""The samples of the pages about Spark run as they stand. On classic Spark and on Connect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dfai
from frames import SparkFrames
from pages import run_python, samples
from picture_service import picture, pictures_running
from service import Scene


@pytest.fixture
def reviews(spark: SparkFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the pages call reviews, as a frame and as a view."""
    monkeypatch.chdir(tmp_path)
    columns = {
        "review": ["good breakfast", "bad service", None],
        "title": ["One.", "Two.", "Three."],
        "lang": ["en", "fr", "de"],
    }
    frame = spark.build({"id": [1, 2, 3], **columns}).persist()
    frame.createOrReplaceTempView("reviews")
    yield frame
    frame.unpersist()


def test_the_page_about_sql(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    names: dict[str, Any] = {"spark": spark.session}
    answers: list[list[Any]] = []
    with dfai.using(api_version="2024-11-01"):
        for language, sample in samples("sql.md"):
            if language == "python":
                run_python(sample, "sql.md", names)
            elif "photos" not in sample:  # pictures have a test of their own
                # Not those of a sample that names Azure: no test asks it.
                dfai.register_functions(spark.session)
                answers += [spark.session.sql(query).collect() for query in sample.split(";")]
    first, redacted, summaries, *_ = answers

    assert sorted(row.id for row in first) == [1, 2, 3]
    assert {row.sentiment for row in first} == {"positive", "negative", None}
    assert {row[0] for row in redacted} == {"good breakfast", "bad service", None}
    assert {row[0] for row in summaries} == {"One.", "Two.", None}
    assert all(answers)
    assert names["reviews"].columns[:2] == ["id", "review"]


def test_the_page_about_sql_on_pictures(spark: SparkFrames, tmp_path: Path) -> None:
    (sample,) = [sample for _, sample in samples("sql.md") if "photos" in sample]
    (tmp_path / "a.png").write_bytes(picture(1))
    spark.build({"path": [str(tmp_path / "a.png")]}).createOrReplaceTempView("scans")
    with pictures_running() as service, dfai.using(target=dfai.container(service.scene().url)):
        dfai.register_functions(spark.session, verbs=["tag_image", "read_text"])
        queries = sample.replace("/data/photos", str(tmp_path)).split(";")
        answers = [spark.session.sql(query).collect() for query in queries]

    assert all(row[0] for rows in answers for row in rows)
    assert [len(rows) for rows in answers] == [1, 1]


def test_the_page_about_pipelines(spark: SparkFrames, reviews: Any, scene: Scene, tmp_path: Path) -> None:
    names: dict[str, Any] = {"spark": spark.session, "reviews": reviews, "dfai": dfai}
    for language, sample in samples("pipelines.md", "Spark ML"):
        assert language == "python"
        run_python(sample.replace('"models/mood"', repr(str(tmp_path / "mood"))), "pipelines.md", names)
    found = spark.read(names["scored"])

    assert found["mood"] == ["positive", "negative"]
    assert sorted(found["label"]) == [0.0, 1.0]
