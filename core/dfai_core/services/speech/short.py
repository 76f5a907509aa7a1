"""Speech to text for short audio: a WAV file of up to a minute in a request, longer sounds piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dfai_core.errors import ConfigError
from dfai_core.media import Content
from dfai_core.service import Ask, Body, Document, Exchange, Failure, Values, Wiring
from dfai_core.services.speech.heard import Heard, joined, segment, values
from dfai_core.services.speech.languages import locale
from dfai_core.services.speech.pieces import Pieces
from dfai_core.services.speech.wire import SHORT, candidates, exchange, json_of, varies, whole_s
from dfai_core.transports.base import Answer

__all__ = ["TICKS_PER_S", "ask", "best", "read", "transcription"]

TICKS_PER_S = 10_000_000
PROFANITY = {"mask": "masked", "keep": "raw", "drop": "removed"}
_LOOK_S = 15.0
_NOTHING = frozenset({"NoMatch", "InitialSilenceTimeout", "BabbleTimeout"})
_TYPE = "audio/wav; codecs=audio/pcm; samplerate=16000"


def ask(language: str, sound: bytes, headers: Mapping[str, str] | None = None, profanity: str = "masked") -> Ask:
    """The request for a WAV file."""
    path = (
        "/speech/recognition/conversation/cognitiveservices/v1"
        f"?language={quote(language, safe='')}&format=detailed&profanity={profanity}"
    )
    return Ask(path, Body(sound, _TYPE), host="stt", headers={"Accept": "application/json", **(headers or {})})


def transcription(wiring: Wiring) -> Exchange:
    """The exchange of ``transcribe``."""
    _check(wiring)
    language = locale(next(iter(candidates(wiring)), "en"))
    profanity = PROFANITY[wiring.options["profanity"]]
    pieces = Pieces(whole_s(wiring), _LOOK_S)

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((sound, *_),) = documents
        assert isinstance(sound, Content)
        if pieces.has(sound, len(answers)):
            return ask(language, pieces.piece(sound, len(answers)), profanity=profanity)
        heard = [read(json_of(answer), language) for answer in answers]
        assert sound.duration_s is not None
        return [values(joined(heard, pieces.starts_s(sound), sound.duration_s), wiring.include)]

    return exchange(said)


def _check(wiring: Wiring) -> None:
    """Raises ConfigError for what this protocol does not know."""
    languages = candidates(wiring)
    if not varies(wiring, "language") and len(languages) != 1:
        told = "it does not detect them" if not languages else "it takes one"
        raise ConfigError(
            f'api_version="{SHORT}" needs to be told the language; {told}. Say language="en", take it from a column '
            "(dfai.col), or leave api_version out: fast transcription detects it."
        )
    for name, wanted in (("phrases", bool(wiring.options["phrases"])), ("fetch", wiring.options["fetch"] != "worker")):
        if wanted:
            raise ConfigError(f'api_version="{SHORT}" has no {name}: leave api_version out.')
    if "words" in wiring.include:
        raise ConfigError(f'api_version="{SHORT}" tells no words apart: leave api_version out, or "words".')


def best(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first alternative of an answer; None where nothing was said, or understood.

    Raises
    ------
    ValueError
        The service failed, and says so with status 200.
    """
    status = body["RecognitionStatus"]
    if status in _NOTHING:
        return None
    if status != "Success":
        raise ValueError(f"the service says {status}")
    # What consists of nothing but dropped profanity has no result.
    found = body.get("NBest") or [{"Display": body.get("DisplayText", "")}]
    first: Mapping[str, Any] = found[0]
    return first


def read(body: Mapping[str, Any], language: str) -> Heard:
    """What an answer says of a piece. Times are ticks of 100 ns, as numbers or as texts."""
    first = best(body)
    if first is None or not first["Display"]:
        return Heard("", None)
    start_s, duration_s = float(body["Offset"]) / TICKS_PER_S, float(body["Duration"]) / TICKS_PER_S
    told = segment(first["Display"], start_s, duration_s, language=language, confidence=first.get("Confidence"))
    nbest = [
        {"segment": 0, "text": one["Display"], "confidence": one.get("Confidence")} for one in body.get("NBest") or ()
    ]
    return Heard(first["Display"], None, [told], [], nbest)
