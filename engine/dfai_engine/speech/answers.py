"""What was heard, as fast transcription writes it: in two spellings, by version."""

from __future__ import annotations

import dataclasses
from typing import Any

from dfai_engine.speech import phrases, profanity
from dfai_engine.speech.definition import Definition
from dfai_engine.speech.hearing import Heard
from dfai_engine.speech.locales import locale_for
from dfai_engine.speech.phrases import Phrase
from dfai_engine.speech.words import Word

__all__ = ["fast", "shown"]


def fast(heard: Heard, asked: Definition, version: str) -> dict[str, Any]:
    """The body of a fast transcription.

    Source: TranscribeResult of 2024-05-15-preview; TranscriptionResult of 2025-10-15, whose names end in the unit.
    """
    unit = "" if version == "2024-05-15-preview" else "Milliseconds"
    kept = shown(heard, asked)
    channels = asked.channels or (None,)
    return {
        f"duration{unit}": _ms(heard.seconds),
        "combinedPhrases": [
            _with_channel({"text": " ".join(phrase.text for phrase in kept if phrase.channel == channel)}, channel)
            for channel in channels
        ],
        "phrases": [_phrase(phrase, asked, unit) for phrase in kept],
    }


def shown(heard: Heard, asked: Definition) -> list[Phrase]:
    """The phrases with their coarse words treated; one of which nothing is left is gone."""
    found = []
    for phrase in heard.phrases:
        if phrase.translated is not None:
            words = profanity.filtered(_loose(phrase.translated), phrase.language, asked.profanity)
            found.append(dataclasses.replace(phrase, translated=phrases.joined(words)))
        elif words := profanity.filtered(phrase.words, phrase.language, asked.profanity):
            found.append(dataclasses.replace(phrase, words=words))
    return [phrase for phrase in found if phrase.text]


def _loose(text: str) -> list[Word]:
    """The words of a text whose places in the sound nobody knows."""
    return [Word(f" {word}", 0.0, 0.0, 1.0) for word in text.split()]


def _phrase(phrase: Phrase, asked: Definition, unit: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        f"offset{unit}": _ms(phrase.start_s),
        f"duration{unit}": max(0, _ms(phrase.end_s) - _ms(phrase.start_s)),
        "text": phrase.text,
        "locale": locale_for(phrase.language, asked.locales),
        "confidence": round(phrase.confidence, 6),
    }
    if phrase.translated is None:
        said["words"] = [
            {
                "text": word.text.strip(),
                f"offset{unit}": _ms(word.start_s),
                f"duration{unit}": max(0, _ms(word.end_s) - _ms(word.start_s)),
            }
            for word in phrase.words
        ]
    return _with_channel(said, phrase.channel)


def _with_channel(said: dict[str, Any], channel: int | None) -> dict[str, Any]:
    return said if channel is None else {"channel": channel, **said}


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)
