"""How well the engine hears: words, languages, translation; and nothing where nothing is said."""

from __future__ import annotations

import numpy as np

from benchmarks.spoken import word_errors
from dfai_engine.speech import hearing, whisper
from dfai_engine.speech.hearing import Wanted
from dfai_engine.speech.samples import Sound
from dfai_engine.speech.words import Word
from engine.speech.hearing import CLIPS, RATE_HZ, needs_model, samples
from sounds import hum

pytestmark = needs_model


def sound(*parts: np.ndarray) -> Sound:
    return Sound(np.concatenate(parts).astype(np.int16)[None, :])


def test_at_most_one_word_in_twenty_is_wrong_and_the_language_is_found() -> None:
    heard = {name: hearing.heard(sound(samples(name)), Wanted()) for name in CLIPS}
    wrong = sum(word_errors(CLIPS[name], found.text()) for name, found in heard.items())

    assert wrong <= sum(len(text.split()) for text in CLIPS.values()) / 20
    assert {phrase.language for phrase in heard["synthetic_de"].phrases} == {"de"}
    assert {phrase.language for name in CLIPS if name != "synthetic_de" for phrase in heard[name].phrases} == {"en"}


def test_a_long_sound_is_cut_heard_and_put_together_with_its_times() -> None:
    pause = np.zeros(RATE_HZ * 2, np.int16)
    one, other = samples("speaker_a_2"), samples("synthetic_de")
    parts = [pause * 2, one, pause, other, pause, one, pause, one, pause, one, pause, one, pause, one]
    heard = hearing.heard(sound(*parts), Wanted(("de", "en")))
    words = [word for phrase in heard.phrases for word in phrase.words]
    first = heard.phrases[0]

    assert heard.seconds > 30
    assert heard.text().count("amiable") == 6
    assert "Guten Morgen" in heard.text()
    assert 1.7 < first.start_s < 2.6
    assert first.end_s < 2 + len(one) / RATE_HZ + 0.5
    assert all(word.start_s <= word.end_s <= heard.seconds for word in words)
    assert [word.start_s for word in words] == sorted(word.start_s for word in words)
    assert all(0 < word.probability <= 1 for word in words)
    assert all(0.3 < phrase.confidence <= 1 for phrase in heard.phrases)


def test_german_becomes_english() -> None:
    found = hearing.heard(sound(samples("synthetic_de")), Wanted(task="translate")).text().lower()

    assert all(word in found for word in ("good morning", "weather", "today", "park"))


def test_nothing_is_heard_in_silence_noise_and_tones() -> None:
    draw = np.random.default_rng(7)
    for quiet in (
        np.zeros(RATE_HZ * 8),
        draw.normal(0, 2_000, RATE_HZ * 8),
        hum(8.0) * 20_000,
        np.cumsum(draw.normal(0, 60, RATE_HZ * 8)),
        np.zeros(0),
    ):
        heard = hearing.heard(sound(np.clip(quiet, -32_768, 32_767)), Wanted())

        assert heard.phrases == ()
        assert heard.speech_s == 0


def test_the_model_says_nothing_of_noise_even_where_speech_is_suspected() -> None:
    noise = np.random.default_rng(3).normal(0, 1_500, RATE_HZ * 6).astype(np.int16)
    (said,) = whisper.model().hear([whisper.Piece(noise, ("en",))])

    assert len(said.words) <= 3


def test_phrases_that_are_given_are_heard() -> None:
    cards = sound(samples("speaker_b_2"))
    plain = hearing.heard(cards, Wanted(("en",))).text().lower()
    hinted = hearing.heard(cards, Wanted(("en",), hints="spades, clubs, hearts.")).text().lower()

    assert "clubs" not in plain
    assert "clubs" in hinted


def test_pieces_of_several_kinds_are_heard_in_one_batch() -> None:
    german, english = samples("synthetic_de"), samples("speaker_a_1")
    pieces = [
        whisper.Piece(german),
        whisper.Piece(english, ("en", "fr")),
        whisper.Piece(np.zeros(RATE_HZ, np.int16), ("en",)),
        whisper.Piece(german, ("de",), "translate"),
    ]
    first, second, silence, translated = whisper.model().hear(pieces)

    assert word_errors(CLIPS["synthetic_de"], first.text) <= 1
    assert word_errors(CLIPS["speaker_a_1"], second.text) <= 1
    assert first.language == "de"
    assert first.language_probability > 0.9
    assert silence.text == ""
    assert "weather" in translated.text


def test_words_that_nobody_could_say_in_the_time_lose_their_circles() -> None:
    said = [Word(f" {text}", 0.0, 1.0, 0.5) for text in ["It", "goes", *["on", "and"] * 40]]

    assert "".join(word.text for word in whisper._without_rounds(said, 3.0)).split() == ["It", "goes", "on", "and"]
    assert len(whisper._without_rounds(said, 60.0)) == len(said)
