"""Text to speech v1: SSML in, sounds out, in the service's own form."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts import example
from dfai_engine.app import App, create_app
from engine.speech.spoken import duration_s, samples, speak, ssml, trouble
from engine.wire import ask

av = pytest.importorskip("av", reason="the extra speech is not installed")
pytest.importorskip("py_nanotts", reason="the extra speech is not installed")

from dfai_engine.speech.formats import FORMATS  # noqa: E402
from dfai_engine.speech.pico import plain  # noqa: E402
from dfai_engine.speech.voices import VOICES  # noqa: E402

CONTRACT = "text-to-speech-v1"


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    made = create_app(workers=2)
    yield made
    made.close()


def test_the_documented_request_is_answered_as_documented(app: App) -> None:
    request = example(f"{CONTRACT}/examples/synthesize.json")["request"]
    headers = {name: value for name, value in request["headers"].items() if name != "Authorization"}
    answer = ask(app, request["method"], "/cognitiveservices/v1", headers=headers, content=request["body"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/x-wav"
    assert answer.headers["x-dfai-voice"] == "en-US-Pico"
    assert answer.content[:4] == b"RIFF"
    # The private endpoint of a resource has the same below /tts.
    assert ask(app, "POST", "/tts/cognitiveservices/v1", headers=headers, content=request["body"]).status_code == 200


def test_the_list_of_voices_has_the_contracts_fields(app: App) -> None:
    contract = example(f"{CONTRACT}/contract.json")["operations"][0]["voice_fields"]
    needed = {name for name, kind in contract.items() if "optional" not in kind}
    listed = ask(app, "GET", "/cognitiveservices/voices/list").json()

    assert [voice["ShortName"] for voice in listed] == [f"{voice.locale}-Pico" for voice in VOICES]
    for voice in listed:
        assert needed <= voice.keys() <= contract.keys()
        assert all(isinstance(value, str) for value in voice.values())


def test_every_format_that_is_offered_is_the_contracts_and_can_be_decoded(app: App) -> None:
    contract = example(f"{CONTRACT}/contract.json")["operations"][1]
    documented = {*contract["output_formats_streaming"], *contract["output_formats_nonstreaming"]}
    raw = {"pcm": "s16le", "alaw": "alaw", "mulaw": "mulaw"}
    durations = {}
    for name, form in FORMATS.items():
        answer = speak(app, ssml("One."), name)
        reader = raw[name.rpartition("-")[2]] if name.startswith("raw") else None
        options = {"sample_rate": str(form.rate_hz)} if reader else {}
        with av.open(io.BytesIO(answer.content), format=reader, options=options) as file:
            heard = sum(frame.samples for frame in file.decode(audio=0))
            durations[name] = heard / file.streams.audio[0].rate
            rate = file.streams.audio[0].rate
        assert answer.headers["content-type"] == form.media_type
        assert rate in (form.rate_hz, 48_000)  # Opus decodes to 48 kHz

    assert set(FORMATS) - documented == {"riff-16khz-16bit-mono-pcm"}
    # MP3 has whole frames and the encoder's delay.
    assert max(durations.values()) - min(durations.values()) < 0.15


def test_a_break_is_as_long_as_it_says(app: App) -> None:
    one, other = (duration_s(speak(app, ssml(text))) for text in ("One.", "Two."))
    broken = duration_s(speak(app, ssml('One. <break time="1500ms"/> Two.')))
    weak = duration_s(speak(app, ssml('One. <break strength="weak"/> Two.')))

    assert broken == pytest.approx(one + other + 1.5, abs=0.2)
    assert weak == pytest.approx(one + other + 0.5, abs=0.2)


def test_silence_may_stand_before_after_and_between_sentences(app: App) -> None:
    silences = "".join(
        f'<mstts:silence type="{kind}" value="{ms}ms"/>'
        for kind, ms in (("Leading", 1_000), ("Tailing", 2_000), ("Sentenceboundary", 4_000))
    )
    apart = duration_s(speak(app, ssml(f"{silences}One. Two.")))
    one, other = (duration_s(speak(app, ssml(text))) for text in ("One.", "Two."))

    assert apart == pytest.approx(one + other + 7.0, abs=0.2)


def test_prosody_makes_it_faster_higher_and_softer(app: App) -> None:
    text = "The rainbow has seven colours."
    usual = samples(speak(app, ssml(text)))
    fast = samples(speak(app, ssml(f'<prosody rate="+50%">{text}</prosody>')))
    slow = samples(speak(app, ssml(f'<prosody rate="0.5">{text}</prosody>')))
    soft = samples(speak(app, ssml(f'<prosody volume="40">{text}</prosody>')))
    silent = samples(speak(app, ssml(f'<prosody volume="silent">{text}</prosody>')))
    high = samples(speak(app, ssml(f'<prosody pitch="high">{text}</prosody>')))

    assert len(fast) < 0.8 * len(usual) < 1.2 * len(usual) < len(slow)
    assert 0.3 < _loudness(soft) / _loudness(usual) < 0.5
    assert (_loudness(silent), len(silent)) == (0.0, pytest.approx(len(usual), rel=0.1))
    assert _pitch_hz(high) / _pitch_hz(usual) == pytest.approx(1.2, abs=0.1)


def _loudness(heard: np.ndarray) -> float:
    return float(np.sqrt(np.mean(heard.astype(float) ** 2)))


def _pitch_hz(heard: np.ndarray) -> float:
    found = []
    for start in range(0, len(heard) - 1_024, 512):
        frame = heard[start : start + 1_024].astype(float)
        if _loudness(frame) > 1_500:
            alike = np.correlate(frame, frame, "full")[1_023:]
            found.append(16_000 / (40 + int(alike[40:200].argmax())))
    return float(np.median(found))


def test_a_voice_of_the_service_is_spoken_by_the_one_here_that_has_its_locale(app: App) -> None:
    documents = {
        "de-DE-KatjaNeural": "de-DE-Pico",
        "en-GB-pico": "en-GB-Pico",
        "Microsoft Server Speech Text to Speech Voice (fr-FR, DeniseNeural)": "fr-FR-Pico",
        "en-US-Ava:DragonHDLatestNeural": "en-US-Pico",
    }
    spoken = {name: speak(app, ssml("A.", name)).headers["x-dfai-voice"] for name in documents}
    spanish = '<voice name="es-ES-Pico">Hola <lang xml:lang="de">Du</lang></voice>'
    several = f'<voice name="it-IT-ElsaNeural">Ciao.</voice>{spanish}'

    assert spoken == documents
    assert speak(app, ssml(several, None)).headers["x-dfai-voice"] == "it-IT-Pico, es-ES-Pico, de-DE-Pico"
    status, code, message = trouble(speak(app, ssml("A.", "ja-JP-NanamiNeural")))
    assert (status, code) == (400, "UnsupportedVoice")
    assert "Azure Speech resource" in message
    assert "en-GB" in message


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("<speak>", "not well-formed: no element found at line 1 column 8"),
        ("<speak><voice name='en-US-Pico'>a & b</voice></speak>", "not well-formed"),
        ("<voice name='en-US-Pico'>Hi</voice>", "speak as its root"),
        ("<speak>Hi</speak>", "outside a voice element"),
        ("<speak><p>Hi</p></speak>", "outside a voice element"),
        (ssml("<shout>Hi</shout>"), "'shout' is not one of SSML's"),
        (ssml('<audio src="https://example.com/a.wav"/>'), "recordings are not fetched"),
        (ssml('<lexicon uri="https://example.com/a.xml"/>'), "lexicons are not fetched"),
        (ssml('<prosody rate="quick">Hi</prosody>'), "rate='quick' is not understood"),
        (ssml('<break time="soon"/>'), "break time='soon' is not understood"),
        (ssml("<sub>Hi</sub>"), "no alias"),
        (ssml('<say-as interpret-as="date"><s>Hi</s></say-as>'), "must not hold other elements"),
        (ssml("<break>now</break>"), "break must not hold text"),
        (ssml('<lang xml:lang="ja-JP">Hi</lang>'), "No voice here speaks 'ja-JP'"),
        (ssml("<p>" * 40 + "</p>" * 40), "nested deeper"),
        (ssml('<voice name="en-US-Pico">a</voice>' * 51, None), "more than 50 voice elements"),
        (ssml("你好 — …"), "nothing in the text that en-US-Pico can speak"),
        (ssml(""), "nothing in the SSML"),
        ('<?xml version="1.0" encoding="klingon"?><speak/>', "encoding"),
    ],
)
def test_what_is_not_spoken_is_refused_with_a_sentence(app: App, document: str, said: str) -> None:
    status, _, message = trouble(speak(app, document))

    assert status == 400
    assert said in message


def test_entities_are_neither_expanded_nor_fetched(app: App, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for declared, named in (
        (f'<!ENTITY l0 "ha">{laughs}', "&l9;"),
        (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "&x;"),
    ):
        document = f"<!DOCTYPE speak [{declared}]>{ssml(named)}"

        assert "document type" in trouble(speak(app, document))[2]


def test_no_text_reaches_picos_own_markup(app: App, tmp_path: Path) -> None:
    target = tmp_path / "written.wav"
    evil = f'Well <genfile file="{target}">said</genfile>'
    answer = speak(app, ssml(evil.replace("&", "&amp;").replace("<", "&lt;")))

    assert answer.status_code == 200
    assert not target.exists()
    assert not {"<", ">", "&", "\0"} & set(plain(f"{evil} &lt; \0 \ud800 <", "de"))


def test_any_letters_are_spoken_or_left_out(app: App) -> None:
    # Pico's own text analysis gives up on the first of them.
    odd = ["a" * 3_000, "\u0301" * 50, "Ünïcödé 😀 £5 §3 №7", "x\ud83dy".encode("utf-8", "replace").decode(), "1" * 300]
    for text in odd:
        assert duration_s(speak(app, ssml(f"Begin {text} end."))) > 0.5


def test_what_would_last_longer_than_ten_minutes_is_cut_there_as_documented(app: App) -> None:
    answer = speak(app, ssml('<break time="20s"/>' * 40 + "Late."))

    assert duration_s(answer) == 600.0


def test_the_headers_are_those_that_the_service_needs(app: App) -> None:
    document = ssml("Hi.")

    assert trouble(speak(app, document, Content_Type="text/plain"))[0] == 415
    assert trouble(speak(app, document, form=""))[2] == "The header X-Microsoft-OutputFormat is missing."
    assert "amr-wb-16000hz" in trouble(speak(app, document, form="amr-wb-16000hz"))[2]
    assert trouble(speak(app, document, User_Agent="x" * 255))[0] == 400
    assert trouble(speak(app, b"x" * (2 << 20)))[0] == 413
    assert speak(app, document).headers["csp-billing-usage"] == "CognitiveServices.Speech.TextToSpeech.Characters=3"


def test_the_threads_of_a_server_speak_at_the_same_time_without_mixing(app: App) -> None:
    from concurrent.futures import ThreadPoolExecutor

    texts = ["One.", "Twenty-two, and no more."] * 8
    alone = [duration_s(speak(app, ssml(text))) for text in texts[:2]]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: duration_s(speak(app, ssml(text))), texts))

    assert together == pytest.approx(alone * 8, abs=0.3)
