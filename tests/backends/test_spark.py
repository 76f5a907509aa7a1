"""What is special on Spark: how often a plan asks, names, cases, types. Runs on classic Spark and on Connect."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dfai
from dfai_core import services
from dfai_spark.types import spark_type
from frames import PARTITIONS, SparkFrames
from service import Scene

ROWS = 60


@pytest.fixture
def reviews(spark: SparkFrames) -> Any:
    """Sixty different texts in two partitions, a third of them good."""
    labels = ["good", "bad", "plain"]
    return spark.build({"id": list(range(ROWS)), "t": [f"{labels[n % 3]} {n}" for n in range(ROWS)]})


def scored(frame: Any, **more: Any) -> Any:
    return frame.ai.sentiment("t", language="en", **more)


@pytest.mark.parametrize(
    ("plan", "rows", "asked"),
    [
        (scored, ROWS, ROWS),
        (lambda f: scored(f).where("sentiment = 'positive'"), 20, ROWS),
        (lambda f: scored(f).where("sentiment_positive > 0.5 and sentiment_error is null"), 20, ROWS),
        (lambda f: scored(f).groupBy("sentiment").count(), 3, ROWS),
        (lambda f: scored(f.where("t is not null")).where("sentiment is not null"), ROWS, ROWS),
        (lambda f: scored(f.where("id < 10")).where("sentiment = 'bad'"), 0, 10),
        (lambda f: scored(f.limit(5)), 5, 5),
        (lambda f: scored(f.limit(5)).where("sentiment_error is null"), 5, 5),
        (lambda f: scored(f.orderBy("id").limit(7)).where("sentiment = 'good'"), 0, 7),
        (lambda f: scored(f.distinct().limit(6)).where("sentiment_error is null").limit(2), 2, 6),
        (lambda f: scored(f).select("id"), ROWS, 0),
        (lambda f: scored(f.groupBy("t").count().where("t like 'good%'")).where("sentiment is null"), 0, 20),
    ],
    ids=[
        "all",
        "filter on the answer",
        "filter on two fields",
        "group by the answer",
        "not null before and after",
        "filter before, filter after",
        "limit before",
        "limit before, filter after",
        "sort and limit before, filter after",
        "distinct and limit before, filter and limit after",
        "answer unused",
        "aggregate before, filter after",
    ],
)
def test_a_plan_asks_once_for_each_row_it_has(
    spark: SparkFrames, reviews: Any, scene: Scene, plan: Callable[[Any], Any], rows: int, asked: int
) -> None:
    assert len(plan(reviews).collect()) == rows
    assert len(scene.texts) == asked


def test_a_limit_after_the_verb_asks_no_more_than_that_of_each_partition(reviews: Any, scene: Scene) -> None:
    # Classic Spark tries one partition first, a Connect server all at once.
    assert len(scored(reviews).limit(5).collect()) == 5
    assert 5 <= len(scene.texts) <= 5 * PARTITIONS


def test_a_join_that_leaves_ten_rows_asks_ten_documents(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    few = spark.session.range(10)

    result = scored(reviews.join(few, "id")).where("sentiment = 'positive'").collect()

    assert len(result) == 4
    assert len(scene.texts) == 10


def test_only_the_columns_that_a_verb_reads_cross_to_python(
    spark: SparkFrames, reviews: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = dfai.on(reviews.selectExpr("*", "repeat(t, 100) as long")).sentiment("t", language="en", target="local")

    answered.explain()
    (step,) = [line for line in capsys.readouterr().out.splitlines() if "ArrowEvalPython" in line]

    assert step.partition("[dfai_sentiment(")[2].partition(")")[0].count(",") == 0
    assert "long" not in step


def test_the_answer_while_it_is_one_column_is_never_seen(spark: SparkFrames, reviews: Any) -> None:
    answered = dfai.on(reviews).sentiment("t", language="en", include="all", target="local")

    assert not [name for name in answered.columns if name.startswith("__dfai")]
    assert answered.columns[: len(reviews.columns)] == reviews.columns


@pytest.fixture
def case_sensitive(spark: SparkFrames) -> Iterator[None]:
    """Spark tells names apart by their case, for one test."""
    spark.session.conf.set("spark.sql.caseSensitive", "true")
    yield
    spark.session.conf.unset("spark.sql.caseSensitive")


def test_names_are_compared_as_spark_does_without_regard_to_case(spark: SparkFrames, scene: Scene) -> None:
    frame = spark.build({"T": ["good"], "Sentiment": ["old"]})

    with pytest.raises(dfai.errors.ColumnExists, match="'Sentiment'"):
        scored(frame)
    replaced = scored(frame, if_exists="replace")

    assert spark.columns(replaced)[:2] == ["T", "sentiment"]
    assert spark.read(replaced)["sentiment"] == ["positive"]


def test_names_are_told_apart_by_case_where_spark_does(spark: SparkFrames, scene: Scene, case_sensitive: None) -> None:
    frame = spark.build({"t": ["good"], "T": ["bad"], "Sentiment": ["old"]})

    result = spark.read(scored(frame))

    assert (result["Sentiment"], result["sentiment"]) == (["old"], ["positive"])
    with pytest.raises(dfai.errors.ColumnNotFound):
        frame.ai.sentiment("Sentimen")


@pytest.mark.parametrize("output", ["a.b", "two words", "back`tick", "Größe"])
def test_any_answer_name_can_be_written_replaced_and_dropped(spark: SparkFrames, scene: Scene, output: str) -> None:
    first = scored(spark.build({"t": ["good"], "x.y": [1]}), output=output, include=["error_detail"])

    second = scored(first, output=output, if_exists="replace")
    result = spark.read(second)

    assert result[output] == ["positive"]
    assert result["x.y"] == [1]
    assert spark.columns(second)[:3] == ["t", "x.y", output]


def test_repeated_names_of_other_columns_do_no_harm(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    other = spark.session.range(3)
    joined = reviews.join(other, reviews["id"] == other["id"])

    rows = scored(joined).collect()

    assert scored(joined).columns.count("id") == 2
    assert len(rows) == 3
    with pytest.raises(dfai.errors.ConfigError, match="2 columns are called 'id'"):
        joined.ai.sentiment("id")


def test_kinds_of_columns_are_told_from_the_schema(spark: SparkFrames, scene: Scene) -> None:
    frame = spark.session.sql(
        "select 1L as number, cast('x' as binary) as bytes, array('x') as texts, "
        "cast('good' as varchar(9)) as short, null as t"
    )

    for column, kind in (("number", "bigint"), ("bytes", "bytes"), ("texts", "array<string>")):
        with pytest.raises(dfai.errors.ConfigError, match=f"column '{column}' holds {kind}"):
            frame.ai.sentiment(column)
    answered = frame.ai.sentiment("short", language="en").ai.sentiment("t", language="en", output="none")

    (row,) = answered.select(
        "short_sentiment" if "short_sentiment" in answered.columns else "sentiment", "none"
    ).collect()
    assert tuple(row) == ("positive", None)


def test_answers_keep_their_types_when_filled(spark: SparkFrames, scene: Scene) -> None:
    frame = spark.build({"t": ["good", "bad"]})

    first = scored(frame, include="all")
    second = scored(first, include="all", if_exists="fill")

    assert [(f.name, f.dataType) for f in second.schema] == [(f.name, f.dataType) for f in first.schema]


@pytest.mark.parametrize("name", sorted(services()))
def test_every_answer_has_a_spark_type(name: str) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = services()[name].schema(include=(*services()[name].includes, "error_detail"))

    ours = [field.dataType for field in spark_type(schema)]
    assert ours == [field.dataType for field in from_arrow_schema(schema)]


def test_what_is_no_frame_is_declined_with_the_remedy(spark: SparkFrames, reviews: Any) -> None:
    for thing in (reviews.groupBy("id"), reviews["t"]):
        with pytest.raises(dfai.errors.BackendNotFound, match="call the verb on the DataFrame"):
            dfai.on(thing)


def test_pandas_on_spark_is_declined_with_the_remedy() -> None:
    ours = type("DataFrame", (), {"__module__": "pyspark.pandas.frame"})

    with pytest.raises(dfai.errors.BackendNotFound, match=r"df\.to_spark\(\)\.ai"):
        dfai.on(ours())


def test_spark_before_4_1_is_refused_by_name(spark: SparkFrames, reviews: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import functions

    monkeypatch.delattr(functions, "arrow_udf")

    with pytest.raises(dfai.errors.MissingExtra, match=r"4\.1 or later is needed"):
        dfai.on(reviews).sentiment("t", language="en", target="local")


def _place(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import dfai_core

    for _ in batches:
        yield pa.record_batch([pa.array([dfai_core.__file__])], names=["place"])


def test_a_zip_that_is_a_connect_session_s_artifact_is_what_its_workers_import(
    spark: SparkFrames, scene: Scene, wheel: Path, tmp_path: Path
) -> None:
    if spark.name != "spark-connect":
        pytest.skip("classic Spark has addPyFile, for all sessions together")
    session = spark.session.newSession()
    session.addArtifact(str(shutil.copy(wheel, tmp_path / "dfai.zip")), pyfile=True)
    one = session.range(1, numPartitions=1)

    assert "dfai.zip/dfai_core" in one.mapInArrow(_place, "place string").first()["place"]
    answer = one.selectExpr("'good' as t").ai.sentiment("t", language="en").first()
    assert (answer["sentiment"], answer["sentiment_error"]) == ("positive", None)
