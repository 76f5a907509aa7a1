"""A stream is the same call as a batch."""

from __future__ import annotations

from pathlib import Path

from frames import SparkFrames
from service import UNSPEAKABLE, Scene


def test_a_stream_answers_each_row_once(spark: SparkFrames, scene: Scene, tmp_path: Path) -> None:
    texts = [f"good {number}" for number in range(20)] + [None, UNSPEAKABLE]
    batch = spark.build({"id": list(range(22)), "t": texts})
    batch.write.parquet(str(tmp_path / "in"))

    stream = spark.session.readStream.schema(batch.schema).parquet(str(tmp_path / "in"))
    answered = stream.ai.sentiment("t", language="en", include=["sentences"])
    query = (
        answered.writeStream.format("parquet")
        .option("checkpointLocation", str(tmp_path / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(tmp_path / "out"))
    )
    assert query.awaitTermination(120)
    result = spark.read(spark.session.read.parquet(str(tmp_path / "out")))

    assert stream.isStreaming
    assert answered.isStreaming
    assert result["sentiment"] == ["positive"] * 20 + [None, None]
    assert result["sentiment_error"] == [None] * 21 + ["refused"]
    assert result["sentiment_sentences"][0][0]["text"] == "good 0"
    assert set(scene.texts) == {text for text in texts if text}
    assert len([text for text in scene.texts if text != UNSPEAKABLE]) == 20
