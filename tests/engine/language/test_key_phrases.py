"""Key phrases: the pipeline's noun phrases, and what stands between stop words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import example
from dfai_engine.language import key_phrases
from dfai_engine.language.documents import Document, DocumentFailure
from dfai_engine.language.key_phrases import between_stop_words, noun_phrases
from dfai_engine.language.stop_words import STOP_WORDS
from engine.language.pipelines import needs_english, no_models


def phrases(text: str, language: str = "en") -> list[str]:
    (result,) = key_phrases.analyze([Document("1", text, language)], {}).results
    assert isinstance(result, dict)
    return result["keyPhrases"]  # type: ignore[return-value]


@needs_english
def test_the_documented_example_gives_the_documented_phrases() -> None:
    shown = example("language-2023-04-01/examples/SuccessfulKeyPhraseExtractionRequest.json")
    asked = shown["parameters"]["body"]["analysisInput"]["documents"]
    answered = shown["responses"]["200"]["body"]["results"]["documents"]

    found = noun_phrases([document["text"] for document in asked])

    assert [sorted(phrase) for phrase in found] == [sorted(document["keyPhrases"]) for document in answered]


@needs_english
def test_an_enumeration_is_cut_into_its_members() -> None:
    assert noun_phrases(["The recipe needs olive oil, garlic and fresh basil."]) == [
        ["recipe", "olive oil", "garlic", "fresh basil"]
    ]


def test_adjectives_behind_is_and_very_are_no_phrases() -> None:
    assert between_stop_words("The staff was friendly and very helpful, the pool was not clean.", "en") == [
        "staff",
        "pool",
    ]


def test_a_past_tense_ends_a_phrase_and_a_participle_begins_one() -> None:
    assert between_stop_words("Students protested against roasted chestnuts.", "en") == [
        "Students",
        "roasted chestnuts",
    ]
    assert between_stop_words("The internet speed is poor.", "en") == ["internet speed"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "L'hôtel de la plage est très propre.", ["hôtel", "plage"]),
        ("de", "Das Hotel am Strand ist sauber und das Frühstück lecker.", ["Hotel", "Strand", "Frühstück"]),
        ("es", "El servicio de habitaciones fue excelente.", ["servicio", "habitaciones"]),
        ("it", "La colazione dell'albergo era ottima.", ["colazione", "albergo"]),
        ("nl", "Het ontbijt was zeer lekker.", ["ontbijt"]),
        ("ru", "Это был хороший отель в центре города.", ["хороший отель", "центре города"]),
    ],
)
def test_other_languages_have_their_own_stop_words(language: str, text: str, expected: list[str]) -> None:
    assert phrases(text, language) == expected


def test_a_phrase_comes_once_with_the_spelling_it_first_had() -> None:
    assert between_stop_words("Apple Pie or apple pie, with APPLE PIE.", "en") == ["Apple Pie"]


def test_without_weights_english_is_answered_by_stop_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_models(monkeypatch, tmp_path)
    answered = key_phrases.analyze([Document("1", "The view from the tower."), Document("2", "La plage.", "fr")], {})

    assert list(answered.results) == [{"keyPhrases": ["view", "tower"]}, {"keyPhrases": ["plage"]}]
    assert answered.model_version == "dfai-stop-words-1"


def test_a_language_without_a_list_is_that_documents_error_alone() -> None:
    first, second = key_phrases.analyze([Document("1", "猫", "ja"), Document("2", "Le chat.", "fr")], {}).results

    assert isinstance(first, DocumentFailure)
    assert (first.code, first.inner_code) == ("InvalidArgument", "UnsupportedLanguageCode")
    assert second == {"keyPhrases": ["chat"]}


def test_at_least_fifteen_languages_are_served() -> None:
    assert len(STOP_WORDS) >= 15
    assert all(word == word.lower() for words in STOP_WORDS.values() for word in words)


@pytest.mark.parametrize("part", ["a.", "1.", "www.", "l'", "a-", "x@"])
def test_a_long_text_of_one_pattern_takes_linear_time(part: str) -> None:
    # 200,000 characters: what backtracks in squares does not come back within the suite's timeout.
    assert isinstance(between_stop_words(part * (200_000 // len(part)), "en"), list)


@given(text=st.text(st.characters(exclude_categories=()), max_size=200), language=st.sampled_from(sorted(STOP_WORDS)))
def test_every_phrase_stands_in_the_text(text: str, language: str) -> None:
    found = between_stop_words(text, language)

    assert all(phrase in text for phrase in found)
    assert len({phrase.casefold() for phrase in found}) == len(found)
