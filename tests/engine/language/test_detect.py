"""Language detection through its handler."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfai_engine.language import detect
from dfai_engine.language.documents import Document, DocumentFailure

pytest.importorskip("py3langid", reason="the detector's library comes with the extra local")


def found(text: str, country_hint: str = "") -> dict[str, object]:
    answered = detect.analyze([Document("1", text, country_hint=country_hint)], {})
    result = answered.results[0]
    assert isinstance(result, dict)
    language = result["detectedLanguage"]
    assert isinstance(language, dict)
    return language


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("The room was clean and the staff were kind.", "English", "en"),
        ("Este es un documento escrito en español.", "Spanish", "es"),
        ("Wir fahren nach Stuttgart und dann ins Hotel.", "German", "de"),
        ("Ce document est rédigé en français.", "French", "fr"),
        ("Это письмо написано по-русски.", "Russian", "ru"),
        ("この部屋はとてもきれいです。", "Japanese", "ja"),
        ("방이 아주 깨끗했어요.", "Korean", "ko"),
        ("ห้องสะอาดมาก", "Thai", "th"),
        ("الغرفة نظيفة جدا", "Arabic", "ar"),
        ("这个房间很漂亮，服务也很好。", "Chinese_Simplified", "zh_chs"),
        ("這個房間很漂亮，服務也很好。", "Chinese_Traditional", "zh_cht"),
    ],
)
def test_a_sentence_gives_its_language_by_name_and_code(text: str, name: str, code: str) -> None:
    language = found(text)

    assert (language["name"], language["iso6391Name"]) == (name, code)


@pytest.mark.parametrize("text", ["12:30", "?!", "😀😀", "+49 (0) 30", "…"])
def test_text_without_letters_is_unknown_and_scores_nothing(text: str) -> None:
    assert found(text) == {"name": "(Unknown)", "iso6391Name": "(Unknown)", "confidenceScore": 0.0}


def test_the_country_settles_a_word_that_two_languages_share() -> None:
    assert found("impossible", "US")["iso6391Name"] == "en"
    assert found("impossible", "FR")["iso6391Name"] == "fr"


def test_the_country_moves_no_clear_sentence() -> None:
    assert found("The weather was wonderful and the food was great.", "FR")["iso6391Name"] == "en"


@pytest.mark.parametrize("hint", ["United States", "U", "12", "ÄÖ"])
def test_a_country_that_is_not_two_letters_costs_that_document_only(hint: str) -> None:
    answered = detect.analyze([Document("1", "Bonjour tout le monde", country_hint=hint), Document("2", "Hello")], {})

    failure, result = answered.results
    assert isinstance(failure, DocumentFailure)
    assert failure.inner_code == "InvalidCountryHint"
    assert isinstance(result, dict)


def test_a_short_text_is_less_sure_than_a_long_one() -> None:
    short = found("Pizza")["confidenceScore"]
    long = found("Good morning, everybody; the train to the coast leaves in twenty minutes.")["confidenceScore"]

    assert isinstance(short, float)
    assert isinstance(long, float)
    assert short < 0.9 < long


@pytest.mark.parametrize("text", ["ok", "great stuff", "Paris", "LOVE IT", "hi"])
def test_short_latin_text_counts_as_english_when_nothing_else_is_known(text: str) -> None:
    assert detect.detect_languages([text]) == ["en"]


def test_auto_gives_chinese_one_code_and_signs_english() -> None:
    assert detect.detect_languages(["这个房间很漂亮", "這個房間很漂亮", "!!!"]) == ["zh", "zh", "en"]


def test_more_than_ninety_languages_have_a_name() -> None:
    assert len(detect.languages()) > 90
    assert all(len(code) == 2 and name for code, name in detect.languages().items())


@given(st.text(max_size=200))
def test_any_text_has_a_score_between_zero_and_one(text: str) -> None:
    confidence = found(text)["confidenceScore"]

    assert isinstance(confidence, float)
    assert 0.0 <= confidence <= 1.0
