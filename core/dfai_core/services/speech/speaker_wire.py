"""What all speaker services share on the wire: profiles, sounds, limits, and how they refuse."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from dfai_core.errors import ConfigError
from dfai_core.media import SOUND, AsWav, Content, Media, Room
from dfai_core.service import Ask, Body, Document, Exchange, Failure, Limits, Part, Values, Wiring
from dfai_core.services.speech.sounds import FORMATS
from dfai_core.transports.base import Answer

__all__ = [
    "API_VERSION",
    "IDENTIFICATION",
    "LIMITS",
    "LOCALE",
    "NOBODY",
    "RANKS_OR_GONE",
    "RETIRED",
    "SOUNDS",
    "VERIFICATION",
    "Voice",
    "gone",
    "json_body",
    "json_of",
    "path",
    "profile_id",
    "refused",
    "share",
    "sound_body",
    "steps",
    "versions",
    "voice",
    "voices",
]

API_VERSION = "2021-09-05"
RETIRED = (
    "Azure retired Speaker Recognition on 2025-09-30. The local target serves it: target=dfai.local(). "
    "So does a server of it, dfai serve: target=dfai.container(url)."
)
VERIFICATION, IDENTIFICATION = "verification/text-independent", "identification/text-independent"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id where no candidate speaks. Source: Identification.json of 2021-09-05, IdentifyInfo."""
LOCALE = "en-US"
"""Text-independent profiles have one, and it makes no difference to what is compared."""

# ---- limits ---------------------------------------------------------------------------------------------------------

# Source: Verification.json and Identification.json of 2021-09-05: at most 120 seconds, sent as WAV of 5 MB at most,
# which 120 seconds of 16 kHz are less than. How large the file may be that holds them is ours.
_LONGEST_S = 120.0
_SOURCE = "Speaker Recognition 2021-09-05; read 2026-11-22"
_ROOM = Room(200_000_000, FORMATS, "our own: 120 s in any format")


def room(_: Wiring) -> Room:
    """What is read of one sound."""
    return _ROOM


def conversion(_: Wiring) -> AsWav:
    """Every sound is sent as the one form that the protocol takes."""
    return AsWav(_LONGEST_S, _SOURCE)


SOUNDS = Media(SOUND, room, conversion)

# A row is a request, or several. Its bytes are counted as they are read, by `SOUNDS`: nothing of it is packed.
LIMITS = {"azure": Limits(1, None, 5 * 2**20, f"{_SOURCE}: 5 MB")}


def versions(version: str) -> str | None:
    """Why *version* is none of the service's."""
    return None if version == API_VERSION else f'there is one: "{API_VERSION}"'


# ---- options --------------------------------------------------------------------------------------------------------


class Voice(NamedTuple):
    """A profile to compare with: its id, and what its speaker is called."""

    id: str
    name: str


def voice(name: str, value: Any) -> Voice | None:
    """The one profile that *value* names: what dfai.speakers gives back, or an id.

    Raises
    ------
    ConfigError
        It names none.
    """
    if value is None or isinstance(value, Voice):
        return value
    if isinstance(value, (str, uuid.UUID)):
        identity = profile_id(name, value)
        return Voice(identity, identity)
    if isinstance(getattr(value, "id", None), str) and isinstance(getattr(value, "name", None), str):
        identity = profile_id(name, value.id)
        return Voice(identity, value.name or identity)
    raise ConfigError(f"{name}={value!r}: expected what dfai.speakers gives back, or a profile's id.")


def voices(name: str, value: Any) -> tuple[Voice, ...] | None:
    """The profiles that *value* names, each once: a list, one alone, or ids in a text, with commas between."""
    if value is None:
        return None
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    found = [voice(name, one) for one in (value if isinstance(value, Iterable) else [value])]
    if not found or None in found:
        raise ConfigError(f"{name}: there is nobody in it: name one profile at least.")
    return tuple({one.id: one for one in found if one is not None}.values())


def profile_id(name: str, value: Any) -> str:
    """A profile's id in its usual spelling."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise ConfigError(
            f"{name}={value!r} is no profile's id. Names are known where dfai.speakers made them: "
            "dfai.speakers.list() shows both."
        ) from None


def share(name: str, value: Any) -> float | None:
    """A threshold, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(f"{name}={value!r}: expected a confidence from 0 to 1.")
    return float(value)


# ---- requests -------------------------------------------------------------------------------------------------------


def path(wiring: Wiring, kind: str, rest: str, **query: str) -> str:
    """A path of the service."""
    asked = {"api-version": wiring.api_version, **query}
    words = "&".join(f"{name}={quote(value, safe=',')}" for name, value in asked.items())
    return f"/speaker-recognition/{kind}/{rest}?{words}"


def sound_body(sound: Content) -> Body:
    """A sound as a request's body."""
    return Body(sound.data, "audio/wav; codecs=audio/pcm")


def json_body(value: Any) -> Body:
    """Anything else."""
    return Body(orjson.dumps(value), "application/json")


def steps(
    said: Callable[[Sequence[Document], Sequence[Answer]], Ask | Sequence[Values | Failure | None]],
    *,
    accepts: frozenset[int] = frozenset({200, 201, 204}),
) -> Exchange:
    """The exchange of a service whose answers take several requests."""
    return Exchange("", _unused, _unread, _never, codes=_CODES, headers={}, accepts=accepts, steps=said)


# ---- answers --------------------------------------------------------------------------------------------------------

# What the engine refuses with; the contract lists no codes.
_CODES = {
    "AudioTooShort": "nothing_found",
    "AudioTooLong": "too_large",
    "AudioTooLarge": "too_large",
    "InvalidAudioFormat": "unreadable",
    "NoSpeech": "nothing_found",
    "SpeechTooShort": "nothing_found",
}


def json_of(answer: Answer) -> Any:
    """What an answer holds."""
    return orjson.loads(answer.body)


def refused(answer: Answer, of_what: str = "") -> Failure | None:
    """Why a request was refused that is one of several, None where it was not; *of_what* begins the message."""
    if answer.status < 300:
        return None
    error = json_of(answer)["error"]
    code, words = str(error["code"]), " ".join(str(error["message"]).split())
    if answer.status == 404:
        # It was there a request ago: the server began anew, or is another one. So does the row.
        return Failure("unavailable", f"the profile of this comparison is gone: {words}", 404, True, code)
    return Failure(_CODES.get(code, "refused"), of_what + words, answer.status, False, code)


RANKS_OR_GONE = frozenset({200, 404})
"""What `gone` looks at, and what a ranking comes with."""


def gone(answers: Sequence[Answer]) -> Failure | None:
    """Why a row has no answer whose profile the service does not have, None where it has it."""
    if not answers or answers[-1].status != 404:
        return None
    words = "the service has no such profile: it was deleted, or is another target's; dfai.speakers.list() has all"
    return Failure("refused", words, 404)


def _unused(_: Any) -> bytes:
    raise AssertionError


def _unread(_: Answer, __: int) -> list[Values | Failure | None]:
    raise AssertionError


def _never(_: Sequence[Part]) -> Values:
    raise ValueError("a sound is never cut into parts")
