"""As many rows out as in, in the same order, each with its own answer; every other column untouched."""

from __future__ import annotations

import random

import pytest

import dfai
from frames import KINDS, Frames
from service import POISON, UNSPEAKABLE, Scene, sentiment_of

pytestmark = [pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"), pytest.mark.where(*KINDS)]


def test_rows_keep_their_order_and_get_their_own_answer(frames: Frames, scene: Scene) -> None:
    dice = random.Random(1)
    words = ["good", "bad", "plain", None]
    texts = [None if (word := dice.choice(words)) is None else f"{word} {dice.randrange(60)}" for _ in range(500)]
    columns = {"id": list(range(500)), "t": texts, "weight": [dice.random() for _ in range(500)]}

    result = frames.read(frames.build(columns).ai.sentiment("t", language="en"))

    assert {name: result[name] for name in columns} == columns
    assert result["sentiment"] == [None if text is None else sentiment_of(text) for text in texts]
    assert set(scene.texts) == {text for text in texts if text is not None}


def test_nulls_cost_no_request(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good", None, "bad", None]})

    result = frames.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive", None, "negative", None]
    assert result["sentiment_error"] == [None] * 4
    assert scene.texts == ["bad", "good"]


def test_a_column_of_nulls_alone_sends_nothing(frames: Frames, scene: Scene) -> None:
    result = frames.read(frames.build({"t": [None, None, None]}).ai.sentiment("t", language="en"))

    assert result["sentiment"] == [None] * 3
    assert result["sentiment_error"] == [None] * 3
    assert scene.requests == 0


def test_equal_documents_are_asked_once_in_a_process(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good", "bad"] * 40})
    if frames.lazy and frames.processes == 1:  # a call remembers while any part of it runs: let the parts meet
        scene.latency_s = 0.2

    result = frames.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive", "negative"] * 40
    assert set(scene.texts) == {"good", "bad"}
    assert len(scene.texts) <= 2 * frames.processes


def test_requests_hold_what_the_service_allows(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": [f"good {number}" for number in range(95)]})

    result = frames.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive"] * 95
    assert 10 <= scene.requests <= 10 + frames.processes


def test_a_refused_document_costs_its_neighbours_nothing(frames: Frames, scene: Scene) -> None:
    texts = ["good one", f"{UNSPEAKABLE} two", "bad three", f"{POISON} four", "good five"]

    result = frames.read(frames.build({"t": texts}).ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive", None, "negative", None, "positive"]
    assert result["sentiment_positive"] == [0.9, None, 0.02, None, 0.9]
    assert result["sentiment_error"] == [None, "refused", None, "refused", None]
    alone, whole = result["sentiment_error_message"][1], result["sentiment_error_message"][3]
    assert "cannot be spoken of" in alone
    assert "planned 400" in whole
    assert UNSPEAKABLE not in alone
    assert POISON not in whole


def test_two_columns_are_answered_side_by_side(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"title": ["good", None], "body": ["bad", "good and bad"]})

    result = frames.read(frame.ai.sentiment(["title", "body"], language="en"))

    assert result["title_sentiment"] == ["positive", None]
    assert result["body_sentiment"] == ["negative", "mixed"]
    assert list(result)[2::6] == ["title_sentiment", "body_sentiment"]
    assert result["body_sentiment_error"] == [None, None]


def test_verbs_follow_one_another(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["une chambre", "a good room", None]})

    detected = frame.ai.detect_language("t")
    result = frames.read(detected.ai.sentiment("t", language=dfai.col("language")))

    assert result["language"] == ["fr", "en", None]
    assert result["sentiment"] == ["neutral", "positive", None]
    sent = {document["text"]: document["language"] for document in scene.documents if "language" in document}
    assert sent == {"une chambre": "fr", "a good room": "en"}


def test_each_row_may_have_its_own_language(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good", "good", "bad", "bad"], "lang": ["en", "fr", "xx", None]})

    result = frames.read(frame.ai.sentiment("t", language=dfai.col("lang")))

    assert result["sentiment"] == ["positive", "positive", None, "negative"]
    assert result["sentiment_error"] == [None, None, "unsupported", None]
    assert result["lang"] == ["en", "fr", "xx", None]
    assert sorted((d["text"], d.get("language", "")) for d in scene.documents) == [
        ("bad", ""),
        ("bad", "xx"),
        ("good", "en"),
        ("good", "fr"),
    ]


def test_the_output_name_is_the_prefix_of_all(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good"]})

    result = frame.ai.sentiment("t", language="en", output="mood")

    names = ["mood", "mood_positive", "mood_neutral", "mood_negative", "mood_error", "mood_error_message"]
    assert frames.columns(result) == ["t", *names]
    assert frames.read(result)["mood"] == ["positive"]


def test_an_empty_frame_has_the_columns_and_sends_nothing(frames: Frames, scene: Scene) -> None:
    result = frames.build({"t": []}, partitions=1).ai.sentiment("t", language="en", include="all")

    read = frames.read(result)

    assert set(read) == {"t", *(name for name in frames.columns(result) if name != "t")}
    assert all(values == [] for values in read.values())
    assert "sentiment_opinions" in read
    assert scene.requests == 0


def test_empty_partitions_do_no_harm(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good", "bad", "good"], "wanted": [True, False, False]}, partitions=3)

    result = frames.read(frames.keep(frame, "wanted").ai.sentiment("t", language="en", include="all"))

    assert result["sentiment"] == ["positive"]
    assert result["sentiment_sentences"][0][0]["text"] == "good"
    assert scene.texts == ["good"]


def test_the_frame_given_is_not_changed(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good"]})
    frames.read(frame.ai.sentiment("t", language="en"))

    assert frames.columns(frame) == ["t"]
    assert frames.read(frame) == {"t": ["good"]}


def test_a_column_called_ai_is_a_column_like_others(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"ai": ["good", "bad"]})

    result = frames.read(dfai.on(frame).sentiment("ai", language="en"))

    assert result["ai"] == ["good", "bad"]
    assert result["sentiment"] == ["positive", "negative"]
    assert frames.columns(frames.only(frame, ["ai"])) == ["ai"]


@pytest.mark.parametrize("name", ["a.b", "two words", "back`tick", "größe", "ТЕКСТ", "a-b:c", "e.g. `x.y`"])
def test_any_column_name_can_be_read(frames: Frames, scene: Scene, name: str) -> None:
    result = frames.build({name: ["good"], "x": ["bad"]}).ai.sentiment([name, "x"], language="en")

    assert frames.columns(result)[2] == f"{name}_sentiment"
    assert frames.read(result)[f"{name}_sentiment"] == ["positive"]
