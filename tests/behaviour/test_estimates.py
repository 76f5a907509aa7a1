"""An estimate is what is sent then, and a call stops where it was told to, on every library."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

import dfai
from frames import DaskFrames, Frames
from service import Scene

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

PRICES = {"container/sentiment": 2.0, "currency": "EUR", "as_of": "2026-11-01"}


def computing(frames: Frames) -> AbstractContextManager[Any]:
    """An estimate is computed by whatever Dask is told to compute with."""
    return frames.scheduling() if isinstance(frames, DaskFrames) else nullcontext()


def texts(seed: int, rows: int = 120) -> list[str | None]:
    """Rows of which some are equal, some blank or missing, and some too long for one document."""
    dice = random.Random(seed)
    kinds = [
        lambda: f"good {dice.randrange(40)}",
        lambda: f"bad {dice.randrange(10_000)}",
        lambda: "".join(f"{dice.random()} is here. " for _ in range(dice.randrange(190, 600))),
        lambda: dice.choice([None, "", " "]),
    ]
    return [dice.choices(kinds, [6, 6, 1, 1])[0]() for _ in range(rows)]


def test_what_is_estimated_is_sent_then(frames: Frames, scene: Scene) -> None:
    # One partition: of several the order decides which of them asks for what is equal.
    frame = frames.build({"t": texts(seed=1)}, partitions=1)
    with dfai.using(prices=PRICES), dfai.track() as run:
        with computing(frames):
            told = frame.ai.estimate.sentiment("t", language="en")
        assert scene.requests == 0
        frames.read(frame.ai.sentiment("t", language="en"))

    assert told.exact
    assert (told.rows, told.documents, told.coalesced) == (run.rows, run.documents, run.coalesced)
    assert told.requests == scene.requests == run.requests
    assert (told.sent, told.characters) == (len(scene.documents), sum(map(len, scene.texts)))
    records = sum(max(1, -(-len(text) // 1_000)) for text in scene.texts)
    assert told.billed_records == run.billed_records == records
    assert told.cost == pytest.approx(run.cost) == pytest.approx(records * 2.0 / 1_000)
    assert (told.currency, told.prices_as_of) == (run.currency, run.prices_as_of) == ("EUR", "2026-11-01")


def test_equal_rows_of_several_partitions_and_what_a_store_knows_cost_nothing(
    frames: Frames, scene: Scene, tmp_path: Any
) -> None:
    frame = frames.build({"t": [f"good {number % 30}" for number in range(120)]})
    with dfai.using(store=str(tmp_path / "answers")), computing(frames):
        frames.read(frames.build({"t": [f"good {number}" for number in range(7)]}).ai.sentiment("t", language="en"))
        before = len(scene.documents)
        told = frame.ai.estimate.sentiment("t", language="en")
        assert len(scene.documents) == before
        frames.read(frame.ai.sentiment("t", language="en"))

    assert (told.rows, told.distinct, told.from_store, told.asked) == (120, 30, 7, 23)
    assert told.billed_records == len(scene.documents) - before == 23


@pytest.mark.where("pandas", "dask-threads", "spark", "spark-connect", "polars-lazy")
def test_groups_are_estimated_whole(frames: Frames) -> None:
    times = [f"2026-01-01T00:{n:02}:00Z" for n in range(60)]
    frame = frames.build({"v": [float(n % 7) for n in range(60)], "at": times, "by": ["ab"[n % 2] for n in range(60)]})
    with computing(frames):
        told = frame.ai.estimate.detect_anomalies("v", timestamp="at", by="by", target="container:http://localhost:1")

    assert (told.rows, told.distinct, told.requests) == (60, 2, 2)
    assert told.cost is None


def test_a_call_stops_before_it_passes_its_limit_over_all_partitions(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": [f"good {number}" for number in range(90)]}, partitions=4)
    found = frames.read(frame.ai.sentiment("t", language="en", max_documents=47, concurrency=4))

    assert len(scene.documents) == 47
    assert found["sentiment_error"].count("over_budget") == 43
    assert found["sentiment"].count("positive") == 47


@pytest.mark.where("dask-threads", "dask-distributed", "spark", "spark-connect", "polars-lazy")
def test_a_cost_holds_for_a_plan_that_is_computed_again(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": [f"bad {number}" for number in range(40)]})
    answered = frame.ai.sentiment("t", language="en", max_cost=0.0501, prices=PRICES, store=None)
    frames.read(answered)
    frames.read(answered)

    assert len(scene.documents) == 25
