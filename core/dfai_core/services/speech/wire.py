"""What the protocols of speech to text have in common: versions, options, rooms, and how they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson

from dfai_core.billed import SECOND, Billing
from dfai_core.errors import ConfigError
from dfai_core.media import SOUND, AsItIs, AsWav, Content, Conversion, Media, Room
from dfai_core.service import Ask, Document, Exchange, Failure, Limits, Option, Part, Values, Wiring
from dfai_core.services.speech.languages import AUTO, codes
from dfai_core.services.speech.sounds import FORMATS
from dfai_core.transports.base import Answer

__all__ = [
    "ACCEPTED",
    "API_VERSION",
    "BATCH",
    "CODES",
    "FETCH",
    "LANGUAGE",
    "LIMITS",
    "PHRASES",
    "PROFANITY",
    "SECONDS",
    "SHORT",
    "SOUNDS",
    "Steps",
    "candidates",
    "exchange",
    "json_of",
    "longer_s",
    "protocol",
    "varies",
    "versions",
    "whole_s",
]

API_VERSION = "2025-10-15"
SHORT, BATCH = "v1", "v3.2"
_DATED = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")

# ---- versions -------------------------------------------------------------------------------------------------------


def protocol(wiring: Wiring) -> Literal["short", "fast", "batch"]:
    """Which of the three protocols an api-version is."""
    return {SHORT: "short", BATCH: "batch"}.get(wiring.api_version, "fast")  # type: ignore[return-value]


def versions(version: str) -> str | None:
    """Why *version* is none that transcribes."""
    if version in (SHORT, BATCH) or _DATED.fullmatch(version):
        return None
    return (
        f'choose a date such as "{API_VERSION}" (fast transcription), "{SHORT}" (short audio) or "{BATCH}" '
        "(batch transcription)"
    )


# ---- limits ---------------------------------------------------------------------------------------------------------

# Source: Azure Speech, "Quotas and limits", 2026-01-30: fast transcription takes less than 300 MB and 120 minutes; in
# the edition of 2024-09-24, before 2025-10-15: 200 MB. Read 2026-11-26.
_FAST_BYTES, _OLD_FAST_BYTES = 290_000_000, 195_000_000
_FAST_S, _OLD_FAST_S = 7_100.0, 6_000.0  # the latter, as a WAV file, is just within 195 MB
# Source: "Speech to text REST API for short audio": no more than 60 seconds.
SHORT_S = 59.0
# More takes more memory than one row should: as a WAV file four hours are 461 MB.
_LONGEST_S = 4 * 3_600.0
_LONGEST = f'dfai\'s own: have the service fetch it, api_version="{BATCH}" with fetch="service"'
_ROOM = Room(500_000_000, FORMATS, _LONGEST)
# "Use the fast transcription API", formats, 2026-01-31.
_TAKEN = frozenset({"WAV", "MP3", "OGG", "FLAC", "AAC", "AMR", "WEBM"})

# A row is a request, or several. Its bytes are counted as they are read, by `SOUNDS`: nothing of it is packed.
LIMITS = {"azure": Limits(1, None, _ROOM.max_bytes, _LONGEST)}


def _seconds(document: Document, _: Mapping[str, Any]) -> float | None:
    """How long a sound is; None for one that was not read, or that the service is to fetch."""
    sound = document[0]
    return sound.duration_s if isinstance(sound, Content) else None


SECONDS = Billing(
    SECOND,
    _seconds,
    "Azure AI Speech, pricing: by the hour of audio",
    beside="the default price is that of fast transcription, whatever the api-version",
)


def _is_old(wiring: Wiring) -> bool:
    return wiring.api_version < API_VERSION


def whole_s(wiring: Wiring) -> float:
    """How much of a sound goes into one request."""
    if protocol(wiring) == "short":
        return SHORT_S
    return _OLD_FAST_S if _is_old(wiring) else _FAST_S


def room(_: Wiring) -> Room:
    """What is read of one row."""
    return _ROOM


def convert(wiring: Wiring) -> Conversion | None:
    """What is made of a sound before it is sent."""
    if protocol(wiring) == "batch":
        return None
    if protocol(wiring) == "short":
        return AsWav(_LONGEST_S, _LONGEST)
    return AsItIs(_TAKEN, _OLD_FAST_BYTES if _is_old(wiring) else _FAST_BYTES, whole_s(wiring), _LONGEST_S, _LONGEST)


SOUNDS = Media(SOUND, room, convert)

# Fast transcription is faster than real time: a tenth of it is a slow answer, a quarter is none.
_SHARE_OF_REAL_TIME = 0.25


def longer_s(documents: Iterable[Document]) -> float:
    """How much longer than others an attempt may take, for a long sound."""
    return sum(
        _SHARE_OF_REAL_TIME * audio.duration_s
        for audio, *_ in documents
        if isinstance(audio, Content) and audio.duration_s
    )


# ---- options ------------------------------------------------------------------------------------------------------

_PROFANITY = ("mask", "keep", "drop")


def _profanity(name: str, value: Any) -> str:
    if value in _PROFANITY:
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'mask' (asterisks), 'keep' or 'drop'.")


def _phrases(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) and one.strip() for one in value):
        return tuple(value)
    raise ConfigError(f"{name}={value!r}: expected a list of words and names to listen for.")


def _fetch(name: str, value: Any) -> str:
    if value in ("worker", "service"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'worker' (who reads URLs and sends bytes) or 'service'.")


LANGUAGE = Option("language", "request", AUTO, codes)
PROFANITY = Option("profanity", "request", "mask", _profanity)
PHRASES = Option("phrases", "request", (), _phrases)
FETCH = Option("fetch", "request", "worker", _fetch)


def candidates(wiring: Wiring) -> tuple[str, ...]:
    """The languages that may be spoken; none: any."""
    language = wiring.options["language"]
    if language == AUTO:
        return ()
    return (language,) if isinstance(language, str) else tuple(language)


def varies(wiring: Wiring, name: str) -> bool:
    """Whether rows say this option themselves, and the call does not know it yet."""
    return name in wiring.varying


# ---- requests and answers -----------------------------------------------------------------------------------------

Steps = Callable[[Sequence[Document], Sequence[Answer]], Ask | Sequence[Values | Failure | None]]

# 201 and 204: a batch transcription is created, and deleted.
ACCEPTED = frozenset({200, 201, 204})
# The services' own codes of refusals that say more than that. Source: the error codes of Speech to text v3.2 and of the
# results of its transcriptions, and those of fast transcription.
CODES = {
    "AudioLengthLimitExceeded": "too_large",
    "EmptyAudioFile": "empty",
    "InvalidAudioFormat": "unreadable",
    "InvalidAudio": "unreadable",
    "InvalidChannels": "unsupported",
    "InvalidLocale": "unsupported",
    "InvalidRecordingsUri": "unreadable",
    "InvalidUri": "unreadable",
    "MultipleLanguagesIdentified": "unsupported",
    "NoLanguageIdentified": "nothing_found",
    "UnsupportedFeature": "unsupported",
    "UnsupportedLanguageCode": "unsupported",
    "UnsupportedMediaType": "unsupported",
}


def exchange(steps: Steps, **more: Any) -> Exchange:
    """The exchange of a service whose answers may take several requests."""
    return Exchange("", unused, unread, _never, codes=CODES, headers={}, accepts=ACCEPTED, steps=steps, **more)


def json_of(answer: Answer) -> Any:
    """What an answer holds."""
    return orjson.loads(answer.body)


def unused(_: Iterable[Document]) -> bytes:
    raise AssertionError


def unread(_: Answer, __: int) -> list[Values | Failure | None]:
    raise AssertionError


def _never(_: Sequence[Part]) -> Values:
    raise ValueError("a sound is never cut into texts")
