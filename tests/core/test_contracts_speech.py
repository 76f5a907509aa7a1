"""What the client asks and reads of speech to text, held against the public contracts and the client of today."""

from __future__ import annotations

import email
import json
from typing import Any

import orjson
import pytest

import exchanges
from contracts import CONTRACTS, check, definition, example, load
from dfai_core.media import Content
from dfai_core.service import Ask, Body, Exchange, Failure
from dfai_core.services import services
from dfai_core.transports.base import Answer

SOUND = Content(b"RIFF....WAVE", b"digest", "audio/wav", 2.0)
BATCH = "speech-to-text-v3.2"
FAST = "speech-to-text-2024-05-15-preview"
SHORT = "speech-short-audio-v1"
URL = "https://contoso.com/sound.wav"

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def wired(verb: str, version: str, include: tuple[str, ...] = (), **chosen: Any) -> Exchange:
    service = services()[verb]
    checked = {name: service.option(name).check(name, value) for name, value in chosen.items()}
    return exchanges.wired(service, version, include, **checked)


def asked(exchange: Exchange, document: tuple[Any, ...], *answers: Any) -> Ask:
    found = _said(exchange, document, answers)
    assert isinstance(found, Ask)
    return found


def told(exchange: Exchange, document: tuple[Any, ...], *answers: Any) -> Any:
    found = _said(exchange, document, answers)
    assert not isinstance(found, Ask)
    return found[0]


def _said(exchange: Exchange, document: tuple[Any, ...], answers: tuple[Any, ...]) -> Any:
    assert exchange.steps is not None
    return exchange.steps([document], [Answer(200, {}, orjson.dumps(answer)) for answer in answers])


def form_of(ask: Ask) -> dict[str, tuple[str, bytes]]:
    """The parts of a form, as the standard library reads them: type and content by name."""
    assert isinstance(ask.body, Body)
    message = email.message_from_bytes(b"Content-Type: " + ask.body.type.encode() + b"\r\n\r\n" + ask.body.content)
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_content_type(),
            part.get_payload(decode=True),  # type: ignore[dict-item]
        )
        for part in message.get_payload()  # type: ignore[union-attr]
        if not isinstance(part, str)
    }


def test_a_fast_transcription_is_the_form_of_the_contract() -> None:
    ask = asked(wired("transcribe", "2024-05-15-preview", language="en-US", profanity="drop"), (SOUND, None))
    form = form_of(ask)

    assert ask.path == "/speechtotext/transcriptions:transcribe?api-version=2024-05-15-preview"
    assert form["audio"] == ("audio/wav", SOUND.data)
    assert form["definition"][0] == "application/json"
    asked_for = json.loads(form["definition"][1])
    assert asked_for == {"locales": ["en-US"], "profanityFilterMode": "Removed"}
    check(asked_for, f"{FAST}/speechtotext.json", "TranscribeDefinition")


def test_todays_client_would_ask_the_same() -> None:
    models = pytest.importorskip("azure.ai.transcription.models")
    exchange = wired("transcribe", "2025-10-15", language=["en", "de"], phrases=["Contoso"], fetch="service")
    ours = json.loads(form_of(asked(exchange, (URL, None)))["definition"][1])
    theirs = models.TranscriptionOptions(
        audio_url=URL,
        locales=["en-US", "de-DE"],
        profanity_filter_mode="Masked",
        phrase_list=models.PhraseListProperties(phrases=["Contoso"]),
    )
    translating = wired("translate_speech", "2025-10-15", to="ko")
    ours_translated = json.loads(form_of(asked(translating, (SOUND, None)))["definition"][1])
    mode = models.EnhancedModeProperties(task="translate", target_language="ko").as_dict()

    assert ours == theirs.as_dict()
    assert ours_translated == {"enhancedMode": mode}


def test_an_answer_of_fast_transcription_is_read_in_both_spellings() -> None:
    body = example(f"{FAST}/examples/transcribe_file.json")["responses"]["200"]["body"]
    check(body, f"{FAST}/speechtotext.json", "TranscribeResult")

    def renamed(held: Any) -> Any:
        if isinstance(held, list):
            return [renamed(one) for one in held]
        if not isinstance(held, dict):
            return held
        names = {"offset": "offsetMilliseconds", "duration": "durationMilliseconds"}
        return {names.get(name, name): renamed(value) for name, value in held.items()}

    for version, answer in (("2024-05-15-preview", body), ("2025-10-15", renamed(body))):
        exchange = wired("transcribe", version, ("words", "segments"))
        text, language, confidence, duration_s, words, segments = told(exchange, (SOUND, None), answer)

        assert (text, language, duration_s) == ("Weather", "en-US", 2.0)
        assert confidence == pytest.approx(0.7881154)
        assert words == [{"text": "Weather", "start_s": 0.04, "duration_s": 0.24, "confidence": None}]
        assert segments[0]["start_s"] == 0.04


@pytest.mark.parametrize("name", ["simple", "detailed"])
def test_short_audio_is_asked_and_read_as_documented(name: str) -> None:
    sample, contract = load(f"{SHORT}/examples/{name}.json"), load(f"{SHORT}/contract.json")["operations"][0]
    exchange = wired("transcribe", "v1", ("nbest",), language="en-US")
    ask = asked(exchange, (SOUND, None))
    text, _, confidence, duration_s, nbest = told(exchange, (SOUND, None), sample["response"]["body"])

    path, _, query = ask.path.partition("?")
    parameters = dict(part.split("=") for part in query.split("&"))
    assert path == contract["path"]
    assert parameters.keys() <= contract["query"].keys()
    assert parameters["format"] in contract["query"]["format"]["values"]
    assert parameters["profanity"] in contract["query"]["profanity"]["values"]
    assert isinstance(ask.body, Body)
    assert ask.body.type in contract["headers"]["Content-Type"]
    assert ask.headers["Accept"] == contract["headers"]["Accept"]
    assert duration_s == 2.0
    if name == "simple":
        assert (text, confidence, nbest) == ("Remind me to buy 5 pencils.", None, [])
    else:
        assert (text, len(nbest)) == ("What's the weather like?", 2)
        assert confidence == pytest.approx(0.9052885)


@pytest.mark.parametrize("status", ["NoMatch", "InitialSilenceTimeout", "BabbleTimeout"])
def test_what_is_not_understood_is_nothing(status: str) -> None:
    contract = load(f"{SHORT}/contract.json")["operations"][0]
    found = told(wired("transcribe", "v1", language="en"), (SOUND, None), {"RecognitionStatus": status})

    assert status in contract["response"]["RecognitionStatus"]
    assert isinstance(found, Failure)
    assert found.code == "nothing_found"


def test_a_failure_that_is_answered_with_200_is_none_of_the_rows() -> None:
    exchange = wired("transcribe", "v1", language="en")

    with pytest.raises(ValueError, match="Error"):
        told(exchange, (SOUND, None), {"RecognitionStatus": "Error"})


# Source: "Speech to text REST API for short audio", the documented response with pronunciation assessment, abridged.
ASSESSED = {
    "RecognitionStatus": "Success",
    "Offset": 700_000,
    "Duration": 8_400_000,
    "DisplayText": "Good morning.",
    "SNR": 38.76819,
    "NBest": [
        {
            "Confidence": 0.98503506,
            "Display": "Good morning.",
            "AccuracyScore": 100.0,
            "FluencyScore": 100.0,
            "ProsodyScore": 87.8,
            "CompletenessScore": 100.0,
            "PronScore": 95.1,
            "Words": [
                {"Word": "good", "Offset": 700_000, "Duration": 2_600_000, "AccuracyScore": 100.0, "ErrorType": "None"},
                {"Word": "morning", "ErrorType": "Omission"},
            ],
        }
    ],
}


def test_pronunciation_is_asked_and_read_as_documented() -> None:
    import base64

    contract = load(f"{SHORT}/contract.json")["operations"][0]["pronunciation_assessment"]
    exchange = wired("assess_pronunciation", "v1", ("words",), reference="Good morning.")
    ask = asked(exchange, (SOUND, None))
    parameters = json.loads(base64.b64decode(ask.headers["Pronunciation-Assessment"]))
    *scores, words = told(exchange, (SOUND, None), ASSESSED)

    assert parameters.keys() <= contract.keys()
    assert parameters["ReferenceText"] == "Good morning."
    assert parameters["EnableProsodyAssessment"] == "True"
    assert ask.host == "stt"
    assert scores == [95.1, 100.0, 100.0, 100.0, 87.8]
    assert words[0] == {"text": "good", "start_s": 0.07, "duration_s": 0.26, "accuracy": 100.0, "error": None}
    assert words[1] == {"text": "morning", "start_s": None, "duration_s": None, "accuracy": None, "error": "omission"}


# Source: "Get batch transcription results", the documented result file, abridged.
RESULT = {
    "source": "...",
    "timestamp": "2025-05-24T13:37:05Z",
    "durationInTicks": 25_800_000,
    "duration": "PT2.58S",
    "combinedRecognizedPhrases": [{"channel": 0, "lexical": "hello world", "display": "Hello world."}],
    "recognizedPhrases": [
        {
            "recognitionStatus": "Success",
            "channel": 0,
            "offsetInTicks": 7_600_000.0,
            "durationInTicks": 13_200_000.0,
            "nBest": [
                {
                    "confidence": 0.5643338,
                    "display": "Hello world.",
                    "displayWords": [
                        {"displayText": "Hello", "offsetInTicks": 7_600_000.0, "durationInTicks": 7_600_000.0},
                        {"displayText": "world.", "offsetInTicks": 15_200_000.0, "durationInTicks": 5_600_000.0},
                    ],
                },
                {"confidence": 0.1769063, "display": "helloworld"},
            ],
        }
    ],
}


def test_a_batch_transcription_goes_through_the_operations_of_the_contract() -> None:
    contract = load(f"{BATCH}/speechtotext.json")
    exchange = wired("transcribe", "v3.2", ("words", "nbest"), language=["en", "de"], fetch="service")
    created = example(f"{BATCH}/examples/create_uri_transcription.json")["responses"]["201"]["body"]
    files = example(f"{BATCH}/examples/get_transcription_files.json")["responses"]["200"]["body"]
    ended = example(f"{BATCH}/examples/get_transcription.json")["responses"]["200"]["body"]
    create = asked(exchange, (URL, None))
    listing = asked(exchange, (None, None), ended)
    reading = asked(exchange, (None, None), ended, files)
    deleting = asked(exchange, (None, None), ended, files, RESULT)
    values = told(exchange, (None, None), ended, files, RESULT, {})

    assert isinstance(create.body, Body)
    prefix = contract["x-ms-parameterized-host"]["hostTemplate"].removeprefix("{endpoint}")
    assert create.path == f"{prefix}/transcriptions"
    assert "post" in contract["paths"]["/transcriptions"]
    wanted = json.loads(create.body.content)
    assert wanted.keys() <= definition(f"{BATCH}/speechtotext.json", "Transcription")["properties"].keys()
    properties = definition(f"{BATCH}/speechtotext.json", "TranscriptionProperties")["properties"]
    assert wanted["properties"].keys() <= properties.keys()
    assert exchange.begun is not None
    assert exchange.begun(Answer(201, {}, orjson.dumps(created))) == created["self"]
    assert (listing.method, listing.url) == ("GET", ended["links"]["files"])
    assert reading.url == files["values"][-1]["links"]["contentUrl"]
    assert (deleting.method, deleting.url, deleting.optional) == ("DELETE", ended["self"], True)
    assert exchange.cancel is not None
    assert exchange.cancel(ended["self"]) == ("DELETE", ended["self"])
    text, language, confidence, duration_s, words, nbest = values
    assert (text, language, duration_s) == ("Hello world.", "en-US", 2.58)
    assert confidence == pytest.approx(0.5643338)
    assert words[1] == {"text": "world.", "start_s": 1.52, "duration_s": 0.56, "confidence": None}
    assert [one["text"] for one in nbest] == ["Hello world.", "helloworld"]


@pytest.mark.parametrize("status", ["NotStarted", "Running", "Succeeded", "Failed"])
def test_each_state_of_the_contract_is_understood(status: str) -> None:
    exchange = wired("transcribe", "v3.2", language="en", fetch="service")
    states = definition(f"{BATCH}/speechtotext.json", "Status")["enum"]
    assert exchange.progress is not None
    progress = exchange.progress(Answer(200, {}, orjson.dumps({"status": status})))

    assert status in states
    assert progress.state == ("running" if status in ("NotStarted", "Running") else "done")
