"""Text to speech to text, with a few of the benchmark's sentences."""

from __future__ import annotations

import pytest

from benchmarks.quality_round_trip import said_and_heard, spoken, table
from benchmarks.spoken import word_errors
from dfai_engine import weights


def test_fifty_sentences_are_said_by_six_voices() -> None:
    every = spoken()

    assert every["text"].nunique() == 50
    assert every["language"].nunique() == 6
    assert len(every) == 60


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("L'arbre, c'est GRAND!", "l’arbre c'est grand", 0),
        ("Gate 4", "gate four", 0),
        ("one two three", "one three", 1),
        ("one two", "two one", 2),
        ("", "one", 1),
        ("one", "", 1),
    ],
)
def test_words_are_compared_without_case_punctuation_and_form_of_number(said: str, heard: str, wrong: int) -> None:
    assert word_errors(said, heard) == wrong


@pytest.mark.skipif(not weights.present("whisper-base"), reason="the models of speech are not on this disk")
def test_what_pico_says_whisper_understands() -> None:
    pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
    pytest.importorskip("py_nanotts", reason="the extra speech is not installed")
    few = spoken(1)
    heard = said_and_heard(few[few["language"].isin(["en-US", "es-ES"])])

    assert heard["audio_error"].isna().all()
    assert heard["wrong"].sum() <= 0.1 * heard["words"].sum()
    assert "en-US" in table(heard).markdown()
