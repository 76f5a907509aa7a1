"""What was paid for is not asked again, however often a plan is evaluated."""

from __future__ import annotations

from pathlib import Path

import dfai
from frames import Frames, SparkFrames
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
