"""Opinions: which words judge what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dfai_engine.language import opinions, sentences
from dfai_engine.language.clauses import pairs_of_clauses
from dfai_engine.language.valence import Pair, valence
from engine.language.pipelines import needs_english, no_models


def read(text: str, pairs: list[Pair]) -> list[tuple[str, str, str]]:
    return [
        (text[slice(*pair.target)], text[slice(*pair.assessment)], "+" if pair.value > 0 else "-") for pair in pairs
    ]


def attached(text: str, language: str = "en") -> list[dict[str, Any]]:
    cut: list[dict[str, object]] = [
        {"offset": offset, "length": length} for offset, length in sentences.spans(text, language)
    ]
    opinions.attach(text, language, cut)
    return cut


@needs_english
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Great atmosphere.", [("atmosphere", "Great", "+")]),
        ("Staff are friendly and helpful.", [("Staff", "friendly", "+"), ("Staff", "helpful", "+")]),
        ("The food and service were awful.", [("food", "awful", "-"), ("service", "awful", "-")]),
        ("The room wasn't clean and the wifi sucks.", [("room", "clean", "-"), ("wifi", "sucks", "-")]),
        ("I loved the pool, hated the battery life.", [("pool", "loved", "+"), ("battery life", "hated", "-")]),
        ("No complaints about the breakfast.", [("breakfast", "complaints", "+")]),
        ("The staff, who were very friendly, left.", [("staff", "friendly", "+")]),
        ("There was no problem with the check-in.", [("check-in", "problem", "+")]),
        ("Never had a better pizza.", [("pizza", "better", "+")]),
        ("You will not regret buying these headphones.", [("headphones", "regret", "+")]),
        ("The train left at nine.", []),
    ],
)
def test_the_parser_finds_targets_and_their_assessments(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert read(text, opinions.find(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Great location but terrible parking.", [("location", "Great", "+"), ("parking", "terrible", "-")]),
        ("The breakfast was not good.", [("breakfast", "good", "-")]),
        ("We loved the pool.", [("pool", "loved", "+")]),
        ("The coffee was cold and the cake was stale.", [("coffee", "cold", "-"), ("cake", "stale", "-")]),
        ("The train left at nine.", []),
    ],
)
def test_without_a_parser_clauses_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, expected: list[tuple[str, str, str]]
) -> None:
    no_models(monkeypatch, tmp_path)

    assert read(text, opinions.find(text)) == expected == read(text, list(pairs_of_clauses(text)))


def test_the_wire_shape_counts_from_the_documents_start_and_refers_within_it() -> None:
    first, second = attached("Nothing here. The soup was not good.")

    assert first["targets"] == first["assessments"] == []
    (target,), (assessment,) = second["targets"], second["assessments"]
    assert (target["text"], target["offset"], target["length"], target["sentiment"]) == ("soup", 18, 4, "negative")
    assert target["relations"] == [{"relationType": "assessment", "ref": "sentences/1/assessments/0"}]
    assert (assessment["text"], assessment["offset"], assessment["isNegated"]) == ("good", 31, True)
    assert assessment["sentiment"] == "negative"
    assert assessment["confidenceScores"]["negative"] > 0.5


@needs_english
def test_a_target_with_both_kinds_of_words_is_mixed() -> None:
    (sentence,) = attached("The dessert was beautiful but awful.")

    (target,) = sentence["targets"]
    assert target["sentiment"] == "mixed"
    assert [relation["ref"] for relation in target["relations"]] == [
        "sentences/0/assessments/0",
        "sentences/0/assessments/1",
    ]
    assert sum(target["confidenceScores"].values()) == pytest.approx(1)


@needs_english
def test_one_word_about_two_things_is_one_assessment() -> None:
    (sentence,) = attached("The food and service were unacceptable.")

    assert [target["text"] for target in sentence["targets"]] == ["food", "service"]
    assert len(sentence["assessments"]) == 1


def test_another_language_gets_empty_arrays() -> None:
    (sentence,) = attached("Das Zimmer war schmutzig.", "de")

    assert sentence["targets"] == sentence["assessments"] == []


def test_words_that_only_greet_or_ask_do_not_judge() -> None:
    assert [valence(word) for word in ("please", "hello", "want", "table")] == [0, 0, 0, 0]
    assert valence("delicious") > 0 > valence("overpriced")
