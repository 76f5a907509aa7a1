"""Every language verb gives the same columns and values on every backend."""

from __future__ import annotations

from typing import Any

import pytest

import dfai
from frames import Frames
from service import Scene

pytestmark = pytest.mark.where(
    "pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"
)

TEXTS = ["Lovely room, call Anna on 555.", None, "A bad day. It rained.", "Le chat dort."]


def check(frames: Frames, verb: str, expected: dict[str, list[Any]], **options: Any) -> None:
    frame = frames.build({"id": [1, 2, 3, 4], "t": TEXTS})

    result = frames.read(getattr(dfai.on(frame), verb)("t", **options))

    assert result == {"id": [1, 2, 3, 4], "t": TEXTS, **expected}
    assert list(result) == ["id", "t", *expected]


def errors(noun: str) -> dict[str, list[Any]]:
    return {f"{noun}_error": [None] * 4, f"{noun}_error_message": [None] * 4}


def test_sentiment_labels_texts(frames: Frames, scene: Scene) -> None:
    expected = {
        "sentiment": ["positive", None, "negative", "neutral"],
        "sentiment_positive": [0.9, None, 0.02, 0.1],
        "sentiment_neutral": [0.08, None, 0.08, 0.8],
        "sentiment_negative": [0.02, None, 0.9, 0.1],
        **errors("sentiment"),
    }
    check(frames, "sentiment", expected, language="en")


def test_key_phrases_are_lists(frames: Frames, scene: Scene) -> None:
    expected = {"key_phrases": [["Lovely"], None, ["rained"], []], **errors("key_phrases")}
    check(frames, "key_phrases", expected, language="en")


def test_detect_language_gives_code_name_and_confidence(frames: Frames, scene: Scene) -> None:
    expected = {
        "language": ["en", None, "en", "en"],
        "language_name": ["English", None, "English", "English"],
        "language_confidence": [0.95, None, 0.95, 0.95],
        **errors("language"),
    }
    check(frames, "detect_language", expected)


def entity(text: str, offset: int, category: str = "Person") -> dict[str, Any]:
    return {
        "text": text,
        "category": category,
        "subcategory": None,
        "confidence": 0.8,
        "offset": offset,
        "length": len(text),
    }


def test_entities_are_lists_of_structs(frames: Frames, scene: Scene) -> None:
    expected = {
        "entities": [
            [entity("Lovely", 0), entity("Anna", 18)],
            None,
            [entity("It", 11)],
            [entity("Le", 0)],
        ],
        **errors("entities"),
    }
    check(frames, "entities", expected, language="en")


def test_linked_entities_carry_their_matches(frames: Frames, scene: Scene) -> None:
    def linked(text: str, offset: int) -> dict[str, Any]:
        return {
            "name": text,
            "url": f"https://example.org/wiki/{text}",
            "source": "Example",
            "id": text,
            "language": "en",
            "matches": [{"text": text, "confidence": 0.8, "offset": offset, "length": len(text)}],
        }

    expected = {
        "linked_entities": [
            [linked("Lovely", 0), linked("Anna", 18)],
            None,
            [linked("It", 11)],
            [linked("Le", 0)],
        ],
        **errors("linked_entities"),
    }
    check(frames, "linked_entities", expected, language="en")


def test_redact_pii_masks_and_says_what(frames: Frames, scene: Scene) -> None:
    expected = {
        "redacted": ["Lovely room, call Anna on ***.", None, TEXTS[2], TEXTS[3]],
        "redacted_entities": [[entity("555", 26, "PhoneNumber")], None, [], []],
        **errors("redacted"),
    }
    check(frames, "redact_pii", expected, language="en", include=["entities"])


def test_extract_summary_waits_for_its_job(frames: Frames, scene: Scene) -> None:
    expected = {
        "summary": ["Lovely room, call Anna on 555.", None, "A bad day.", "Le chat dort."],
        **errors("summary"),
    }
    check(frames, "extract_summary", expected, language="en", max_sentences=1)


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
