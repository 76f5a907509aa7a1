"""The routes that turn words into sounds: text to speech v1, its list of voices, and batch synthesis."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dfai_engine import lacking, protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.families import Room
from dfai_engine.lacking import all_here
from dfai_engine.protocol import Reply
from dfai_engine.speech.unspoken import refused
from dfai_engine.speech.voices import VOICES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from dfai_engine.threads import Threads

__all__ = ["MAX_S", "SPEAKER", "routes", "speaking"]

T = TypeVar("T")
# Source: Azure AI Speech, "Quotas and limits" and "Text to speech REST API", read 2026-11-26: what would be longer is
# cut there. A user agent has fewer than 255 characters.
MAX_S = 600.0
_MOST_AGENT_CHARS = 254
# Ours: far more than is spoken in that time.
_MAX_BYTES = 1 << 20
# Which voices spoke: not always those that were named.
SPEAKER = "x-dfai-voice"


def routes(room: Room) -> list[Route]:
    """All of them: at a resource's own host what a region's host for speech has stands below ``/tts``."""
    from starlette.routing import Route

    from dfai_engine.speech import batch_synthesis_routes

    served = Speaking(room.threads)
    return [
        *(
            route
            for prefix in ("", "/tts")
            for route in (
                Route(f"{prefix}/cognitiveservices/voices/list", protocol.endpoint(served.voices), methods=["GET"]),
                Route(f"{prefix}/cognitiveservices/v1", protocol.endpoint(served.speak), methods=["POST"]),
            )
        ),
        *batch_synthesis_routes.routes(room),
    ]


class Speaking:
    """Voices, and what they say."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def voices(self, _: Request) -> Reply:
        """Who speaks here."""
        return protocol.reply([voice.described() for voice in VOICES])

    async def speak(self, request: Request) -> Reply:
        """SSML to a sound in the format that the request's header names."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/ssml+xml":
            raise refused("UnsupportedMediaType", "The Content-Type must be application/ssml+xml.", status=415)
        wanted = request.headers.get("x-microsoft-outputformat", "")
        if not wanted:
            raise refused("MissingHeader", "The header X-Microsoft-OutputFormat is missing.")
        if not 1 <= len(request.headers.get("user-agent", "")) <= _MOST_AGENT_CHARS:
            raise refused("MissingHeader", f"The header User-Agent must have 1 to {_MOST_AGENT_CHARS} characters.")
        body = await protocol.body_of(request, _MAX_BYTES)
        if not body.strip():
            raise refused("InvalidSsml", "The request body is empty.")
        return await self._threads.run(speaking, lambda: self._spoken(body, wanted))

    @staticmethod
    def _spoken(body: bytes, wanted: str) -> Reply:
        from dfai_engine.speech.formats import format_named
        from dfai_engine.speech.speaking import sound_of
        from dfai_engine.speech.ssml import read_ssml

        form = format_named(wanted)
        script = read_ssml(body)
        sound = sound_of(script, form, MAX_S)
        headers = {
            "Content-Type": form.media_type,
            SPEAKER: ", ".join(script.voices),
            "csp-billing-usage": f"CognitiveServices.Speech.TextToSpeech.Characters={script.characters}",
        }
        return Reply(200, sound.data, headers)


def speaking(work: Callable[[], T]) -> T:
    """What *work* gives; packages that it lacks on this machine become a sentence.

    Raises
    ------
    ServiceFailure
        Also for missing packages, as ``FeatureNotAvailable``: no other request would fare better.
    """
    with all_here("Speech", "speech", partial(ServiceFailure, inner_code=lacking.CODE)):
        return work()
