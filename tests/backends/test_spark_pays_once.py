"""Spark evaluates plans again; nobody pays again. On classic Spark and on Connect, on one host, with no store named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.billing import FEW, PARTITIONS, PLANS, reviews
from frames import SparkFrames
from service import Scene

ROWS = 900

# rows of a plan's result, and the most documents that it may ask
RESULTS = {
    "two fields": (ROWS, ROWS),
    "filter on the answer": (300, ROWS),
    "filter and group in SQL": (3, ROWS),
    "the same verb twice": (ROWS, ROWS),
    "sort by the answer": (ROWS, ROWS),
    "repartition by the answer": (ROWS, ROWS),
    "filter on another column": (100, ROWS),
    "join after": (FEW, ROWS),
    "join before, filter after": (4, FEW),
    "semi-join before, filter after": (4, FEW),
    "group before, filter after": (300, ROWS),
    "not null before, filter after": (300, ROWS),
    "join with itself": (ROWS, ROWS),
    "union with itself": (2 * ROWS, ROWS),
    "unused": (ROWS, 0),
    "window": (ROWS, ROWS),
}


@pytest.fixture
def frame(spark: SparkFrames) -> Any:
    """Nine hundred different texts in four partitions, a third of them good."""
    return reviews(spark.session, ROWS)


def scored(frame: Any, **more: Any) -> Any:
    return frame.ai.sentiment("t", language="en", **more)


@pytest.mark.parametrize("name", PLANS)
def test_no_plan_pays_for_more_than_the_rows_of_its_frame(
    spark: SparkFrames, frame: Any, scene: Scene, name: str
) -> None:
    rows, most = RESULTS[name]

    assert len(PLANS[name](frame, scored).collect()) == rows
    assert len(scene.texts) <= most
    assert len(scene.texts) == len(set(scene.texts))


def test_two_actions_one_after_the_other_pay_once(spark: SparkFrames, frame: Any, scene: Scene) -> None:
    answer = scored(frame)
    first, second = answer.where("sentiment = 'positive'").count(), answer.where("sentiment = 'negative'").count()

    assert (first, second) == (300, 300)
    assert sorted(scene.texts) == sorted(row.t for row in frame.collect())


def test_two_actions_at_once_pay_once(spark: SparkFrames, frame: Any, scene: Scene) -> None:
    scene.latency_s = 0.01
    answer = scored(frame)
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


def test_a_frame_that_is_kept_is_asked_for_once(spark: SparkFrames, frame: Any, scene: Scene) -> None:
    answer = scored(frame, store=None).persist()
    try:
        assert answer.where("sentiment = 'positive'").count() == 300
        assert answer.where("sentiment = 'negative'").count() == 300
    finally:
        answer.unpersist()
    assert len(scene.texts) == ROWS


@pytest.mark.parametrize("take", [lambda f: f.limit(5).collect(), lambda f: f.head(3), lambda f: f.take(4)])
def test_a_few_rows_cost_at_most_a_request_a_partition(
    spark: SparkFrames, frame: Any, scene: Scene, take: Callable[[Any], list[Any]]
) -> None:
    found = take(scored(frame))

    assert all(row.sentiment is not None for row in found)
    assert scene.requests <= PARTITIONS
    assert len(scene.texts) <= 5 * PARTITIONS


def test_showing_a_frame_costs_at_most_the_partitions_that_it_touches(
    spark: SparkFrames, frame: Any, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scored(frame).show(5)

    assert "positive" in capsys.readouterr().out
    # Spark looks at one partition first; a Connect server does so for each client's request alike.
    assert len(scene.texts) <= ROWS // PARTITIONS
    scene.forget()
    scored(frame.limit(5), output="other").show(5)

    assert len(scene.texts) <= 5
