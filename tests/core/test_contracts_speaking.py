"""What the client asks and reads of speech, held against the documented exchanges."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import numpy as np
import orjson
import pytest

from contracts import CONTRACTS, check, example, load
from dfai_core.errors import ConfigError
from dfai_core.media.wav import wav_of
from dfai_core.service import Ask, Body, Exchange, Failure, Part, TooLarge
from dfai_core.services import services
from dfai_core.services.speech.batch_synthesis import sound_in
from dfai_core.services.speech.default_voices import AZURE, LOCAL, default_voice, locale_of
from dfai_core.services.speech.sound_names import NAMES, WORDS, sound_named
from dfai_core.targets.azure import azure
from dfai_core.transports.base import Answer
from exchanges import wired

CONTRACT = "text-to-speech-v1/contract.json"
SPEECH = services()["synthesize_speech"]
SSML = "{http://www.w3.org/2001/10/synthesis}"

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def asked(exchange: Exchange, *document: Any) -> Ask:
    assert exchange.steps is not None
    said = exchange.steps([document], ())
    assert isinstance(said, Ask)
    return said


def refused(exchange: Exchange, *document: Any) -> Failure:
    assert exchange.steps is not None
    (failure,) = exchange.steps([document], ())
    assert isinstance(failure, Failure)
    return failure


def written(exchange: Exchange, *document: Any) -> ET.Element:
    body = asked(exchange, *document).body
    assert isinstance(body, Body)
    return ET.fromstring(body.content)


def test_the_request_is_the_documented_one() -> None:
    documented = load("text-to-speech-v1/examples/synthesize.json")["request"]
    exchange = wired(SPEECH, format="riff-24khz-16bit-mono-pcm", voice="en-US-ChristopherNeural")
    speak = written(exchange, "I'm excited to try text to speech!")

    ask = asked(exchange, "Hi")

    assert isinstance(ask.body, Body)
    headers = {**exchange.headers, **ask.headers, "Content-Type": ask.body.type}
    url = azure("westus", key="0" * 32).url(replace(SPEECH, host=ask.host)) + ask.path
    assert (ask.method, url) == (documented["method"], documented["url"])
    assert headers.keys() == documented["headers"].keys() - {"Authorization"}
    for name in ("X-Microsoft-OutputFormat", "Content-Type"):
        assert headers[name] == documented["headers"][name]
    assert speak.tag == f"{SSML}speak"
    assert speak.attrib == {"version": "1.0", "{http://www.w3.org/XML/1998/namespace}lang": "en-US"}
    (voice,) = speak
    assert (voice.tag, voice.attrib) == (f"{SSML}voice", {"name": "en-US-ChristopherNeural"})
    assert voice.text == "I'm excited to try text to speech!"


def test_every_format_that_can_be_asked_for_is_documented() -> None:
    operation = load(CONTRACT)["operations"][1]
    documented = {*operation["output_formats_streaming"], *operation["output_formats_nonstreaming"]}
    words = {name for rates in WORDS.values() for name in rates.values()}

    assert documented <= set(NAMES)
    assert set(NAMES) - documented == {"riff-16khz-16bit-mono-pcm"}
    assert words <= documented
    assert sound_named("wav", None, "azure").rate_hz == 24_000
    assert sound_named("wav", None, "local").rate_hz == 16_000


@pytest.mark.parametrize(
    ("form", "rate_hz", "said"),
    [("flac", None, "choose 'wav'"), ("mp3", 8_000, "16000, 24000, 48000"), ("amr-wb-16000hz", 8_000, "another rate")],
)
def test_a_format_that_there_is_not_says_which_there_are(form: str, rate_hz: int | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        sound_named(form, rate_hz, "azure")


def test_text_is_text_whatever_it_holds() -> None:
    text = 'a < b && "c" </voice> \x00\x0b\ufffe\ud800 é 😀'
    (voice,) = written(wired(SPEECH), text)

    assert voice.text == 'a < b && "c" </voice>  é 😀'


def test_options_come_from_the_call_or_from_each_row() -> None:
    exchange = wired(SPEECH, varying=("style", "language"), rate=1.25, pitch="-2st", voice=None)
    (voice,) = written(exchange, "Hi", "cheerful", "fr")
    (styled,) = voice
    (prosody,) = styled

    assert voice.attrib["name"] == "fr-FR-DeniseNeural"
    assert styled.attrib == {"style": "cheerful"}
    assert prosody.attrib == {"rate": "+25%", "pitch": "-2st"}
    assert prosody.text == "Hi"
    assert "no voice is known here" in refused(exchange, "Hi", None, "tlh").message
    with pytest.raises(ConfigError, match="no voice is known here"):
        wired(SPEECH, language="tlh")


def test_default_voices_are_of_their_locales_and_of_their_target() -> None:
    assert all(voice.startswith(f"{locale}-") for locale, voice in {**AZURE, **LOCAL}.items())
    assert (locale_of("en"), locale_of("pt"), locale_of("zh"), locale_of("fr_ca")) == (
        *("en-US", "pt-BR", "zh-CN", "fr-CA"),
    )
    assert default_voice("de-DE", "local") == "de-DE-Pico"
    assert default_voice("ja-JP", "local") == default_voice("ja-JP", "container") == "ja-JP-NanamiNeural"


@pytest.mark.parametrize(
    ("markup", "code", "said"),
    [
        ("<speak><voice name='x'>a</speak>", "refused", "mismatched tag at line 1 column 27"),
        ("one\ntwo <b", "refused", "at line 2 column"),
        ("<!DOCTYPE speak><speak/>", "refused", "document type"),
        ("<p>" + "x" * 70_000 + "</p>", "too_large", "65,536 at most"),
        ('<?xml version="1.0"?><voice/>', "refused", "'voice' as its root"),
    ],
)
def test_markup_is_looked_at_before_it_is_sent(markup: str, code: str, said: str) -> None:
    failure = refused(wired(SPEECH, markup="ssml"), markup)

    assert failure.code == code
    assert said in failure.message


def test_a_whole_document_goes_as_it_is_and_a_fragment_is_wrapped() -> None:
    whole = "<!-- ours --><speak version='1.0' xml:lang='en-US'><voice name='en-US-GuyNeural'>Hi</voice></speak>"
    exchange = wired(SPEECH, markup="ssml", voice="en-US-JennyNeural")
    (voice,) = written(exchange, 'Wait <break time="1s"/> now <mstts:express-as style="sad">oh</mstts:express-as>')

    assert asked(exchange, whole).body == Body(whole.encode(), "application/ssml+xml")
    assert voice.attrib == {"name": "en-US-JennyNeural"}
    assert [child.tag.rpartition("}")[2] for child in voice] == ["break", "express-as"]
    assert exchange.whole


def read(exchange: Exchange, body: bytes, kind: str = "audio/mpeg") -> Any:
    assert exchange.steps is not None
    (found,) = exchange.steps([("Hi",)], [Answer(200, {"Content-Type": kind}, body)])
    return found


def test_samples_become_a_file_whose_header_is_right() -> None:
    exchange = wired(SPEECH, rate_hz=16_000)
    parts = [
        Part(0, "a. ", read(exchange, b"\1\0" * 16_000)),
        Part(3, " ", None),
        Part(4, "b.", read(exchange, b"\2\0" * 8_000)),
    ]
    assert exchange.finish is not None
    data, seconds = exchange.finish(exchange.merge(parts))

    assert asked(exchange, "Hi").headers["X-Microsoft-OutputFormat"] == "raw-16khz-16bit-mono-pcm"
    assert seconds == 1.5
    assert (data[:4], int.from_bytes(data[40:44], "little"), len(data)) == (b"RIFF", 48_000, 48_044)


def test_an_answer_that_is_no_sound_is_none() -> None:
    for exchange in (wired(SPEECH), wired(SPEECH, format="mp3"), wired(SPEECH, format="ogg")):
        with pytest.raises(ValueError, match="no sound"):
            read(exchange, b"<html>", "text/html; charset=utf-8")
        assert read(exchange, b"").code == "nothing_found"
    with pytest.raises(ValueError, match="MP3"):
        read(wired(SPEECH, format="mp3"), b"<html>")
    with pytest.raises(ValueError, match="within a sample"):
        read(wired(SPEECH), b"\0\0\0")
    with pytest.raises(ValueError, match="bare samples were asked for"):
        read(wired(SPEECH), wav_of(np.zeros(800, np.int16), 8_000))
    assert read(wired(SPEECH, format="webm-24khz-16bit-mono-opus"), b"\x1aE\xdf\xa3") == (b"\x1aE\xdf\xa3", None)


def test_speech_that_the_service_cut_is_an_error_and_not_half_an_answer() -> None:
    failure = read(wired(SPEECH, rate_hz=16_000), bytes(600 * 32_000))

    assert failure.code == "too_large"
    assert "ten minutes" in failure.message


def test_a_text_of_days_is_refused_before_its_first_part_is_asked_for() -> None:
    check_row = wired(SPEECH).check
    assert check_row is not None
    check_row(("x" * 180_000,))

    with pytest.raises(TooLarge, match="180,001 characters, of 180,000 at most"):
        check_row(("x" * 180_001,))


def test_a_text_whose_parts_could_not_be_joined_is_too_large() -> None:
    webm = wired(SPEECH, format="webm-24khz-16bit-mono-opus")

    assert refused(webm, "x" * 3_001).code == "too_large"
    assert asked(webm, "x" * 3_000).method == "POST"
    assert webm.whole
    assert not wired(SPEECH).whole


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("voice", "en-US <x>"),
        ("language", "English"),
        ("rate", 3),
        ("rate", True),
        ("rate", "quick"),
        ("pitch", 2),
        ("pitch", "very high"),
        ("format", "flac"),
        ("rate_hz", 16_000.5),
        ("markup", "html"),
    ],
)
def test_an_option_that_makes_no_sense_is_told_at_once(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{option}="):
        SPEECH.option(option).check(option, value)


# ---- batch synthesis ------------------------------------------------------------------------------------------------


BATCH = "batch-text-to-speech-2024-04-01"
URL = "https://westus.api.cognitive.microsoft.com/texttospeech/batchsyntheses/"


def batch(**chosen: Any) -> Exchange:
    return wired(SPEECH, "2024-04-01", **chosen)


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, {}, body if isinstance(body, bytes) else orjson.dumps(body))


def packed(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", ".", 1), data)
    return written.getvalue()


def test_a_job_is_asked_for_as_its_contract_has_it() -> None:
    exchange = batch(format="riff-24khz-16bit-mono-pcm")
    ask = asked(exchange, "The rainbow has seven colours. " * 2_000)
    assert isinstance(ask.body, Body)
    definition = orjson.loads(ask.body.content)

    check(definition, f"{BATCH}/batchsynthesis.json", "BatchSynthesis")
    path, _, query = ask.path.partition("?")
    assert (ask.method, query, ask.host, exchange.whole) == ("PUT", "api-version=2024-04-01", "", True)
    assert re.fullmatch(r"/texttospeech/batchsyntheses/[a-zA-Z0-9][a-zA-Z0-9._-]{1,62}[a-zA-Z0-9]", path)
    assert definition["properties"]["outputFormat"] == "riff-24khz-16bit-mono-pcm"
    assert refused(exchange, "x" * 2_000_000).code == "too_large"


def test_a_job_goes_from_its_creation_to_its_deletion() -> None:
    exchange = batch(rate_hz=16_000)
    assert exchange.steps is not None
    assert exchange.begun is not None
    assert exchange.progress is not None
    created = example(f"{BATCH}/examples/create_batch_synthesis.json")["responses"]["201"]["body"]
    listed = example(f"{BATCH}/examples/get_batch_syntheses.json")["responses"]["200"]["body"]["value"]
    done = answer(listed[0])
    link = urljoin(URL, exchange.begun(answer(created, 201)))
    read = exchange.steps([("Hi",)], [done])
    deleted = exchange.steps([("Hi",)], [done, answer(packed(_0001_raw=b"", summary_json=b"{}"))])
    results = answer(packed(**{"0001_raw": b"\1\0" * 16_000, "summary_json": b"{}"}))

    assert link == f"{URL}my-batch-synthesis-job-text-input-1?api-version=2024-04-01"
    assert [exchange.progress(answer(body)).state for body in (created, listed[0])] == ["running", "done"]
    assert isinstance(read, Ask)
    assert (read.method, read.url) == ("GET", listed[0]["outputs"]["result"])
    assert isinstance(deleted, Ask)
    assert (deleted.method, deleted.optional) == ("DELETE", True)
    assert urljoin(URL, deleted.path) == link
    assert exchange.steps([("Hi",)], [done, results, answer(b"", 204)]) == [(b"\1\0" * 16_000, 1.0)]


def test_a_job_that_failed_is_deleted_and_says_why() -> None:
    exchange = batch()
    assert exchange.steps is not None
    failed = answer({"id": "job", "status": "Failed", "properties": {"error": {"code": "BadSsml", "message": "why"}}})
    deleted = exchange.steps([("Hi",)], [failed])

    assert isinstance(deleted, Ask)
    assert deleted.method == "DELETE"
    (failure,) = exchange.steps([("Hi",)], [failed, answer(b"", 204)])
    assert isinstance(failure, Failure)
    assert (failure.code, failure.message, failure.service_code) == ("refused", "why", "BadSsml")


def test_results_are_unpacked_with_care() -> None:
    told = b'{"results": [{"status": "Failed", "error": "no such voice"}]}'
    failure = sound_in(packed(summary_json=told))

    assert isinstance(failure, Failure)
    assert failure.message == "no such voice"
    assert sound_in(packed(**{"0001_wav": b"sound", "0001.debug.json": b"{}"})) == b"sound"
    for broken in (b"", b"<html>", packed(**{"../../0001_wav": b"evil"}), packed(**{"0001_wav": b"x" * 99})[:60]):
        with pytest.raises(ValueError, match=r"no ZIP|no sound"):
            sound_in(broken)
