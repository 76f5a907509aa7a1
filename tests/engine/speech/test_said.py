"""What was heard, put into words: phrases, forms, coarse words, and what not to believe."""

from __future__ import annotations

import pytest

from dfai_engine.speech import doubts, forms, phrases, profanity
from dfai_engine.speech.locales import LOCALES, language_of, locale_for
from dfai_engine.speech.words import Word


def words(text: str, each_s: float = 0.4, probability: float = 0.9) -> list[Word]:
    return [
        Word(f" {word}", number * each_s, (number + 1) * each_s, probability)
        for number, word in enumerate(text.split())
    ]


def test_phrases_end_at_full_stops_pauses_and_after_half_a_minute() -> None:
    said = words("Dr. Brown is here. Who asked? Nobody")
    later = [Word(" late", 9.0, 9.5, 0.9)]
    endless = words("and " * 100)

    assert [phrases.joined(part) for part in phrases.parted([*said, *later])] == [
        "Dr. Brown is here.",
        "Who asked?",
        "Nobody",
        "late",
    ]
    assert [len(part) for part in phrases.parted(endless)] == [75, 25]


def test_confidence_is_that_of_the_words_together() -> None:
    assert phrases.confidence(words("a b c", probability=0.5)) == pytest.approx(0.5)
    assert phrases.confidence([]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("What's the weather like?", "what's the weather like"),
        ("Guten Morgen, Herr Müller-Lüdenscheidt!", "guten morgen herr müller lüdenscheidt"),
        ("It costs $5.20, or 1,000 yen.", "it costs $5.20 or 1,000 yen"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया"),
        ("...", ""),
    ],
)
def test_the_lexical_form_has_the_words_alone(text: str, said: str) -> None:
    assert forms.lexical(text) == said


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("None", "Oh shit, it is damn cold."),
        ("Removed", "Oh it is cold."),
        ("Masked", "Oh s***, it is d*** cold."),
        ("Tags", "Oh <profanity>shit</profanity>, it is <profanity>damn</profanity> cold."),
    ],
)
def test_coarse_words_are_treated_as_asked(mode: profanity.Filter, said: str) -> None:
    assert phrases.joined(profanity.filtered(words("Oh shit, it is damn cold."), "en", mode)) == said


@pytest.mark.parametrize(
    ("language", "text", "coarse"),
    [("de", "So eine Scheiße!", 1), ("fr", "Putain, quelle journée", 1), ("es", "¡Joder!", 1), ("it", "Che cazzo", 1),
     ("en", "The class assessed Scunthorpe", 0), ("ja", "shit", 0)],
)  # fmt: skip
def test_each_language_has_its_own_coarse_words(language: str, text: str, coarse: int) -> None:
    masked = profanity.filtered(words(text), language, "Masked", first=False)

    assert sum("*" in word.text for word in masked) == coarse


def test_circles_are_found_and_what_people_repeat_is_not() -> None:
    circle = [*["the", "sound", "of", "the"], *("sea and" * 1).split(), *["over", "and", "out"] * 30]

    assert doubts.goes_round(circle) == (9, 96)
    assert doubts.goes_round(["no", "no", "no", "he", "said"]) is None
    assert doubts.too_fast("over and out " * 30, 5.0)
    assert not doubts.too_fast("over and out " * 4, 5.0)
    assert not doubts.too_fast("a text of many different words, each of them said quickly " * 1, 1.0)


def test_words_for_silence_are_not_believed() -> None:
    assert doubts.nothing_said(0.9, -1.4)
    assert not doubts.nothing_said(0.9, -0.3)
    assert not doubts.nothing_said(0.1, -1.4)


def test_every_locale_has_a_language_and_leads_back() -> None:
    assert len(set(LOCALES)) == len(LOCALES) > 90
    assert all(language_of(locale) for locale in LOCALES)
    assert all(locale_for(language_of(locale) or "", [locale]) == locale for locale in LOCALES)
    assert language_of("") is None
