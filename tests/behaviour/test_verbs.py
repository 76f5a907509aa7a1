"""Every language verb gives the same columns and values on every backend."""

from __future__ import annotations

import pytest

import dfai
from dfai_core import services
from frames import Frames
from rows import ROWS, TEXTS
from service import Scene

pytestmark = pytest.mark.where(
    "pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"
)


@pytest.mark.parametrize("verb", ROWS)
def test_a_verb_gives_the_same_columns_everywhere(frames: Frames, scene: Scene, verb: str) -> None:
    row, noun = ROWS[verb], services()[verb].noun
    frame = frames.build({"id": [1, 2, 3, 4], "t": TEXTS})

    result = frames.read(getattr(dfai.on(frame), verb)("t", **row.options))

    errors = {f"{noun}_error": [None] * 4, f"{noun}_error_message": [None] * 4}
    expected = {"id": [1, 2, 3, 4], "t": TEXTS, **row.columns, **errors}
    assert result == expected
    assert list(result) == list(expected)


def test_every_verb_on_texts_has_its_row() -> None:
    assert set(ROWS) == {name for name, service in services().items() if service.family == "language"}


def test_include_all_adds_nested_columns_and_keeps_their_values(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["A lovely room", "A good day"]})

    result = frames.read(frame.ai.sentiment("t", language="en", include="all"))

    (opinion,) = result["sentiment_opinions"][0]
    assert opinion["target"] == "room"
    assert opinion["assessments"][0]["text"] == "lovely"
    assert result["sentiment_opinions"][1] == []
    assert result["sentiment_sentences"][1][0] == {
        "text": "A good day",
        "sentiment": "positive",
        "positive": 0.9,
        "neutral": 0.08,
        "negative": 0.02,
        "offset": 0,
        "length": 10,
    }
    assert result["sentiment_error_detail"] == [None, None]


@pytest.mark.parametrize("text", ["good", "bad"])
def test_a_frame_of_one_row_has_one_answer(frames: Frames, scene: Scene, text: str) -> None:
    result = frames.read(frames.build({"t": [text]}).ai.sentiment("t", language="en"))

    assert result["sentiment"] == [{"good": "positive", "bad": "negative"}[text]]
