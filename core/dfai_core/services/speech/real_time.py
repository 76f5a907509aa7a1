"""Text to speech v1: SSML in, a sound out, in one request."""

from __future__ import annotations

from collections.abc import Sequence

from dfai_core.service import Ask, Body, Document, Exchange, Failure, Values, Wiring
from dfai_core.services.speech.speaking import CODES, speaking_of
from dfai_core.services.speech.wire import unread, unused
from dfai_core.transports.base import Answer

__all__ = ["real_time"]

_PATH = "/cognitiveservices/v1"
# As an application's name, which the service demands.
_AGENT = "dfai"


def real_time(wiring: Wiring) -> Exchange:
    """The exchange of one document, at the host of a region that speaks."""
    speaking = speaking_of(wiring)
    headers = {"X-Microsoft-OutputFormat": speaking.sound.name, "User-Agent": _AGENT}

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        if answers:
            return [speaking.heard(_sound(answers[0]))]
        (document,) = documents
        made = speaking.document(document)
        if isinstance(made, Failure):
            return [made]
        return Ask(_PATH, Body(made, "application/ssml+xml"), host="tts", headers=headers)

    return Exchange(
        _PATH,
        unused,
        unread,
        speaking.merge,
        finish=speaking.finish,
        headers={},
        codes=CODES,
        check=speaking.check,
        whole=not speaking.plain or not speaking.sound.can_be_joined,
        steps=said,
    )


def _sound(answer: Answer) -> bytes:
    kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if kind in ("application/json", "text/html", "text/plain"):
        raise ValueError("the answer is no sound")
    return bytes(answer.body)
