"""Earlier answers: replaced, or filled where they lack."""

from __future__ import annotations

from typing import Any

import pytest

from dfai.errors import ConfigError
from frames import Frames
from service import UNSPEAKABLE, Scene, Service

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"),
]

EARLIER: dict[str, list[Any]] = {
    "t": ["good", "bad", None, "good again", f"{UNSPEAKABLE}"],
    "sentiment": ["mixed", None, None, None, None],
    "sentiment_positive": [0.5, None, None, None, None],
    "sentiment_neutral": [0.0, None, None, None, None],
    "sentiment_negative": [0.5, None, None, None, None],
    "sentiment_error": [None, "unavailable", None, None, "timeout"],
    "sentiment_error_message": [None, "went away", None, None, "no answer in time"],
    "after": [1, 2, 3, 4, 5],
}


def test_replace_asks_again_and_keeps_the_columns_in_place(frames: Frames, scene: Scene) -> None:
    result = frames.build(EARLIER).ai.sentiment("t", language="en", if_exists="replace")
    read = frames.read(result)

    assert frames.columns(result) == list(EARLIER)
    assert read["sentiment"] == ["positive", "negative", None, "positive", None]
    assert read["sentiment_error"] == [None, None, None, None, "refused"]
    assert read["after"] == EARLIER["after"]
    assert scene.texts == sorted(text for text in EARLIER["t"] if text is not None)


def test_replace_drops_columns_that_the_new_answer_lacks(frames: Frames, scene: Scene) -> None:
    first = frames.build({"t": ["good"]}).ai.sentiment("t", language="en", include=["sentences"])

    second = first.ai.sentiment("t", language="en", if_exists="replace", include=["error_detail"])

    names = frames.columns(second)
    assert "sentiment_error_detail" in names
    assert frames.read(second)["sentiment"] == ["positive"]
    assert names.count("sentiment") == 1


def test_fill_asks_only_for_rows_without_an_answer(frames: Frames, scene: Scene) -> None:
    result = frames.build(EARLIER).ai.sentiment("t", language="en", if_exists="fill")
    read = frames.read(result)

    assert frames.columns(result) == list(EARLIER)
    assert read["sentiment"] == ["mixed", "negative", None, "positive", None]
    assert read["sentiment_positive"] == [0.5, 0.02, None, 0.9, None]
    assert read["sentiment_error"] == [None, None, None, None, "refused"]
    assert "cannot be spoken of" in read["sentiment_error_message"][4]
    assert scene.texts == sorted(["bad", "good again", UNSPEAKABLE])


def test_fill_keeps_nested_answers_as_they_are(frames: Frames, service: Service, settings_of: Any) -> None:
    without_bob = service.scene(fault=lambda number, documents: 400 if "Bob" in str(documents) else None)
    whole = service.scene()
    with settings_of(without_bob):
        earlier = frames.build({"t": ["good Anna", "bad Bob", None]}).ai.entities("t", language="en")

    with settings_of(whole):
        result = frames.read(earlier.ai.entities("t", language="en", if_exists="fill"))

    assert [row and row[0]["text"] for row in result["entities"]] == ["Anna", "Bob", None]
    assert result["entities"][0][0]["offset"] == 5
    assert result["entities_error"] == [None] * 3
    assert whole.texts == ["bad Bob"]


def test_fill_needs_all_columns_of_the_earlier_answer(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good"], "sentiment": ["positive"]})

    with pytest.raises(ConfigError, match="this frame lacks 'sentiment_positive'"):
        frame.ai.sentiment("t", language="en", if_exists="fill")

    assert scene.requests == 0


def test_fill_on_a_frame_without_earlier_answers_asks_for_all(frames: Frames, scene: Scene) -> None:
    read = frames.read(frames.build({"t": ["good", None]}).ai.sentiment("t", language="en", if_exists="fill"))

    assert read["sentiment"] == ["positive", None]
    assert scene.texts == ["good"]
