"""Fast transcription, in each of its versions, and what its definition may say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.spoken import word_errors
from contracts import check
from dfai_engine import weights
from dfai_engine.app import App, create_app
from dfai_engine.failures import ServiceFailure
from dfai_engine.speech import answers, definition, translating
from dfai_engine.speech.hearing import Heard
from dfai_engine.speech.limits import Accepted, Limits
from dfai_engine.speech.phrases import Phrase
from dfai_engine.speech.wire import Desk
from dfai_engine.speech.words import Word
from dfai_engine.threads import Threads
from engine.speech.hearing import CLIPS, FAST, clip, fast, needs_model, samples
from engine.wire import ask
from sounds import wav

PREVIEW = "speech-to-text-2024-05-15-preview/speechtotext.json"


def said(language: str, text: str, *, channel: int | None = None, start_s: float = 0.0) -> Phrase:
    words = [Word(f" {word}", start_s + n * 0.5, start_s + n * 0.5 + 0.4, 0.9) for n, word in enumerate(text.split())]
    return Phrase(tuple(words), language, channel=channel)


@needs_model
def test_the_preview_answers_as_its_contract_says(app: App) -> None:
    answer = fast(app, clip("speaker_a_3"), '{"locales": ["en-US"]}', "2024-05-15-preview")

    assert answer.status_code == 200
    check(answer.json(), PREVIEW, "TranscribeResult")
    assert word_errors(CLIPS["speaker_a_3"], answer.json()["combinedPhrases"][0]["text"]) == 0


@needs_model
def test_channels_are_heard_apart_each_in_its_language(app: App) -> None:
    one, other = (samples(name) / 32_768 for name in ("speaker_a_3", "synthetic_de"))
    both = np.zeros((max(len(one), len(other)), 2))
    both[: len(one), 0], both[: len(other), 1] = one, other
    answer = fast(app, wav(both), '{"channels": [0, 1], "locales": ["en-GB", "de-DE"]}', "2024-11-15").json()
    texts = {part["channel"]: part["text"] for part in answer["combinedPhrases"]}

    assert word_errors(CLIPS["speaker_a_3"], texts[0]) == 0
    assert word_errors(CLIPS["synthetic_de"], texts[1]) == 0
    assert {(phrase["channel"], phrase["locale"]) for phrase in answer["phrases"]} == {(0, "en-GB"), (1, "de-DE")}
    assert answer["durationMilliseconds"] == round(len(both) / 16)
    assert all(phrase["words"][0]["offsetMilliseconds"] == phrase["offsetMilliseconds"] for phrase in answer["phrases"])


def test_an_answer_is_spelt_by_its_version_and_filtered() -> None:
    heard = Heard((said("en", "Oh shit."), said("en", "Shit", start_s=3.0)), 5.0, 2.0, 0.5)
    asked = definition.read(b'{"profanityFilterMode": "removed", "locales": ["en-IE"]}', "2024-11-15")
    newer, older = (answers.fast(heard, asked, version) for version in ("2025-10-15", "2024-05-15-preview"))

    assert newer["combinedPhrases"] == [{"text": "Oh"}]
    assert newer["phrases"] == [
        {
            "offsetMilliseconds": 0,
            "durationMilliseconds": 400,
            "text": "Oh",
            "locale": "en-IE",
            "confidence": 0.9,
            "words": [{"text": "Oh", "offsetMilliseconds": 0, "durationMilliseconds": 400}],
        }
    ]
    assert older["duration"] == newer["durationMilliseconds"] == 5_000
    assert older["phrases"][0]["words"] == [{"text": "Oh", "offset": 0, "duration": 400}]


@pytest.mark.parametrize(
    ("version", "body", "message"),
    [
        ("2025-10-15", "no", "not valid JSON"),
        ("2025-10-15", "[]", "must be a JSON object"),
        ("2025-10-15", '{"language": "en"}', "has no language; it has locales"),
        ("2024-11-15", '{"enhancedMode": {}}', "has no enhancedMode"),
        ("2024-05-15-preview", "{}", "Exactly one locale"),
        ("2025-10-15", '{"locales": "en-US"}', "list of strings"),
        ("2025-10-15", '{"locales": ["xx-YY"]}', "'xx-YY' is not supported"),
        ("2025-10-15", '{"models": {"en-US": "https://x/models/1"}}', "Custom models"),
        ("2025-10-15", '{"diarization": {"maxSpeakers": 3}}', "Speakers are not told apart"),
        ("2025-10-15", '{"channels": [0, 1, 2]}', "at most 2 numbers"),
        ("2025-10-15", '{"channels": [true]}', "at most 2 numbers"),
        ("2025-10-15", '{"profanityFilterMode": "Loud"}', "None, Removed, Tags, Masked"),
        ("2025-10-15", '{"phraseList": {"phrases": [1]}}', "list of strings"),
        ("2025-10-15", '{"phraseList": {"phrases": ["a"], "biasingWeight": 9}}', "from 0 to 2"),
        ("2025-10-15", '{"enhancedMode": {"task": "sing"}}', "transcribe or translate"),
        ("2025-10-15", '{"enhancedMode": {"task": "translate"}}', "needs a targetLanguage"),
        ("2025-10-15", '{"enhancedMode": {"task": "translate", "targetLanguage": "tlh"}}', "'tlh' is not known"),
        ("2025-10-15", '{"audioUrl": 3}', "must be a URL"),
    ],
)
def test_a_definition_that_is_wrong_says_what_is(version: str, body: str, message: str) -> None:
    with pytest.raises(ServiceFailure, match=message):
        definition.read(body.encode(), version)


def test_a_definition_is_read_whole() -> None:
    body = {
        "locales": ["en-GB", "de-DE", "en-US"],
        "profanityFilterMode": "tags",
        "channels": [1],
        "diarization": {"enabled": False, "maxSpeakers": 2},
        "phraseList": {"phrases": ["Contoso", "Rehaan"]},
        "enhancedMode": {"task": "translate", "targetLanguage": "en-US", "prompt": ["A talk on tea."]},
        "audioUrl": "https://contoso.example/a.wav",
    }
    read = definition.read(json.dumps(body).encode(), "2025-10-15")

    assert read == definition.Definition(
        locales=("en-GB", "de-DE", "en-US"),
        languages=("en", "de"),
        profanity="Tags",
        channels=(1,),
        hints="A talk on tea. Contoso, Rehaan.",
        audio_url="https://contoso.example/a.wav",
        target="en",
    )


@pytest.mark.parametrize(
    ("body", "text", "code"),
    [
        (None, "{}", "EmptyAudioFile"),
        (b"no sound", "{}", "InvalidAudio"),
        (None, '{"audioUrl": "http://127.0.0.1:9/a.wav"}', "InvalidRecordingsUri"),
        (None, '{"audioUrl": "gopher://x"}', "InvalidRecordingsUri"),
        (wav(np.zeros(16_000)), '{"channels": [1]}', "InvalidChannels"),
    ],
)
def test_a_form_without_a_sound_is_refused_in_the_contracts_form(
    app: App, body: bytes | None, text: str, code: str
) -> None:
    answer = fast(app, body, text)

    assert answer.status_code == 400
    check(answer.json(), PREVIEW, "Error")
    assert answer.json()["innerError"]["code"] == code
    assert answer.headers["x-ms-error-code"] == answer.json()["code"]


def test_other_bodies_and_versions_are_refused(app: App) -> None:
    url = f"{FAST}?api-version=2025-10-15"
    plain = ask(app, "POST", url, content=b"RIFF", headers={"Content-Type": "audio/wav"})
    torn = ask(app, "POST", url, content=b"--x\r\nbad", headers={"Content-Type": "multipart/form-data; boundary=x"})
    alone = ask(app, "POST", url, files={"audio": ("a.wav", b"RIFF", "audio/wav")})
    older = ask(app, "POST", f"{FAST}?api-version=2020-01-01", content=b"")

    assert [answer.status_code for answer in (plain, torn, alone, older)] == [415, 400, 400, 400]
    assert "no part named definition" in alone.json()["message"]
    assert "2025-10-15" in older.json()["message"]


def test_without_its_weights_the_answer_says_how_to_get_them(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))
    monkeypatch.setattr("dfai_engine.speech.whisper._LOADED", [])
    app = create_app(workers=1)
    answer = fast(app, clip("speaker_a_1"))
    app.close()

    assert not weights.present("whisper-base")
    assert answer.status_code == 400
    assert answer.json()["innerError"]["code"] == "FeatureNotAvailable"
    assert "dfai models pull speech" in answer.json()["message"]


# ---- translation ----------------------------------------------------------------------------------------------------


@pytest.fixture
def apertium(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that knows two pairs of languages, and shouts."""
    program = tmp_path / "apertium"
    program.write_text('#!/bin/sh\nif [ "$1" = "-l" ]; then echo eng-spa; echo fr-es; else tr a-z A-Z; fi\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def test_into_english_everything_is_translated_as_it_is_heard() -> None:
    heard = Heard((said("de", "good morning"),), 2.0, 1.0, 0.5)

    assert translating.through_english("en", ())
    assert translating.translated(heard, "en", english=True).phrases[0].language == "en"


def test_without_apertium_other_languages_are_refused(monkeypatch: pytest.MonkeyPatch, app: App) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    wanted = '{"enhancedMode": {"task": "translate", "targetLanguage": "fr"}}'
    answer = fast(app, clip("speaker_a_1"), wanted)

    assert answer.status_code == 400
    assert "Azure AI Speech resource" in answer.json()["message"]


@pytest.mark.usefixtures("apertium")
def test_apertium_translates_directly_or_from_the_english_that_was_heard() -> None:
    heard = Heard((said("fr", "bonjour tous"), said("es", "hola", start_s=3.0)), 5.0, 2.0, 0.5)
    direct = translating.translated(heard, "es", english=False)
    asked = definition.read(b"{}", "2025-10-15")

    assert not translating.through_english("es", ("fr", "es"))
    assert translating.through_english("es", ("fr", "de"))
    assert translating.through_english("es", ())
    assert [phrase.text for phrase in direct.phrases] == ["BONJOUR TOUS", "hola"]
    assert {phrase.language for phrase in direct.phrases} == {"es"}
    assert "words" not in answers.fast(direct, asked, "2025-10-15")["phrases"][0]
    with pytest.raises(ServiceFailure, match="does not translate de or en into 'it'"):
        translating.through_english("it", ("de",))


def test_more_than_the_desk_holds_is_asked_to_wait() -> None:
    desk = Desk(Threads(1), Limits(Accepted(10, 1), Accepted(10, 1), Accepted(10, 1), 1, held_bytes=15))
    with desk.holding(10), pytest.raises(ServiceFailure, match="Send fewer at a time") as caught, desk.holding(10):
        pass

    assert caught.value.status == 429
    with desk.holding(40):  # one alone is never too much
        pass
    with desk.holding(10):
        pass
