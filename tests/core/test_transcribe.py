"""Speech to text by its three protocols: the same columns from each, whatever a sound's length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from starlette.responses import Response

import dfai
from dfai.errors import ConfigError, NotOffered
from dfai_core.services.speech import fast, wire
from sounds import encoded, wav
from speech_service import Sent, SpeechScene, SpeechService, refused, says, speech_running, tones, transcribed

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

CALL = (400, 500, 0, 600)
# Two and a half minutes: a word every half second, a pause after each ten.
LONG = tuple(pitch for start in range(30) for pitch in (*range(400, 900, 50), *(() if start % 3 else (0,))))


@pytest.fixture(scope="module")
def service() -> Iterator[SpeechService]:
    with speech_running() as found:
        yield found


@pytest.fixture
def scene(service: SpeechService) -> Iterator[SpeechScene]:
    made = service.scene()
    with dfai.using(target=made.target, progress="off", attempts=3, store=None):
        yield made


def test_fast_transcription_tells_all_that_there_is(scene: SpeechScene) -> None:
    found = transcribed(wav(tones(*CALL)), language="de", include=["words", "segments", "nbest"])

    assert found["text"] == [says(*CALL)]
    assert (found["language"], found["error"]) == (["de-DE"], [None])
    assert found["confidence"] == pytest.approx([0.9])
    assert found["duration_s"] == pytest.approx([2.7])
    first, second = found["segments"][0]
    assert (first["text"], first["language"], first["speaker"]) == ("p400 p500.", "de-DE", None)
    assert (first["start_s"], second["start_s"]) == pytest.approx((0.2, 2.2), abs=0.03)
    assert [word["text"] for word in found["words"][0]] == ["p400", "p500", "p600"]
    assert [one["segment"] for one in found["nbest"][0]] == [0, 1]
    (sent,) = scene.sent
    assert (sent.path, sent.query) == ("/speechtotext/transcriptions:transcribe", {"api-version": "2025-10-15"})
    assert sent.definition == {"locales": ["de-DE"], "profanityFilterMode": "Masked"}


def test_short_audio_gives_the_same_columns(scene: SpeechScene) -> None:
    found = transcribed(wav(tones(*CALL)), language="de-AT", api_version="v1", profanity="keep", include=["nbest"])

    assert found["text"] == [says(*CALL)]
    assert (found["language"], found["confidence"]) == (["de-AT"], [0.8])
    assert found["duration_s"] == pytest.approx([2.7])
    assert [one["text"] for one in found["nbest"][0]] == [says(*CALL), "something else"]
    (sent,) = scene.sent
    assert sent.path == "/speech/recognition/conversation/cognitiveservices/v1"
    assert sent.query == {"language": "de-AT", "format": "detailed", "profanity": "raw"}
    assert sent.headers["content-type"] == "audio/wav; codecs=audio/pcm; samplerate=16000"


@pytest.mark.parametrize("form", ["mp3", "flac", "ogg", "mp4"])
def test_files_stay_packed_where_the_service_takes_them(scene: SpeechScene, form: str) -> None:
    sound = encoded(tones(*CALL, rate_hz=48_000), form)
    found = transcribed(sound)

    assert found["text"] == [says(*CALL)]
    assert (scene.sent[0].audio == sound) == (form != "mp4")


def test_samples_are_sent_at_their_own_rate(scene: SpeechScene) -> None:
    frame = pd.DataFrame({"a": [tones(400, rate_hz=8_000), tones(500, rate_hz=44_100)], "hz": [8_000, 44_100]})
    found = dfai.on(frame).transcribe("a", rate_hz=dfai.col("hz"))

    assert found["transcript"].tolist() == ["p400.", "p500."]
    assert {sent.audio[24:28] for sent in scene.sent} == {rate.to_bytes(4, "little") for rate in (8_000, 44_100)}


def test_a_long_sound_is_asked_in_pieces_and_joined(scene: SpeechScene) -> None:
    sound = tones(*LONG)
    found = transcribed(wav(sound), language="en", api_version="v1", include=["segments", "nbest"])

    words = " ".join(segment["text"] for segment in found["segments"][0])
    assert words.replace(".", "") == says(*LONG).replace(".", "") == found["text"][0].replace(".", "")
    assert found["duration_s"] == pytest.approx([len(sound) / 16_000])
    starts = [segment["start_s"] for segment in found["segments"][0]]
    assert len(starts) == len(scene.sent) == 3
    assert starts[0] == pytest.approx(0.2, abs=0.03)
    # What follows a cut has its time in the whole: the first tone after a pause of a second, or after a gap.
    assert all(start % 0.5 == pytest.approx(0.2, abs=0.03) for start in starts)
    assert {one["segment"] for one in found["nbest"][0]} == {0, 1, 2}


def test_a_piece_that_is_refused_is_tried_again_alone(scene: SpeechScene) -> None:
    statuses = iter([200, 429, 503, 200, 200])

    def fault(_: Sent) -> Response | None:
        status = next(statuses)
        return None if status == 200 else Response(status_code=status, headers={"Retry-After": "0"})

    scene.fault = fault
    found = transcribed(wav(tones(*LONG)), language="en", api_version="v1")

    assert found["error"] == [None]
    assert len(scene.sent) == 5
    assert len({sent.audio for sent in scene.sent}) == 3
    assert dfai.last_run().retries == 2


def test_a_long_sound_in_which_one_piece_is_silent_loses_nothing_else(scene: SpeechScene) -> None:
    sound = np.concatenate([tones(400), np.zeros(70 * 16_000), tones(500)])
    found = transcribed(wav(sound), language="en", api_version="v1", include=["segments"])

    assert found["text"] == ["p400. p500."]
    assert found["segments"][0][1]["start_s"] == pytest.approx(0.7 + 70 + 0.2, abs=0.03)


def test_the_limit_of_fast_transcription_is_met_in_pieces(scene: SpeechScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_FAST_S", 40.0)
    monkeypatch.setattr(fast, "_LOOK_S", 10.0)
    sound = tones(*LONG)
    found = transcribed(encoded(sound, "flac", 16_000), include=["words"])

    assert found["text"][0].replace(".", "") == says(*LONG).replace(".", "")
    starts = [word["start_s"] for word in found["words"][0]]
    assert starts == sorted(starts)
    assert len(starts) == 300
    assert len(scene.sent) == 5


def test_silence_and_what_is_no_sound_cost_their_row_alone(scene: SpeechScene) -> None:
    hum = wav(tones(*CALL))
    rows = [
        hum,
        None,
        wav(np.zeros(16_000)),
        b"",
        hum[:-1_000],
        b"no sound",
        wav(np.zeros(0)),
        tones(400),
        "nowhere.wav",
    ]
    found = transcribed(*rows)

    assert found["error"] == [
        *(None, None, "nothing_found", "empty", "unreadable", "unreadable", "empty", "unsupported", "unreadable")
    ]
    assert found["text"][0] == says(*CALL)
    assert "rate_hz" in found["error_message"][7]
    assert len(scene.sent) == 2


def test_the_services_own_refusals_become_codes(scene: SpeechScene) -> None:
    codes = {
        "AudioLengthLimitExceeded": "too_large",
        "InvalidLocale": "unsupported",
        "NoLanguageIdentified": "nothing_found",
    }
    for theirs, ours in codes.items():
        scene.fault = lambda _, theirs=theirs: refused(400, theirs)  # type: ignore[misc]
        found = transcribed(wav(tones(400)))

        assert found["error"] == [ours]


def test_the_service_may_fetch_itself(scene: SpeechScene) -> None:
    url = scene.at("call.wav", wav(tones(*CALL)))
    found = transcribed(url, wav(tones(700)), fetch="service")

    assert found["text"] == [says(*CALL), "p700."]
    assert {sent.definition.get("audioUrl") for sent in scene.sent} == {url, None}


def test_each_protocol_is_asked_at_its_own_host(service: SpeechService) -> None:
    asked: list[str] = []

    class Noting(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(f"{request.url.host}{request.url.path}")
            return await super().handle_async_request(request)

    region = dfai.azure("westeurope", key="0123456789abcdef")
    own = dfai.azure(endpoint="https://me.cognitiveservices.azure.com", key="0123456789abcdef")
    service.scene()
    for target in (region, own):
        with dfai.using(target=target, transport=Noting(service.app), progress="off", store=None):
            transcribed(wav(tones(400)))
            transcribed(wav(tones(400)), language="en", api_version="v1")
            dfai.on(pd.DataFrame({"a": [wav(tones(400))]})).translate_speech("a", include=["audio"])

    fast, short, speak = (
        "/speechtotext/transcriptions:transcribe",
        "/speech/recognition/conversation/cognitiveservices/v1",
        "/cognitiveservices/v1",
    )
    common, me = "westeurope.api.cognitive.microsoft.com", "me.cognitiveservices.azure.com"
    assert asked == [
        f"{common}{fast}",
        f"westeurope.stt.speech.microsoft.com{short}",
        f"{common}{fast}",
        f"westeurope.tts.speech.microsoft.com{speak}",
        f"{me}{fast}",
        f"{me}/stt{short}",
        f"{me}{fast}",
        f"{me}/tts{speak}",
    ]


def test_speech_is_translated_and_spoken(scene: SpeechScene) -> None:
    frame = pd.DataFrame({"a": [wav(tones(400)), wav(np.zeros(16_000))]})
    found = dfai.on(frame).translate_speech("a", to="fr", include=["segments", "audio"])

    assert found["translation"].tolist()[0] == "p400. (fr)"
    assert found["translation_error"].tolist()[1] == "nothing_found"
    assert found["translation_language"].tolist()[0] == "en-US"
    same = dfai.on(frame).translate_speech("a", to="en")
    told = dfai.on(frame).translate_speech("a", to="en", language="de")
    assert [same["translation_language"].isna()[0], told["translation_language"][0]] == [True, "de-DE"]
    assert found["translation_segments"][0][0]["confidence"] is None
    assert found["translation_audio"][0] == wav(tones(600))
    (spoken,) = scene.asked("/cognitiveservices/v1")  # not for silence
    assert '<voice name="fr-FR-DeniseNeural">p400. (fr)</voice>' in spoken.audio.decode()
    assert spoken.headers["x-microsoft-outputformat"] == "riff-16khz-16bit-mono-pcm"
    with pytest.raises(ConfigError, match="no voice is known"):
        dfai.on(frame).translate_speech("a", to="xx", include=["audio"])
    wanted = {"enabled": True, "task": "translate", "targetLanguage": "fr"}
    assert scene.sent[0].definition["enhancedMode"] == wanted


def test_pronunciation_is_held_against_a_text_of_each_row(scene: SpeechScene) -> None:
    sounds = [wav(tones(400)), wav(tones(500)), wav(tones(*LONG))]
    frame = pd.DataFrame({"a": sounds, "text": ["Grüß Gott", None, "too long"]})
    found = dfai.on(frame).assess_pronunciation("a", reference=dfai.col("text"), language="de", include=["words"])

    assert found["pronunciation"].tolist()[0] == 85.0
    assert found["pronunciation_error"].replace({np.nan: None}).tolist() == [None, "unsupported", "too_large"]
    assert found["pronunciation_words"][0][0]["text"] == "p400"
    (sent,) = scene.sent
    assert sent.definition["ReferenceText"] == "Grüß Gott"
    assert sent.query["language"] == "de-DE"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_version": "v1"}, "needs to be told the language"),
        ({"api_version": "v1", "language": ["en", "de"]}, "it takes one"),
        ({"api_version": "v1", "language": "en", "include": ["words"]}, "no words"),
        ({"api_version": "v1", "language": "en", "phrases": ["Contoso"]}, "has no phrases"),
        ({"api_version": "v3.2", "language": "en"}, 'say fetch="service"'),
        ({"api_version": "v3.2", "fetch": "service"}, "chooses among languages"),
        ({"api_version": "2024-11-15", "phrases": ["Contoso"]}, "2025-10-15"),
        ({"api_version": "v2"}, "fast transcription"),
        ({"language": "lang"}, "dfai.col"),
        ({"rate_hz": 0}, "rate of samples"),
        ({"rate_hz": float("nan")}, "expected samples a second"),
        ({"profanity": "off"}, "choose 'mask'"),
    ],
)
def test_what_a_protocol_does_not_know_is_said_before_any_request(
    scene: SpeechScene, options: dict[str, Any], words: str
) -> None:
    frame = pd.DataFrame({"a": [wav(tones(400))], "lang": ["en"]})

    with pytest.raises((ConfigError, NotOffered), match=words):
        dfai.on(frame).transcribe("a", **options)
    assert scene.sent == []


def test_a_language_for_each_row_is_known_when_its_turn_comes(scene: SpeechScene) -> None:
    frame = pd.DataFrame({"a": [wav(tones(400))] * 3, "lang": ["en", "de-CH", None]})
    found = dfai.on(frame).transcribe("a", language=dfai.col("lang"), api_version="v1")

    assert found["transcript_language"].replace({np.nan: None}).tolist() == ["en-US", "de-CH", None]
    assert "needs to be told the language" in found["transcript_error_message"][2]
