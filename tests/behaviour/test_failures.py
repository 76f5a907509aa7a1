"""A service that fails: errors are columns, or one exception, as the caller chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from frames import Frames
from service import UNSPEAKABLE, Scene, Service

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")


def test_a_broken_service_leaves_an_error_in_every_row(frames: Frames, service: Service, settings_of: Any) -> None:
    scene = service.scene(fault=lambda number, documents: 500)
    frame = frames.build({"t": ["good", None, "bad"]})

    with settings_of(scene):
        result = frames.read(frame.ai.sentiment("t", language="en", include=["error_detail"]))

    assert result["sentiment"] == [None] * 3
    assert result["sentiment_error"] == ["unavailable", None, "unavailable"]
    assert "HTTP 500" in result["sentiment_error_message"][0]
    assert result["sentiment_error_detail"][0]["status"] == 500
    assert result["sentiment_error_detail"][0]["retryable"] is True
    assert result["sentiment_error_detail"][1] is None


def test_a_target_that_is_not_there_is_an_error_of_each_row(frames: Frames, settings_of: Any) -> None:
    frame = frames.build({"t": ["good", None]})

    with dfai.using(target="container:http://127.0.0.1:9", attempts=1, progress="off"):
        result = frames.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment_error"] == ["unavailable", None]
    assert result["sentiment_error_message"][0]


def test_what_fails_once_is_asked_again(frames: Frames, service: Service, settings_of: Any) -> None:
    failed: set[str] = set()

    def first_time(number: int, documents: Any) -> int | None:
        new = {document["text"] for document in documents} - failed
        failed.update(new)
        return 503 if new else None

    scene = service.scene(fault=first_time)
    with dfai.using(target=scene.target, attempts=3, progress="off"):
        result = frames.read(frames.build({"t": ["good", "bad"]}).ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive", "negative"]
    assert result["sentiment_error"] == [None, None]


def test_a_refused_key_raises_before_anything_was_answered(frames: Frames, service: Service, settings_of: Any) -> None:
    scene = service.scene(fault=lambda number, documents: 401)

    # Spark wraps what its workers raise, so the message is what all have in common.
    with settings_of(scene, concurrency=1), pytest.raises(Exception, match="refused"):
        frames.read(frames.build({"t": ["good", "bad"]}).ai.sentiment("t", language="en"))


def test_on_error_raise_says_which_error(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good", UNSPEAKABLE]})

    with pytest.raises(Exception, match=r"sentiment: a row has no answer: refused: .*cannot be spoken of") as caught:
        frames.read(frame.ai.sentiment("t", language="en", on_error="raise"))

    if not frames.name.startswith("spark"):
        assert isinstance(caught.value, dfai.errors.Rejected)


def test_a_frame_without_errors_goes_through_parquet_unchanged(frames: Frames, scene: Scene, tmp_path: Path) -> None:
    frame = frames.build({"t": ["good", "bad"]})
    answered = frame.ai.sentiment("t", language="en")

    back = pd.read_parquet(frames.write(answered, tmp_path / "out"))

    assert back["sentiment_error"].isna().all()
    assert sorted(back["sentiment"]) == ["negative", "positive"]
    kinds = {name: str(back[name].dtype) for name in back.columns if name.startswith("sentiment")}
    text, number = str(pd.Series(["x"]).dtype), "float64"
    assert kinds == {
        "sentiment": text,
        "sentiment_positive": number,
        "sentiment_neutral": number,
        "sentiment_negative": number,
        "sentiment_error": text,
        "sentiment_error_message": text,
    }
