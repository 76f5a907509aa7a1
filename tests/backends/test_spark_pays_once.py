"""Spark evaluates plans again; nobody pays again. On classic Spark and on Connect, on one host, with no store named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from frames import SparkFrames
from service import Scene

ROWS = 900
PARTITIONS = 4


@pytest.fixture
def reviews(spark: SparkFrames) -> Any:
    """Nine hundred different texts in four partitions, a third of them good."""
    kind = "element_at(array('good', 'bad', 'plain'), cast(id % 3 as int) + 1)"
    return spark.session.range(0, ROWS, numPartitions=PARTITIONS).selectExpr("id", f"concat({kind}, ' ', id) as t")


def scored(frame: Any, **more: Any) -> Any:
    return frame.ai.sentiment("t", language="en", **more)


def sql(frame: Any, query: str) -> Any:
    frame.createOrReplaceTempView("scored")
    return frame.sparkSession.sql(query)


def few(frame: Any) -> Any:
    """Ten rows to join with."""
    return frame.sparkSession.range(10)


def joined_with_itself(frame: Any) -> Any:
    answer = scored(frame)
    return answer.select("t", "sentiment").join(answer.selectExpr("t", "sentiment as again"), "t")


def united_with_itself(frame: Any) -> Any:
    answer = scored(frame)
    return answer.union(answer)


GROUPS = "select sentiment, count(sentiment_positive) from scored where sentiment_error is null group by sentiment"
PLANS: dict[str, tuple[Callable[[Any], Any], int, int]] = {
    # plan, rows of its result, most documents that it may ask
    "two fields": (lambda f: scored(f).select("sentiment", "sentiment_positive"), ROWS, ROWS),
    "filter on the answer": (lambda f: scored(f).where("sentiment = 'positive'").select("id", "sentiment"), 300, ROWS),
    "filter and group in SQL": (lambda f: sql(scored(f), GROUPS), 3, ROWS),
    "the same verb twice": (lambda f: scored(scored(f), output="again"), ROWS, ROWS),
    "sort by the answer": (lambda f: scored(f).orderBy("sentiment_positive", "id"), ROWS, ROWS),
    "repartition by the answer": (lambda f: scored(f).repartitionByRange(3, "sentiment_positive"), ROWS, ROWS),
    "filter on another column": (lambda f: scored(f).where("id < 100"), 100, ROWS),
    "join after": (lambda f: scored(f).join(few(f), "id"), 10, ROWS),
    "join before, filter after": (lambda f: scored(f.join(few(f), "id")).where("sentiment = 'positive'"), 4, 10),
    "semi-join before, filter after": (
        lambda f: scored(f.join(few(f), "id", "semi")).where("sentiment = 'positive'"),
        4,
        10,
    ),
    "group before, filter after": (lambda f: scored(f.groupBy("t").count()).where("sentiment = 'positive'"), 300, ROWS),
    "not null before, filter after": (
        lambda f: scored(f.where("t is not null")).where("sentiment = 'bad'"),
        0,
        ROWS,
    ),
    "join with itself": (joined_with_itself, ROWS, ROWS),
    "union with itself": (united_with_itself, 2 * ROWS, ROWS),
    "unused": (lambda f: scored(f).select("id"), ROWS, 0),
    "window": (
        lambda f: sql(scored(f), "select id, rank() over (partition by sentiment order by id) as place from scored"),
        ROWS,
        ROWS,
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_no_plan_pays_for_more_than_the_rows_of_its_frame(
    spark: SparkFrames, reviews: Any, scene: Scene, name: str
) -> None:
    plan, rows, most = PLANS[name]

    assert len(plan(reviews).collect()) == rows
    assert len(scene.texts) <= most
    assert len(scene.texts) == len(set(scene.texts))


def test_two_actions_one_after_the_other_pay_once(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    answer = scored(reviews)
    first, second = answer.where("sentiment = 'positive'").count(), answer.where("sentiment = 'negative'").count()

    assert (first, second) == (300, 300)
    assert sorted(scene.texts) == sorted(row.t for row in reviews.collect())


def test_two_actions_at_once_pay_once(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    scene.latency_s = 0.01
    answer = scored(reviews)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(answer.where("sentiment = 'positive'").count())) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [300, 300]
    assert len(scene.texts) == len(set(scene.texts)) == ROWS


def test_a_frame_that_is_kept_is_asked_for_once(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    answer = scored(reviews, store=None).persist()
    try:
        assert answer.where("sentiment = 'positive'").count() == 300
        assert answer.where("sentiment = 'negative'").count() == 300
    finally:
        answer.unpersist()
    assert len(scene.texts) == ROWS


@pytest.mark.parametrize("take", [lambda f: f.limit(5).collect(), lambda f: f.head(3), lambda f: f.take(4)])
def test_a_few_rows_cost_at_most_a_request_a_partition(
    spark: SparkFrames, reviews: Any, scene: Scene, take: Callable[[Any], list[Any]]
) -> None:
    found = take(scored(reviews))

    assert all(row.sentiment is not None for row in found)
    assert scene.requests <= PARTITIONS
    assert len(scene.texts) <= 5 * PARTITIONS


def test_showing_a_frame_costs_at_most_the_partitions_that_it_touches(
    spark: SparkFrames, reviews: Any, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scored(reviews).show(5)

    assert "positive" in capsys.readouterr().out
    # Spark looks at one partition first; a Connect server does so for each client's request alike.
    assert len(scene.texts) <= ROWS // PARTITIONS
    scene.forget()
    scored(reviews.limit(5), output="other").show(5)

    assert len(scene.texts) <= 5
