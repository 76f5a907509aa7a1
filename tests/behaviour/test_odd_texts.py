"""Texts that break naive clients: blank, long, outside the basic plane, not text at all."""

from __future__ import annotations

import pandas as pd
import pytest

from frames import Frames
from service import Scene

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"),
]


def test_blank_texts_are_errors_of_their_own_and_cost_nothing(frames: Frames, scene: Scene) -> None:
    result = frames.read(frames.build({"t": ["", "   ", "\n\t", "good"]}).ai.sentiment("t", language="en"))

    assert result["sentiment"] == [None, None, None, "positive"]
    assert result["sentiment_error"] == ["empty", "empty", "empty", None]
    assert scene.texts == ["good"]


def test_long_texts_are_split_answered_and_merged(frames: Frames, scene: Scene) -> None:
    long = "A good day with Anna. " * 273  # 6,006 characters
    frame = frames.build({"t": [long, "bad"]})

    result = frames.read(frame.ai.sentiment("t", language="en").ai.entities("t", language="en"))

    assert result["sentiment"] == ["positive", "negative"]
    assert result["sentiment_error"] == [None, None]
    assert max(map(len, scene.texts)) <= 5_120
    found = [entity for entity in result["entities"][0] if entity["text"] == "Anna"]
    assert [entity["offset"] for entity in found] == [22 * place + 16 for place in range(273)]
    assert all(long[entity["offset"] :][: entity["length"]] == "Anna" for entity in found)


def test_offsets_count_code_points(frames: Frames, scene: Scene) -> None:
    text = "👩‍🚀🇫🇷 e\u0301té Anna 𝒳 Bob"
    result = frames.read(frames.build({"t": [text]}).ai.entities("t", language="en"))

    found = [text[entity["offset"] : entity["offset"] + entity["length"]] for entity in result["entities"][0]]
    assert found == ["Anna", "Bob"]
    assert result["t"] == [text]


@pytest.fixture
def objects(frames: Frames) -> Frames:
    """Frames whose columns may hold any Python objects: Spark has none."""
    if not frames.holds_objects:
        pytest.skip("Spark's columns hold one type each")
    return frames


def test_every_kind_of_missing_value_is_null(objects: Frames, scene: Scene) -> None:
    frame = objects.build({"t": [None, float("nan"), pd.NA, pd.NaT, "good"]}, objects=True)

    result = objects.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment"] == [None, None, None, None, "positive"]
    assert result["sentiment_error"] == [None] * 5
    assert scene.texts == ["good"]


def test_values_that_are_no_texts_are_errors_of_their_own(objects: Frames, scene: Scene) -> None:
    frame = objects.build({"t": ["good", 3, 2.5, ["bad"], b"bad", "bad"]}, objects=True)

    result = objects.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive", None, None, None, None, "negative"]
    assert result["sentiment_error"] == [None, *["unsupported"] * 4, None]
    assert "int" in result["sentiment_error_message"][1]
    assert scene.texts == ["bad", "good"]


def test_lone_surrogates_reach_the_service_as_replacement_characters(objects: Frames, scene: Scene) -> None:
    frame = objects.build({"t": ["good \ud83d Anna", "bad"]}, objects=True)

    result = objects.read(frame.ai.entities("t", language="en"))

    assert result["t"][0] == "good \ud83d Anna"
    (found,) = result["entities"][0]
    assert (found["text"], found["offset"]) == ("Anna", 7)
    assert scene.texts == ["bad", "good \ufffd Anna"]
