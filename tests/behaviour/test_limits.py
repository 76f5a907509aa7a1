"""A call's limits are the call's, not a partition's: over threads, processes and workers alike."""

from __future__ import annotations

import pytest

import dfai
from frames import Frames
from service import Scene

# Dask gives its processes six tasks at a time: with fewer than this only one of them would work.
PARTITIONS = 14


@pytest.fixture
def texts() -> list[str]:
    return [f"good {number}" for number in range(600)]


def test_the_whole_call_has_no_more_requests_in_flight_than_it_may(
    frames: Frames, scene: Scene, texts: list[str]
) -> None:
    scene.latency_s = 0.1
    with dfai.using(concurrency=3):
        answered = frames.build({"t": texts}, partitions=PARTITIONS).ai.sentiment("t", language="en")
    result = frames.read(answered)

    assert result["sentiment"] == ["positive"] * len(texts)
    assert scene.most_in_flight == 3


# polars' threads share their process's limits, as Dask's do: the test above shows it.
@pytest.mark.where("pandas", "dask-threads", "dask-processes", "dask-distributed", "spark", "spark-connect")
def test_the_whole_call_sends_no_more_requests_a_second_than_it_may(
    frames: Frames, scene: Scene, texts: list[str]
) -> None:
    with dfai.using(rate_per_s=20.0):
        answered = frames.build({"t": texts}, partitions=PARTITIONS).ai.sentiment("t", language="en")
    result = frames.read(answered)

    assert result["sentiment"] == ["positive"] * len(texts)
    assert scene.most_in_a_second() <= 20 * 1.05 + 4  # what may be caught up, and what a busy machine puts off
