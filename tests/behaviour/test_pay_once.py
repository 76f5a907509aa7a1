"""What was paid for is not asked again, however often a plan is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dfai
from frames import DaskFrames, DaskThreads, Frames, SparkFrames, frames_for
from service import Scene

TEXTS = [f"good {number}" for number in range(40)]


def test_with_a_named_store_nothing_is_asked_twice(frames: Frames, scene: Scene, tmp_path: Path) -> None:
    frame = frames.build({"t": TEXTS[:30]})
    with dfai.using(store=str(tmp_path / "store")):
        once = frame.ai.sentiment("t", language="en")
        first, second = frames.read(once), frames.read(once)
        more = frames.read(frames.build({"t": TEXTS}).ai.sentiment("t", language="en"))

    assert first["sentiment"] == second["sentiment"] == ["positive"] * 30
    assert more["sentiment"] == ["positive"] * 40
    assert sorted(scene.texts) == sorted(TEXTS)


def test_spark_pays_once_for_plans_that_it_evaluates_again(spark: SparkFrames, scene: Scene) -> None:
    from pyspark.sql import functions

    frame = spark.build({"t": TEXTS}).ai.sentiment("t", language="en")

    assert len(frame.orderBy("sentiment_positive", "t").collect()) == 40
    assert frame.groupBy("sentiment").count().collect()[0]["count"] == 40
    left, right = frame.select("t", "sentiment"), frame.select("t", functions.col("sentiment").alias("again"))
    assert left.join(right, "t").count() == 40
    assert frame.union(frame).where("sentiment = 'positive'").count() == 80
    assert sorted(scene.texts) == sorted(TEXTS)


@pytest.fixture(params=["dask-processes", "dask-distributed"])
def workers(request: pytest.FixtureRequest, started: dict[str, Frames]) -> Iterator[DaskFrames]:
    """Dask frames whose partitions are computed in other processes, also where Dask itself decides to compute."""
    name: str = request.param
    if name not in request.config.getoption("--on").split(","):
        pytest.skip(f"this run is not --on {name}")
    frames = started.setdefault(name, frames_for(name))
    assert isinstance(frames, DaskFrames)
    with frames.scheduling():
        yield frames


def test_dask_s_workers_pay_once_for_plans_that_are_evaluated_again(workers: DaskFrames, scene: Scene) -> None:
    frame = workers.build({"t": TEXTS}, partitions=4).ai.sentiment("t", language="en")

    assert frame.set_index("sentiment_positive").compute()["t"].sort_values().tolist() == sorted(TEXTS)
    assert frame.sort_values("sentiment_positive").compute()["sentiment"].tolist() == ["positive"] * 40
    assert len(frame.merge(frame[["t", "sentiment"]], on="t").compute()) == 40
    assert frame.compute()["sentiment"].equals(frame.compute()["sentiment"])
    assert sorted(scene.texts) == sorted(TEXTS)


def test_dask_s_workers_ask_equal_texts_of_different_partitions_once(workers: DaskFrames, scene: Scene) -> None:
    frame = workers.build({"t": TEXTS * 4}, partitions=4).ai.sentiment("t", language="en")

    assert frame["sentiment"].compute().tolist() == ["positive"] * 160
    assert sorted(scene.texts) == sorted(TEXTS)


def test_dask_s_workers_pay_once_for_a_second_call_too_unless_they_are_told_to_have_no_store(
    workers: DaskFrames, scene: Scene
) -> None:
    frame = workers.build({"t": TEXTS[:20]})

    first = workers.read(frame.ai.sentiment("t", language="en"))
    second = workers.read(frame.ai.sentiment("t", language="en"))
    paid_once = len(scene.texts)
    again = workers.read(frame.ai.sentiment("t", language="en", store=None))

    assert first == second == again
    assert paid_once == 20
    assert len(scene.texts) == 40


def test_dask_s_threads_have_no_store_of_their_own(scene: Scene) -> None:
    frame = DaskThreads().build({"t": TEXTS[:10]}).ai.sentiment("t", language="en")
    again = DaskThreads().build({"t": TEXTS[:10]}).ai.sentiment("t", language="en")

    assert DaskThreads().read(frame) == DaskThreads().read(again)
    assert len(scene.texts) == 20
