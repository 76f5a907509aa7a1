"""The REST API for short audio: the body is the sound, the answer one text.

Source: "Speech to text REST API for short audio"; there is no machine-readable contract.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.speech import forms, phrases, profanity, taking_in, wire
from dfai_engine.speech.hearing import Heard, Wanted
from dfai_engine.speech.locales import language_of
from dfai_engine.speech.profanity import Filter
from dfai_engine.speech.wire import AZURE, Desk

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["Short", "routes", "status_of"]

PATH = "/speech/recognition/{mode}/cognitiveservices/v1"
MODES = ("conversation", "interactive", "dictation")
_FILTERS: dict[str, Filter] = {"masked": "Masked", "removed": "Removed", "raw": "None"}
# Below this a recording is silence; above, what is no speech is noise.
SILENT = 0.01


def routes(desk: Desk) -> list[Route]:
    """The route, and the same behind the prefix that tells containers of several services apart."""
    from starlette.routing import Route

    answer = protocol.endpoint(Short(desk).recognize)
    return [Route(f"{prefix}{PATH}", answer, methods=["POST"]) for prefix in ("", "/stt")]


class Short:
    """Recognises up to a minute."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def recognize(self, request: Request) -> Reply:
        """What was said, in the simple or the detailed format."""
        query = request.query_params
        if request.path_params["mode"] not in MODES:
            raise ServiceFailure("Resource not found", status=404, code="NotFound")
        language = _language(query.get("language", ""))
        detailed = _choice(query.get("format", "simple"), "format", ("simple", "detailed")) == "detailed"
        mode = _FILTERS[_choice(query.get("profanity", "masked"), "profanity", tuple(_FILTERS))]
        if query.get("cid"):
            raise _bad(f"Custom models are not here (cid); {AZURE} what they need.")
        if "pronunciation-assessment" in request.headers:
            _assessment_refused(request.headers["pronunciation-assessment"])
        accepted = self._desk.limits.short
        with self._desk.holding(wire.declared(request, accepted.max_bytes)):
            data = await protocol.body_of(request, accepted.max_bytes)
            heard = await taking_in.hear(self._desk, data, accepted, Wanted((language,)))
        said = _said(heard, language, mode, detailed=detailed)
        return protocol.reply(said, headers=wire.model_named())


def _said(heard: Heard, language: str, mode: Filter, *, detailed: bool) -> dict[str, Any]:
    status = status_of(heard)
    if status != "Success":
        return {"RecognitionStatus": status, "Offset": str(wire.ticks(heard.seconds)), "Duration": "0"}
    words = [word for phrase in heard.phrases for word in phrase.words]
    display = phrases.joined(profanity.filtered(words, language, mode, first=False))
    start_s, end_s = heard.phrases[0].start_s, max(phrase.end_s for phrase in heard.phrases)
    said: dict[str, Any] = {"RecognitionStatus": status}
    if not detailed:
        said["DisplayText"] = display
    # As strings, as the documentation's samples have them.
    said["Offset"] = str(wire.ticks(start_s))
    said["Duration"] = str(wire.ticks(end_s - start_s))
    if detailed:
        plain = forms.lexical(phrases.joined(words))
        said["NBest"] = [
            {
                "Confidence": round(phrases.confidence(words), 6),
                "Lexical": plain,
                "ITN": plain,
                "MaskedITN": forms.lexical(display),
                "Display": display,
            }
        ]
    return said


def status_of(heard: Heard) -> str:
    """The service's word for the outcome."""
    if heard.phrases:
        return "Success"
    if heard.speech_s:
        return "NoMatch"
    return "InitialSilenceTimeout" if heard.loudest < SILENT else "BabbleTimeout"


def _language(locale: str) -> str:
    if not locale:
        raise _bad("The query parameter language is missing.")
    language = language_of(locale)
    if language is None:
        raise _bad(f"The language {locale!r} is not supported here.")
    return language


def _choice(value: str, name: str, known: tuple[str, ...]) -> str:
    if value.lower() not in known:
        raise _bad(f"{name} must be one of {', '.join(known)}.")
    return value.lower()


def _assessment_refused(header: str) -> None:
    try:
        binascii.a2b_base64(header, strict_mode=True)
    except (binascii.Error, ValueError):
        raise _bad("The header Pronunciation-Assessment is not the Base64 of a JSON object.") from None
    raise ServiceFailure(
        f"Pronunciation is not assessed here; {AZURE}.", code="UnsupportedFeature", target="Pronunciation-Assessment"
    )


def _bad(message: str) -> ServiceFailure:
    return ServiceFailure(message, code="BadRequest")
