"""Fast transcription: a form of a sound and what is asked of it; the answer comes at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from dfai_core.errors import ConfigError
from dfai_core.media import Content
from dfai_core.service import Ask, Body, Document, Exchange, Failure, Values, Wiring
from dfai_core.services.speech.heard import Heard, joined, segment, values, word
from dfai_core.services.speech.languages import locale
from dfai_core.services.speech.pieces import Pieces
from dfai_core.services.speech.wire import (
    API_VERSION,
    candidates,
    exchange,
    json_of,
    longer_s,
    whole_s,
)
from dfai_core.transports.base import Answer

__all__ = ["Asking", "exchange_of", "read"]

# Source: Fast transcription's contract (ProfanityFilterMode).
PROFANITY = {"mask": "Masked", "keep": "None", "drop": "Removed"}
_LOOK_S = 120.0


class Asking:
    """The requests of one call's sounds, piece by piece where they are long.

    *definition* says what is asked of each.
    """

    __slots__ = ("_boundary", "_definition", "_path", "_pieces")

    def __init__(self, wiring: Wiring, definition: Mapping[str, Any]) -> None:
        self._path = f"/speechtotext/transcriptions:transcribe?api-version={wiring.api_version}"
        self._definition = definition
        self._pieces = Pieces(whole_s(wiring), _LOOK_S)
        # Once for all requests: it is part of their type, whose headers are then made once.
        self._boundary = f"dfai{uuid.uuid4().hex}"

    def has(self, sound: Content | str, number: int) -> bool:
        """Whether there is a piece *number*, from 0."""
        return number == 0 if isinstance(sound, str) else self._pieces.has(sound, number)

    def count(self, sound: Content) -> int:
        """How many requests *sound* takes."""
        return self._pieces.count(sound)

    def ask(self, sound: Content | str, number: int) -> Ask:
        """The request for piece *number*."""
        if isinstance(sound, str):
            return Ask(self._path, self._form({**self._definition, "audioUrl": sound}, None, ""))
        return Ask(self._path, self._form(self._definition, self._pieces.piece(sound, number), sound.type))

    def heard(self, sound: Content | str, answers: Sequence[Answer]) -> Heard:
        """What all *answers* say of *sound*."""
        pieces = [read(json_of(answer)) for answer in answers]
        if len(pieces) == 1:
            return pieces[0]
        assert isinstance(sound, Content)
        assert sound.duration_s is not None
        return joined(pieces, self._pieces.starts_s(sound), sound.duration_s)

    def _form(self, definition: Mapping[str, Any], audio: bytes | None, type: str) -> Body:
        """Source: RFC 7578."""
        parts = [("definition", "", "application/json", orjson.dumps(definition))]
        if audio is not None:
            name = f"audio.{type.rpartition('/')[2]}"
            parts.append(("audio", f'; filename="{name}"', type, audio))
        written: list[bytes] = []
        for name, more, kind, content in parts:
            head = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\nContent-Type: {kind}'
            written += [head.encode(), b"\r\n\r\n", content, b"\r\n"]
        written.append(f"--{self._boundary}--\r\n".encode())
        return Body(b"".join(written), f"multipart/form-data; boundary={self._boundary}")


def exchange_of(wiring: Wiring, definition: Mapping[str, Any], told: Callable[[Heard], Values | Failure]) -> Exchange:
    """The exchange of one call; *told* makes the answer's values."""
    asking = Asking(wiring, definition)

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((sound, *_),) = documents
        if asking.has(sound, len(answers)):
            return asking.ask(sound, len(answers))
        return [told(asking.heard(sound, answers))]

    return exchange(said, longer_s=longer_s)


def transcription(wiring: Wiring) -> Exchange:
    """The exchange of ``transcribe``."""
    definition: dict[str, Any] = {"profanityFilterMode": PROFANITY[wiring.options["profanity"]]}
    if languages := candidates(wiring):
        definition["locales"] = [locale(one) for one in languages]
    if wiring.options["phrases"]:
        _newest(wiring, "phrases")
        definition["phraseList"] = {"phrases": list(wiring.options["phrases"])}
    if wiring.options["fetch"] == "service":
        _newest(wiring, "fetch")
    return exchange_of(wiring, definition, lambda heard: values(heard, wiring.include))


def _newest(wiring: Wiring, option: str) -> None:
    if wiring.api_version < API_VERSION:
        raise ConfigError(
            f"{option}={wiring.options[option]!r} takes fast transcription {API_VERSION}: leave api_version out."
        )


def read(body: Mapping[str, Any]) -> Heard:
    """What an answer says. Its times are milliseconds, under other names before 2024-11-15."""
    phrases = body["phrases"]
    segments = [
        segment(
            phrase["text"],
            *_times(phrase),
            language=phrase.get("locale"),
            # Of large language models the service knows none, and says 0.
            confidence=phrase.get("confidence") or None,
            speaker=phrase.get("speaker"),
            channel=phrase.get("channel"),
        )
        for phrase in phrases
    ]
    words = [word(one["text"], *_times(one)) for phrase in phrases for one in phrase.get("words") or ()]
    nbest = [
        {"segment": place, "text": one["text"], "confidence": one["confidence"]} for place, one in enumerate(segments)
    ]
    text = "\n".join(one["text"] for one in body["combinedPhrases"] if one["text"])
    return Heard(text, _ms(body, "duration") / 1_000, segments, words, nbest)


def _times(held: Mapping[str, Any]) -> tuple[float, float]:
    return _ms(held, "offset") / 1_000, _ms(held, "duration") / 1_000


def _ms(held: Mapping[str, Any], name: str) -> float:
    found = held.get(f"{name}Milliseconds")
    return float(held[name] if found is None else found)
