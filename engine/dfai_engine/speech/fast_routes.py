"""Fast transcription: a file comes with the request, and its words with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine import protocol
from dfai_engine.protocol import Reply
from dfai_engine.speech import answers, definition, multipart, taking_in, translating, wire
from dfai_engine.speech.hearing import Heard, Wanted
from dfai_engine.speech.wire import Desk, refused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from dfai_engine.speech.definition import Definition

__all__ = ["Fast", "routes"]

FORM_BYTES = 1_000_000  # a form has besides its file


def routes(desk: Desk) -> list[Route]:
    """The one route."""
    from starlette.routing import Route

    path = "/speechtotext/transcriptions:transcribe"
    return [Route(path, wire.endpoint(Fast(desk).transcribe), methods=["POST"])]


class Fast:
    """Transcribes, and translates, while the client waits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def transcribe(self, request: Request) -> Reply:
        """The words of the form's audio, as its definition wants them."""
        version = protocol.api_version(request.query_params, definition.VERSIONS)
        limits = self._desk.limits.fast
        with self._desk.holding(wire.declared(request, limits.max_bytes)):
            parts = await multipart.parts_of(request, limits.max_bytes + FORM_BYTES)
            if "definition" not in parts:
                raise refused("InvalidPayload", "The form has no part named definition.")
            asked = definition.read(parts.pop("definition"), version)
            data = parts.pop("audio", b"")
            parts.clear()
            if asked.target is not None:
                # Asked before anything is heard: the most expensive way to be told no is last.
                translating.through_english(asked.target, asked.languages)
            if not data and asked.audio_url:
                data = await self._fetched(asked.audio_url)
            elif not data:
                raise refused("EmptyAudioFile", "The form has no part named audio, or it is empty.")
            heard = await self._heard(data, asked)
        return protocol.reply(answers.fast(heard, asked, version), headers=wire.model_named())

    async def _fetched(self, url: str) -> bytes:
        from dfai_engine.speech import addresses

        return await addresses.fetch(url, self._desk.limits.fast.max_bytes)

    async def _heard(self, data: bytes, asked: Definition) -> Heard:
        english = asked.target is not None and translating.through_english(asked.target, asked.languages)
        wanted = Wanted(asked.languages, "translate" if english else "transcribe", asked.hints)
        heard = await taking_in.hear(self._desk, data, self._desk.limits.fast, wanted, asked.channels)
        if asked.target is None:
            return heard
        target = asked.target
        return await self._desk.threads.run(lambda: translating.translated(heard, target, english=english))
