"""The form of the protocol's requests and answers: JSON or a WAV file in, profiles and scores out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from dfai_engine import lacking, protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.lacking import all_here
from dfai_engine.protocol import Reply
from dfai_engine.speaker import limits

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dfai_engine.speaker.hearing import Heard
    from dfai_engine.speaker.kinds import Kind
    from dfai_engine.speaker.profiles import Profile

__all__ = [
    "VERSIONS",
    "bad",
    "endpoint",
    "enrolment_of",
    "locale_of",
    "profile_id",
    "profile_of",
    "sound_of",
    "written_locale",
]

VERSIONS = ("2021-09-05",)

bad = partial(ServiceFailure, code="InvalidRequest")
# Source: "Locale" in both contracts.
_LOCALE = re.compile(r"[a-zA-Z]{2}-?[a-zA-Z]{2}")


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer."""
    error = {"code": failure.code, "message": failure.message}
    return protocol.failed({"error": error}, failure, failure.code)


def endpoint(respond: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """A route's function that speaks this version, with errors in its form."""

    async def versioned(request: Request) -> Reply:
        protocol.api_version(request.query_params, VERSIONS)
        with all_here("Speaker recognition", "speech", partial(ServiceFailure, code=lacking.CODE)):
            return await respond(request)

    return protocol.endpoint(versioned, refusal)


# ---- requests --------------------------------------------------------------------------------------------------------


async def sound_of(request: Request) -> bytes:
    """The WAV file that a request brings.

    Raises
    ------
    ServiceFailure
        413, 415, or there is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave", "application/octet-stream"):
        raise ServiceFailure(
            "Unsupported media type: send audio/wav; codecs=audio/pcm.", status=415, code="UnsupportedMediaType"
        )
    try:
        body = await protocol.body_of(request, limits.AUDIO_BYTES)
    except ServiceFailure as failure:
        raise ServiceFailure(
            f"The audio is larger than {limits.AUDIO_BYTES:,} bytes.", status=413, code="AudioTooLarge"
        ) from failure
    if not body:
        raise bad("There is no audio in the request.")
    return body


async def locale_of(request: Request, kind: Kind) -> str:
    """The locale of a profile to be made, as it is written in answers: ``en-US``."""
    body = await protocol.body_of(request, limits.JSON_BYTES)
    asked = protocol.object_in(body or b"{}", bad)
    return written_locale(asked.get("locale"), kind.locales)


def written_locale(value: object, known: tuple[str, ...] | None = None) -> str:
    """A locale in its usual spelling; one of those that are *known*, if any are."""
    if not isinstance(value, str) or not _LOCALE.fullmatch(value):
        raise bad("locale is missing or invalid: a language and a country, such as en-US.")
    written = f"{value[:2].lower()}-{value[-2:].upper()}"
    if known is not None and written.lower() not in known:
        raise ServiceFailure(
            f"The locale {written} is not served here. Served: {', '.join(known)}.", code="InvalidLocale"
        )
    return written


def profile_id(value: object, name: str = "profileId") -> str:
    """An id in the form in which it was given out."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise bad(f"{name} is invalid: it must be a GUID.") from None


# ---- answers ---------------------------------------------------------------------------------------------------------


def profile_of(profile: Profile, kind: Kind) -> dict[str, Any]:
    """TiProfileInfo, or TdProfileInfo."""
    # Nobody has to say an activation phrase here, so that profiles are active from the beginning.
    active = {} if kind.phrased else {"profileStatus": "Active"}
    return {
        "profileId": profile.id,
        "locale": profile.locale,
        **active,
        "enrollmentStatus": _status(profile),
        "createdDateTime": profile.made,
        "lastUpdatedDateTime": profile.changed,
        **_counts(profile, kind),
        "modelVersion": profile.model,
    }


def enrolment_of(profile: Profile, kind: Kind, heard: Heard) -> dict[str, Any]:
    """TiEnrollmentInfo, or TdEnrollmentInfo."""
    said = {"passPhrase": profile.phrase} if kind.phrased else {}
    return {
        "profileId": profile.id,
        "enrollmentStatus": _status(profile),
        **_counts(profile, kind),
        **said,
        "audioLengthInSec": _seconds(heard.audio_s),
        "audioSpeechLengthInSec": _seconds(heard.speech_s),
    }


def _status(profile: Profile) -> str:
    return "Enrolled" if profile.ready else "Enrolling"


def _counts(profile: Profile, kind: Kind) -> dict[str, Any]:
    if kind.phrased:
        remaining: dict[str, Any] = {"remainingEnrollmentsCount": max(0, limits.PHRASES_NEEDED - profile.count)}
    else:
        left_s = 0.0 if profile.ready else max(0.0, limits.LEAST_ENROLMENT_SPEECH_S - profile.speech_s)
        remaining = {"remainingEnrollmentsSpeechLengthInSec": _seconds(left_s)}
    return {
        "enrollmentsCount": profile.count,
        "enrollmentsLengthInSec": _seconds(profile.audio_s),
        "enrollmentsSpeechLengthInSec": _seconds(profile.speech_s),
        **remaining,
    }


def _seconds(value: float) -> float:
    return round(value, 3)
