"""The REST API for short audio, as its documentation has it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from benchmarks.spoken import word_errors
from contracts import example
from dfai_engine.app import App
from dfai_engine.speech.hearing import Heard
from dfai_engine.speech.phrases import Phrase
from dfai_engine.speech.short_routes import status_of
from dfai_engine.speech.words import Word
from engine.speech.hearing import CLIPS, RATE_HZ, SHORT, clip, needs_model, short
from engine.wire import ask
from sounds import encoded, wav

DOCUMENTED = "speech-short-audio-v1/examples"


def shape(value: Any) -> Any:
    """The names and types of an answer."""
    if isinstance(value, dict):
        return {name: shape(held) for name, held in value.items()}
    return [shape(value[0])] if isinstance(value, list) else type(value).__name__


@needs_model
@pytest.mark.parametrize("form", ["simple", "detailed"])
def test_an_answer_has_the_documented_shape(app: App, form: str) -> None:
    answer = short(app, clip("speaker_a_1"), f"language=en-GB&format={form}")
    said = answer.json()
    text = said["DisplayText"] if form == "simple" else said["NBest"][0]["Display"]

    assert answer.status_code == 200
    assert shape(said) == shape(example(f"{DOCUMENTED}/{form}.json")["response"]["body"])
    assert word_errors(CLIPS["speaker_a_1"], text) == 0
    assert 0 < int(said["Duration"]) <= 29_900_000
    if form == "detailed":
        assert said["NBest"][0]["Lexical"] == CLIPS["speaker_a_1"]
    assert answer.headers["x-ms-model-version"].endswith("whisper-base")


@needs_model
def test_opus_behind_the_containers_prefix_is_heard(app: App) -> None:
    voice = np.frombuffer(clip("speaker_a_2")[44:], "<i2") / 32_768
    opus = encoded(np.repeat(voice, 3), "ogg")
    answer = ask(app, "POST", f"/stt{SHORT}?language=en-US", content=opus, headers={"Content-Type": "audio/ogg"})

    assert word_errors(CLIPS["speaker_a_2"], answer.json()["DisplayText"]) == 0


def test_silence_and_noise_have_their_own_status(app: App) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, RATE_HZ * 3)

    assert short(app, wav(np.zeros(RATE_HZ * 3))).json() == {
        "RecognitionStatus": "InitialSilenceTimeout",
        "Offset": "30000000",
        "Duration": "0",
    }
    assert short(app, wav(np.clip(noise, -1, 1))).json()["RecognitionStatus"] == "BabbleTimeout"


def test_speech_without_words_matches_nothing() -> None:
    words = (Phrase((Word(" Yes", 0, 1, 0.9),), "en"),)

    assert status_of(Heard((), 2.0, 1.0, 0.5)) == "NoMatch"
    assert status_of(Heard(words, 2.0, 1.0, 0.5)) == "Success"


@pytest.mark.parametrize(
    ("query", "body", "said"),
    [
        ("", b"RIFF", "language is missing"),
        ("language=tlh-AQ", b"RIFF", "'tlh-AQ' is not supported"),
        ("language=en-US&format=xml", b"RIFF", "simple, detailed"),
        ("language=en-US&profanity=loud", b"RIFF", "masked, removed, raw"),
        ("language=en-US&cid=7", b"RIFF", "Custom models"),
        ("language=en-US", b"", "audio is empty"),
        ("language=en-US", b"not a sound", "no format"),
        ("language=en-US", wav(np.zeros(RATE_HZ * 62)), "longer than 60 seconds"),
        ("language=en-US", wav(np.zeros(RATE_HZ))[:20_000], "ends early"),
    ],
)
def test_what_cannot_be_heard_is_a_sentence(app: App, query: str, body: bytes, said: str) -> None:
    answer = short(app, body, query)

    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_pronunciation_is_honestly_refused(app: App) -> None:
    wanted = base64.b64encode(b'{"ReferenceText":"Good morning."}').decode()
    answer = short(app, clip("speaker_a_1"), **{"Pronunciation-Assessment": wanted})
    garbled = short(app, clip("speaker_a_1"), **{"Pronunciation-Assessment": "{}"})

    assert answer.status_code == garbled.status_code == 400
    assert "Azure AI Speech resource" in answer.json()["error"]["message"]
    assert "Base64" in garbled.json()["error"]["message"]
