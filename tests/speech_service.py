"""A speech service that hears tones: each is a word, told by its pitch; a longer silence ends a phrase.

It speaks fast transcription, short audio, batch transcription and text to speech, on a real socket or as an
application, and counts what it is asked. What it answers follows from a sound's samples alone, so that a test can say
what it expects.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import av
import numpy as np
import pandas as pd
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import dfai
from served import served
from sounds import hum, pitch_hz, samples_in, wav

__all__ = ["Sent", "SpeechScene", "SpeechService", "refused", "says", "speech_running", "tones", "transcribed"]

RATE_HZ = 16_000
_HOP = 320
_PHRASE_S = 0.45


def tones(*pitches: int, tone_s: float = 0.3, gap_s: float = 0.2, rate_hz: int = RATE_HZ) -> np.ndarray[Any, Any]:
    """A sound of one tone for each pitch; 0 is a second of silence, which ends a phrase."""
    silence = np.zeros(round(gap_s * rate_hz))
    parts = [
        np.concatenate([hum(tone_s, rate_hz, pitch), silence]) if pitch else np.zeros(rate_hz) for pitch in pitches
    ]
    return np.concatenate([silence, *parts])


def says(*pitches: int) -> str:
    """What the service hears in `tones` of these pitches."""
    phrases: list[list[int]] = [[]]
    for pitch in pitches:
        if pitch:
            phrases[-1].append(pitch)
        elif phrases[-1]:
            phrases.append([])
    return " ".join(" ".join(f"p{pitch}" for pitch in phrase) + "." for phrase in phrases if phrase)


class Word(NamedTuple):
    """A tone."""

    text: str
    start_s: float
    duration_s: float


@dataclass(frozen=True)
class Sent:
    """A request as it arrived."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    audio: bytes = b""
    definition: dict[str, Any] = field(default_factory=dict)  # or what else was sent as JSON, or as a header


@dataclass
class SpeechScene:
    """What one test asked, and how the service behaves towards it.

    *fault* is given a request and may answer in the service's place.
    """

    url: str
    fault: Callable[[Sent], Response | None] | None = None
    sent: list[Sent] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)  # what stands at url/sounds/…
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)  # batch transcriptions that are there
    polls_until_done: int = 2
    elsewhere: str = ""  # where results are; "": here

    @property
    def target(self) -> dfai.Target:
        return dfai.container(self.url)

    def at(self, name: str, content: bytes) -> str:
        """The URL at which a sound stands from now on."""
        self.files[name] = content
        return f"{self.url}/sounds/{name}"

    def asked(self, ending: str) -> list[Sent]:
        """The requests whose path ends so."""
        return [sent for sent in self.sent if sent.path.endswith(ending)]


def transcribed(*sounds: Any, **options: Any) -> dict[str, list[Any]]:
    """The answer of ``transcribe`` to a column of *sounds*, column by column."""
    result = dfai.on(pd.DataFrame({"a": pd.Series(sounds, dtype=object)})).transcribe("a", **options)
    return {
        str(name).removeprefix("transcript").removeprefix("_") or "text": result[name].replace({np.nan: None}).tolist()
        for name in result.columns[1:]
    }


def samples_of(data: bytes) -> np.ndarray[Any, Any]:
    """The samples of a file at 16 kHz."""
    with av.open(io.BytesIO(data)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames: list[Any] = [one for frame in container.decode(audio=0) for one in resampler.resample(frame)]
        frames += resampler.resample(None)
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def words_in(samples: np.ndarray[Any, Any]) -> list[Word]:
    """The tones in a sound."""
    hops = len(samples) // _HOP
    loud = np.abs(samples[: hops * _HOP].reshape(hops, _HOP)).max(axis=1, initial=0) > 2_000
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    found = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        pitch = pitch_hz(samples[start * _HOP : stop * _HOP], RATE_HZ)
        found.append(Word(f"p{round(pitch / 50) * 50}", start * _HOP / RATE_HZ, (stop - start) * _HOP / RATE_HZ))
    return found


def phrases_in(words: Sequence[Word]) -> list[list[Word]]:
    """Words with no longer silence between them."""
    phrases: list[list[Word]] = []
    for word in words:
        if phrases and word.start_s - phrases[-1][-1].start_s - phrases[-1][-1].duration_s < _PHRASE_S:
            phrases[-1].append(word)
        else:
            phrases.append([word])
    return phrases


class SpeechService:
    """The scenes, and the application that plays them; requests to no scene are the first one's."""

    def __init__(self) -> None:
        self.base = ""
        self._scenes: dict[str, SpeechScene] = {}
        self._numbers = itertools.count(1)
        methods = ["GET", "POST", "PUT", "DELETE"]
        self.app = Starlette(routes=[Route("/{path:path}", self._handle, methods=methods)])

    def scene(self, **behaviour: Any) -> SpeechScene:
        """A new scene."""
        name = f"scene{next(self._numbers)}"
        scene = self._scenes[name] = SpeechScene(f"{self.base}/{name}", **behaviour)
        return scene

    async def _handle(self, request: Request) -> Response:
        first, _, rest = request.url.path[1:].partition("/")
        scene = self._scenes.get(first)
        path = f"/{rest}"
        if scene is None:
            scene, path = next(iter(self._scenes.values())), request.url.path
        audio, definition = b"", {}
        kind = request.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            async with request.form(max_part_size=50_000_000) as form:
                definition = json.loads(
                    str(form["definition"]) if isinstance(form["definition"], str) else await form["definition"].read()
                )
                if "audio" in form:
                    audio = await form["audio"].read()  # type: ignore[union-attr]
        elif kind == "application/json":
            definition = await request.json()
        else:
            audio = await request.body()
        if (assessed := request.headers.get("pronunciation-assessment")) is not None:
            definition = json.loads(base64.b64decode(assessed))
        sent = Sent(
            request.method,
            request.url.hostname or "",
            path,
            dict(request.query_params),
            request.headers,
            audio,
            definition,
        )
        scene.sent.append(sent)
        return (scene.fault(sent) if scene.fault else None) or _answer(scene, sent)


def _answer(scene: SpeechScene, sent: Sent) -> Response:
    if sent.path.startswith("/sounds/"):
        content = scene.files.get(sent.path.removeprefix("/sounds/"))
        return Response(status_code=404) if content is None else Response(content)
    if sent.path.endswith("transcriptions:transcribe"):
        return _fast(scene, sent)
    if sent.path.endswith("/recognition/conversation/cognitiveservices/v1"):
        return _short(sent)
    if "/v3.2/transcriptions" in sent.path:
        return _batch(scene, sent)
    if sent.path.endswith("/cognitiveservices/v1"):
        return Response(wav(tones(600)), media_type="audio/x-wav")
    return Response(status_code=404)


def refused(status: int, code: str, message: str = "refused") -> Response:
    """A refusal as the service words it."""
    return JSONResponse(
        {"code": "InvalidRequest", "message": "see inside", "innerError": {"code": code, "message": message}}, status
    )


def _fast(scene: SpeechScene, sent: Sent) -> Response:
    data = sent.audio
    if "audioUrl" in sent.definition:
        data = scene.files[urlsplit(sent.definition["audioUrl"]).path.rpartition("/")[2]]
    try:
        samples = samples_of(data)
    except (av.error.FFmpegError, IndexError):
        return refused(422, "InvalidAudioFormat", "the audio cannot be decoded")
    locale = (sent.definition.get("locales") or ["en-US"])[0]
    enhanced = sent.definition.get("enhancedMode")
    translated = f" ({enhanced['targetLanguage']})" if enhanced else ""
    phrases = []
    for phrase in phrases_in(words_in(samples)):
        start_s, stop_s = phrase[0].start_s, phrase[-1].start_s + phrase[-1].duration_s
        phrases.append(
            {
                "offsetMilliseconds": round(1_000 * start_s),
                "durationMilliseconds": round(1_000 * (stop_s - start_s)),
                "text": " ".join(word.text for word in phrase) + "." + translated,
                "words": [
                    {
                        "text": word.text,
                        "offsetMilliseconds": round(1_000 * word.start_s),
                        "durationMilliseconds": round(1_000 * word.duration_s),
                    }
                    for word in phrase
                ],
                "locale": locale,
                "confidence": 0 if enhanced else 0.9,
            }
        )
    body = {
        "durationMilliseconds": round(1_000 * len(samples) / RATE_HZ),
        "combinedPhrases": [{"text": " ".join(str(phrase["text"]) for phrase in phrases)}],
        "phrases": phrases,
    }
    return JSONResponse(body)


def _short(sent: Sent) -> Response:
    samples = samples_in(sent.audio, RATE_HZ)
    assert len(samples) <= 60 * RATE_HZ
    words = words_in(samples)
    if not words:
        return JSONResponse({"RecognitionStatus": "InitialSilenceTimeout", "Offset": 0, "Duration": 0})
    text = " ".join(" ".join(word.text for word in phrase) + "." for phrase in phrases_in(words))
    ticks = [round(1e7 * words[0].start_s), round(1e7 * (words[-1].start_s + words[-1].duration_s - words[0].start_s))]
    best: dict[str, Any] = {"Confidence": 0.8, "Lexical": text, "ITN": text, "MaskedITN": text, "Display": text}
    if sent.definition:
        scores = {"AccuracyScore": 90.0, "FluencyScore": 80.0, "CompletenessScore": 100.0, "PronScore": 85.0}
        told = [
            {"Word": word.text, "Offset": round(1e7 * word.start_s), "Duration": round(1e7 * word.duration_s)}
            | {"AccuracyScore": 91.0, "ErrorType": "None"}
            for word in words
        ]
        best |= {**scores, "Words": told}
    body = {"RecognitionStatus": "Success", "Offset": str(ticks[0]), "Duration": str(ticks[1])}
    return JSONResponse({**body, "NBest": [best, {**best, "Display": "something else", "Confidence": 0.4}]})


def _batch(scene: SpeechScene, sent: Sent) -> Response:
    number = sent.path.partition("/transcriptions")[2].strip("/").partition("/")[0]
    if sent.method == "POST":
        number = str(len(scene.jobs) + 1)
        link = f"{scene.url}/speechtotext/v3.2/transcriptions/{number}"
        scene.jobs[number] = {"self": link, "links": {"files": f"{link}/files"}, **sent.definition, "polls": 0}
        return JSONResponse(_job(scene, number), 201, {"Location": link})
    if number not in scene.jobs:
        return Response(status_code=404)
    job = scene.jobs[number]
    if sent.method == "DELETE":
        del scene.jobs[number]
        return Response(status_code=204)
    if sent.path.endswith("/files"):
        good = _bytes(scene, job) is not None
        kinds = ["Transcription", "TranscriptionReport"] if good else ["TranscriptionReport"]
        base = scene.elsewhere or f"{job['self']}/content"
        return JSONResponse(
            {"values": [{"kind": kind, "name": "0.json", "links": {"contentUrl": f"{base}/{kind}"}} for kind in kinds]}
        )
    if "/content/" in sent.path:
        return JSONResponse(result(job, _bytes(scene, job)))
    job["polls"] += 1
    return JSONResponse(_job(scene, number))


def _job(scene: SpeechScene, number: str) -> dict[str, Any]:
    job = scene.jobs[number]
    done = job["polls"] >= scene.polls_until_done
    kept = {name: value for name, value in job.items() if name not in ("polls", "contentUrls")}
    return {**kept, "status": "Succeeded" if done else "Running"}


def _bytes(scene: SpeechScene, job: Mapping[str, Any]) -> bytes | None:
    return scene.files.get(urlsplit(job["contentUrls"][0]).path.rpartition("/")[2])


def result(job: Mapping[str, Any], data: bytes | None) -> dict[str, Any]:
    """A result file, or the report of why there is none."""
    source = job["contentUrls"][0]
    if data is None:
        failed = {"source": source, "status": "Failed", "errorKind": "InvalidUri", "errorMessage": "cannot be read"}
        return {"successfulTranscriptionsCount": 0, "failedTranscriptionsCount": 1, "details": [failed]}
    samples = samples_of(data)
    phrases = []
    for phrase in phrases_in(words_in(samples)):
        text = " ".join(word.text for word in phrase) + "."
        stop_s = phrase[-1].start_s + phrase[-1].duration_s
        told = [
            {"displayText": word.text, "offsetInTicks": 1e7 * word.start_s, "durationInTicks": 1e7 * word.duration_s}
            for word in phrase
        ]
        phrases.append(
            {
                "recognitionStatus": "Success",
                "channel": 0,
                "offsetInTicks": 1e7 * phrase[0].start_s,
                "durationInTicks": 1e7 * (stop_s - phrase[0].start_s),
                "nBest": [
                    {"confidence": 0.7, "display": text, "displayWords": told},
                    {"confidence": 0.2, "display": "?"},
                ],
            }
        )
    whole = " ".join(str(phrase["nBest"][0]["display"]) for phrase in phrases)  # type: ignore[index]
    return {
        "source": source,
        "durationInTicks": 1e7 * len(samples) / RATE_HZ,
        "combinedRecognizedPhrases": [{"channel": 0, "display": whole}],
        "recognizedPhrases": phrases,
    }


@contextmanager
def speech_running() -> Iterator[SpeechService]:
    """The service on a socket of its own."""
    service = SpeechService()
    with served(service.app) as base:
        service.base = base
        yield service
