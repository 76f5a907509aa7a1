"""A stream is the same call as a batch, and a query that is started again goes on where it ended.

On classic Spark and on Connect. A query's source, its checkpoint and its sink see to it that each row is written once;
the store sees to it that each is paid for once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

import dfai
import spark_stream
from faults.server import Server
from frames import SparkFrames
from service import UNSPEAKABLE, Scene
from spark_stream import IN_FLIGHT, Job

DRIVER = Path(spark_stream.__file__)
FILES = [[f"good {file} {row}" for row in range(200)] for file in range(3)]
SOURCE = sorted(text for file in FILES for text in file)
# The second micro-batch is in work: the first is written, and some of the second is answered.
MIDDLE = len(FILES[0]) + 40


@pytest.fixture
def job(spark: SparkFrames, tmp_path: Path) -> Job:
    """Three files of two hundred different texts."""
    found = Job(spark.session, tmp_path)
    found.feed(FILES)
    return found


def until(condition: Callable[[], bool], within_s: float = 100) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def values_of(rows: Sequence[Any]) -> list[str]:
    return sorted(row.value for row in rows)


def repeated(asked: Sequence[str]) -> int:
    """How many documents were paid for once more."""
    return len(asked) - len(set(asked))


# ---- all at once -------------------------------------------------------------------------------------------


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


def test_answers_are_counted_over_micro_batches(spark: SparkFrames, scene: Scene, tmp_path: Path) -> None:
    job = Job(spark.session, tmp_path)
    job.feed([["good 1", "good 2", "bad 1"], ["good 3", "plain"]])

    counts = job.source().ai.sentiment("value", language="en").groupBy("sentiment").count()
    query = counts.writeStream.format("memory").queryName("counts").outputMode("complete")
    assert query.trigger(availableNow=True).start().awaitTermination(120)

    found = {row["sentiment"]: row["count"] for row in spark.session.table("counts").collect()}
    assert found == {"positive": 3, "negative": 1, "neutral": 1}
    assert len(scene.texts) == 5


def test_a_function_in_a_batchs_hands_pays_once_for_two_writes(
    spark: SparkFrames, scene: Scene, tmp_path: Path
) -> None:
    job = Job(spark.session, tmp_path)
    job.feed([["good 1", "bad 1"], ["good 2", "bad 2"]])
    url, out = scene.url, str(tmp_path / "out")

    def write(batch: Any, number: int) -> None:
        import dfai  # on Connect this runs at the server

        answered = batch.ai.sentiment("value", language="en", target=dfai.container(url))
        for label in ("positive", "negative"):
            answered.where(f"sentiment = '{label}'").write.mode("append").parquet(f"{out}/{label}")

    query = job.source().writeStream.foreachBatch(write).option("checkpointLocation", str(tmp_path / "checkpoint"))
    assert query.trigger(availableNow=True).start().awaitTermination(120)

    assert values_of(spark.session.read.parquet(f"{out}/positive").collect()) == ["good 1", "good 2"]
    assert values_of(spark.session.read.parquet(f"{out}/negative").collect()) == ["bad 1", "bad 2"]
    assert scene.texts == ["bad 1", "bad 2", "good 1", "good 2"]


def test_a_function_of_sql_answers_a_stream(spark: SparkFrames, scene: Scene, tmp_path: Path) -> None:
    job = Job(spark.session, tmp_path)
    job.feed([["good 1"], ["bad 1"]])
    dfai.register_functions(spark.session, verbs=["sentiment"], api_version="2024-11-01")

    job.source().createOrReplaceTempView("arriving")
    query = job.write(spark.session.sql("select value, ai_sentiment(value).sentiment as label from arriving"))
    assert query.awaitTermination(120)

    assert {row.value: row.label for row in job.rows()} == {"good 1": "positive", "bad 1": "negative"}
    assert scene.texts == ["bad 1", "good 1"]


# ---- started again -----------------------------------------------------------------------------------------


def test_a_query_that_was_stopped_in_the_middle_goes_on(job: Job, scene: Scene) -> None:
    scene.latency_s = 0.05
    query = job.start("sentiment")
    until(lambda: len(scene.documents) >= MIDDLE)
    query.stop()
    written = values_of(job.rows())

    assert job.start("sentiment").awaitTermination(120)

    assert written == sorted(FILES[0])
    assert values_of(job.rows()) == SOURCE
    assert {row.sentiment for row in job.rows()} == {"positive"}
    assert set(scene.texts) == set(SOURCE)
    assert repeated(scene.texts) <= IN_FLIGHT


def test_a_query_whose_driver_was_killed_in_the_middle_goes_on_in_another(
    spark: SparkFrames, job: Job, scene: Scene
) -> None:
    scene.latency_s = 0.1
    with driver(spark.name, job.folder, scene.url) as killed:
        until(lambda: len(scene.documents) >= MIDDLE)
        kill_whole(killed)
    written = values_of(job.rows())
    scene.latency_s = 0.0

    assert job.start("sentiment", concurrency=1).awaitTermination(120)

    assert written == sorted(FILES[0])
    assert values_of(job.rows()) == SOURCE
    assert {row.sentiment for row in job.rows()} == {"positive"}
    assert set(scene.texts) == set(SOURCE)
    assert repeated(scene.texts) <= IN_FLIGHT


def test_a_query_that_has_seen_all_asks_for_what_is_new(job: Job, scene: Scene) -> None:
    assert job.start("sentiment").awaitTermination(120)
    scene.forget()
    job.feed([["good news", FILES[0][0]]])

    assert job.start("sentiment").awaitTermination(120)

    assert scene.texts == ["good news"]
    assert values_of(job.rows()) == sorted([*SOURCE, "good news", FILES[0][0]])


# ---- a target that goes down ---------------------------------------------------------------------------------


def test_with_raise_a_target_that_goes_down_ends_the_query_which_goes_on_when_it_is_up(job: Job) -> None:
    from pyspark.errors import StreamingQueryException

    with Server() as up:
        query = start_strictly(job, up.url)
        until(lambda: len(up.asked) >= MIDDLE)
    with pytest.raises(StreamingQueryException, match="Unavailable"):
        query.awaitTermination(120)
    written = values_of(job.rows())
    with Server(port=up.port) as again:
        assert start_strictly(job, again.url).awaitTermination(120)

    assert written == sorted(FILES[0])
    assert values_of(job.rows()) == SOURCE
    assert all(list(row.key_phrases) == [row.value] for row in job.rows())
    assert set(up.asked + again.asked) == set(SOURCE)
    assert repeated(up.asked + again.asked) <= IN_FLIGHT


def start_strictly(job: Job, url: str) -> Any:
    return job.start("key_phrases", target=dfai.container(url), on_error="raise", attempts=1)


def test_by_default_a_stream_goes_on_and_a_batch_fills_what_it_missed(
    spark: SparkFrames, scene: Scene, tmp_path: Path
) -> None:
    job = Job(spark.session, tmp_path)
    job.feed([[f"good {file} {row}" for row in range(10)] for file in range(3)])
    scene.fault = lambda number, documents: 503 if documents[0]["text"].startswith("good 1") else None
    assert job.start("sentiment").awaitTermination(120)
    missed = [row for row in job.rows() if row.sentiment_error is not None]
    scene.fault = None
    scene.forget()

    frame = spark.session.read.parquet(str(tmp_path / "out"))
    filled = frame.ai.sentiment("value", language="en", if_exists="fill", store=None).collect()

    assert {row.sentiment_error for row in missed} == {"unavailable"}
    assert {row.sentiment for row in filled} == {"positive"}
    assert len(filled) == 30
    assert scene.texts == values_of(missed) == [f"good 1 {row}" for row in range(10)]


# ---- drivers that are killed ---------------------------------------------------------------------------------


@contextmanager
def driver(where: str, folder: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """A driver of its own, with its JVM and its workers; it has started the query."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SPARK_LOCAL_IP": "127.0.0.1"}
    with subprocess.Popen(
        [sys.executable, str(DRIVER), where, str(folder), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as started:
        try:
            assert started.stdout is not None
            assert started.stdout.readline().strip() == "started"
            yield started
        finally:
            kill_whole(started)


def kill_whole(started: subprocess.Popen[str]) -> None:
    """Kill -9 for a driver and all that it has started."""
    if started.poll() is not None:
        return
    family = [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=30)
