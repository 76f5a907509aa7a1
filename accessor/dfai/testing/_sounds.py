"""Values that a test gives for sounds and for what is spoken, as the Speech services' protocols write them.

A sound is known by its content: as it is in its file, and as the WAV file that is made of it where a protocol takes
nothing else. Sources: fast transcription 2025-10-15; Speech to text and Text to speech REST API v1; Speaker
Recognition, contract of 2021-09-05.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import orjson

from dfai.testing._protocol import Body, Unfit
from dfai_core.errors import DfaiError
from dfai_core.media import SOUND, Unread, as_wav
from dfai_core.media.wav import is_wav, samples_in, wav_in, wav_of
from dfai_core.services.speech.sound_names import sound_named
from dfai_core.services.speech.speaker_wire import NOBODY
from dfai_core.transports import Request

__all__ = ["SOUNDED", "SPOKEN", "Voices", "asks_of_sounds", "heard", "names_of", "sound_in", "spoken", "words_in"]

SPOKEN = "synthesize_speech"
SOUNDED = ("transcribe", "verify_speaker", "identify_speaker")
"""The verbs that listen."""
_LONGEST_S = 7_200.0
_TICKS_PER_S = 10_000_000
_WHOLE_S = 1.0

# ---- what a sound is known by ---------------------------------------------------------------------------------------


def names_of(key: Any) -> Iterator[Any]:
    """What a sound may be known by: the SHA-256 of its bytes or of its file's, and of the WAV file made of them.

    Of a tuple of sounds each way to know them; what is no sound, as a profile's id, is itself.
    """
    if isinstance(key, tuple):
        yield from product(*map(names_of, key))
        return
    data = key if isinstance(key, bytes) else _file(key)
    if data is None:
        yield str(key) if isinstance(key, Path) else key
        return
    yield sha256(data).hexdigest()
    try:
        yield sha256(as_wav(data, SOUND.format_of(data), max_s=_LONGEST_S)).hexdigest()
    except (Unread, DfaiError):  # what cannot be decoded here is never sent as anything else
        return


def _file(key: Any) -> bytes | None:
    try:
        return Path(key).read_bytes() if isinstance(key, (str, Path)) and Path(key).is_file() else None
    except (OSError, ValueError):  # a text too long for a path, or with a zero in it
        return None


# ---- requests -------------------------------------------------------------------------------------------------------


def asks_of_sounds(url: str) -> str | None:
    """Which part of the Speech family a URL is: "heard", "spoken", "voices"; None for any other's."""
    path = urlsplit(url).path
    if "/speechtotext/" in path or "/speech/recognition/" in path:
        return "heard"
    if "/speaker-recognition/" in path:
        return "voices"
    return "spoken" if path.endswith("/cognitiveservices/v1") else None


def sound_in(request: Request) -> tuple[Any, Any]:
    """The sound that a request brings, or the URL where it is, and what it is known by."""
    body = request.body or b""
    type = request.headers.get("Content-Type", "")
    if type.startswith("multipart/form-data"):
        boundary = type.partition("boundary=")[2].encode()
        parts = {}
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            named = re.search(rb'name="(\w+)"', head)
            parts[named[1] if named else b""] = content.removesuffix(b"\r\n")
        if b"audio" not in parts:
            url = orjson.loads(parts[b"definition"])["audioUrl"]
            return url, url
        body = parts[b"audio"]
    return body, sha256(body).hexdigest()


def words_in(request: Request) -> str:
    """What an SSML document says."""
    from xml.etree import ElementTree as ET

    return "".join(ET.fromstring(request.body or b"").itertext())  # noqa: S314  the core has written it


# ---- speech to text, text to speech ---------------------------------------------------------------------------------


def heard(url: str, sound: Any, value: Any) -> Body:
    """A transcription, as the protocol that was asked tells it."""
    given = {"transcript": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not isinstance(given.get("transcript"), str):
        raise Unfit("the transcript, or {'transcript': …, 'language': …, 'confidence': …, 'duration_s': …}")
    text, sure = given["transcript"], float(given.get("confidence", 1.0))
    wav = wav_in(sound) if isinstance(sound, bytes) and is_wav(sound) else None
    length_s = float(given.get("duration_s", _WHOLE_S if wav is None else wav.duration_s))
    if "/speech/recognition/" in url:
        if not text:
            return {"RecognitionStatus": "NoMatch", "Offset": 0, "Duration": 0}
        said = {"Display": text, "Confidence": sure}
        return {"RecognitionStatus": "Success", "Offset": 0, "Duration": int(length_s * _TICKS_PER_S), "NBest": [said]}
    whole_ms = round(length_s * 1_000)
    words = text.split()
    each_ms = whole_ms // max(1, len(words))
    phrase = {
        "offsetMilliseconds": 0,
        "durationMilliseconds": whole_ms,
        "text": text,
        "locale": given.get("language", "en-US"),
        "confidence": sure,
        "words": [
            {"text": word, "offsetMilliseconds": place * each_ms, "durationMilliseconds": each_ms}
            for place, word in enumerate(words)
        ],
    }
    return {
        "durationMilliseconds": whole_ms,
        "combinedPhrases": [{"text": text}] if text else [],
        "phrases": [phrase] if text else [],
    }


def spoken(format_name: str, value: Any) -> bytes:
    """A sound of the format that was asked for: the very bytes, or as many seconds of silence as a number says."""
    sound = sound_named(format_name, None, "local")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        if sound.coding not in ("wav", "raw"):
            raise Unfit(f"bytes, since silence is not written as {format_name}")
        value = wav_of(np.zeros(round(value * sound.rate_hz), np.int16), sound.rate_hz)
    if not isinstance(value, bytes):
        raise Unfit("the sound's bytes, or a number of seconds of silence")
    if sound.coding == "raw" and is_wav(value):
        # A WAV file is asked for as bare samples: the header is the core's.
        wav = wav_in(value)
        if (wav.rate_hz, wav.channels, wav.bits) != (sound.rate_hz, 1, 16):
            raise Unfit(f"a WAV file of {sound.rate_hz:,} Hz, 16 bits and one channel")
        return samples_in(value, wav).tobytes()
    return value


# ---- voices ---------------------------------------------------------------------------------------------------------

# Which sound a profile was enrolled with, in this process; a comparison is over before its row is.
_enrolled: dict[str, tuple[Any, Any]] = {}


class Voices:
    """What a request about voices asks, and what is said to it."""

    def __init__(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self._candidates = [one.lower() for one in parse_qs(parts.query).get("profileIds", [""])[0].split(",") if one]
        step = re.search(r"/profiles(?:/([0-9a-f-]+))?(?:[:/](\w+))?$", parts.path)
        assert step is not None
        self._profile, asked = step[1], step[2]
        self.step = asked or ("delete" if request.method == "DELETE" else "create")

    @property
    def listens(self) -> bool:
        """Whether the request brings a sound."""
        return self.step in ("enrollments", "verify", "identifySingleSpeaker")

    def verb(self, answers: Mapping[str, Any]) -> str:
        """Whose request this is: one candidate may be anybody's whose answers there are."""
        ranks = self.step == "identifySingleSpeaker"
        alone = len(self._candidates) == 1 and "verify_speaker" in answers
        return "identify_speaker" if ranks and not (alone and "identify_speaker" not in answers) else "verify_speaker"

    def prepared(self, sound: Any, name: Any) -> Body | None:
        """What is said to a step before, or after, the comparison; None for the comparison itself."""
        if self.step == "create":
            return {"profileId": str(uuid.uuid4())}
        if self.step == "enrollments":
            _enrolled[str(self._profile)] = (sound, name)
            return {"profileId": self._profile, "enrollmentStatus": "Enrolled"}
        if self.step == "delete":
            _enrolled.pop(str(self._profile), None)
            return {}
        return None

    def compared(self, verb: str, sound: Any, name: Any) -> tuple[Any, Any]:
        """What the answer is looked up by, and what a function is given: a sound, two, or one and a profile's id."""
        if verb == "identify_speaker":
            return name, sound
        if self.step == "verify":
            other, other_name = _enrolled[str(self._profile)]
        else:
            (other,) = (other_name,) = self._candidates
        return (name, other_name), (sound, other)

    def said(self, verb: str, value: Any) -> Body:
        """The answer."""
        if verb == "identify_speaker":
            return self._identified(value)
        given = {"same_speaker": value} if isinstance(value, bool) else value
        if not isinstance(given, Mapping) or not isinstance(given.get("same_speaker"), bool):
            raise Unfit("True, False, or {'same_speaker': …, 'confidence': …}")
        same = given["same_speaker"]
        score = float(given.get("confidence", 1.0 if same else 0.0))
        if self.step == "verify":
            return {"recognitionResult": "Accept" if same else "Reject", "score": score}
        (candidate,) = self._candidates
        found = {"profileId": candidate, "score": score}
        return {"identifiedProfile": found if same else _nobody(), "profilesRanking": [found]}

    def _identified(self, value: Any) -> Body:
        given = value if isinstance(value, Mapping) else {"speaker": value}
        speaker = given.get("speaker")
        if not (speaker is None or isinstance(speaker, (str, uuid.UUID))):
            raise Unfit("the id of one of among=, None for nobody, or {'speaker': …, 'confidence': …}")
        score = float(given.get("confidence", 1.0))
        found = str(speaker).lower()
        ranking: Sequence[Body] = [
            {"profileId": one, "score": score if one == found else 0.0} for one in self._candidates
        ]
        known = found in self._candidates
        return {
            "identifiedProfile": {"profileId": found, "score": score} if known else _nobody(),
            "profilesRanking": sorted(ranking, key=lambda one: -one["score"]),
        }


def _nobody() -> Body:
    return {"profileId": NOBODY, "score": 0.0}
