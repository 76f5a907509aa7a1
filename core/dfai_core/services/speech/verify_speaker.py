"""Whether two sounds are spoken by the same voice, or one by the voice of a profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Ask, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.speech.sounds import RATE_HZ
from dfai_core.services.speech.speaker_wire import (
    API_VERSION,
    IDENTIFICATION,
    LIMITS,
    LOCALE,
    RANKS_OR_GONE,
    RETIRED,
    SOUNDS,
    VERIFICATION,
    Voice,
    gone,
    json_body,
    json_of,
    path,
    refused,
    share,
    sound_body,
    steps,
    versions,
    voice,
)
from dfai_core.transports.base import Answer

__all__ = ["VERIFY_SPEAKER", "VERIFY_SPEAKER_AMONG"]

# The profile of a comparison is deleted when it is over. Where that cannot be asked for (the server is gone, the worker
# dies) the engine ends it by itself: the parameter is the engine's own, others ignore it.
_LIFETIME_S = 600
# A refusal of one step does not end the row: the profile is deleted before.
_ANSWERS = frozenset({200, 201, 204, 400, 404, 409, 413, 415})


def _wire(wiring: Wiring) -> Exchange:
    threshold: float | None = wiring.options["threshold"]

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((audio, other, *_),) = documents
        if not answers:
            asked = path(wiring, VERIFICATION, "profiles", lifetimeInSec=str(_LIFETIME_S))
            return Ask(asked, json_body({"locale": LOCALE}))
        created, *rest = answers
        if (failure := refused(created)) is not None:
            return [failure]
        profile = f"profiles/{json_of(created)['profileId']}"
        if not rest:
            return Ask(path(wiring, VERIFICATION, f"{profile}/enrollments", ignoreMinLength="true"), sound_body(other))
        wrong = refused(rest[0], "the second sound: ")
        if wrong is None and len(rest) == 1:
            return Ask(path(wiring, VERIFICATION, f"{profile}:verify", ignoreMinLength="true"), sound_body(audio))
        compared = len(rest) > 1 and wrong is None
        if len(rest) == 1 + compared:
            return Ask(path(wiring, VERIFICATION, profile), method="DELETE")
        wrong = wrong or refused(rest[1], "the first sound: ")
        if wrong is not None:
            return [wrong]
        found = json_of(rest[1])
        score = float(found["score"])
        accepted = str(found["recognitionResult"]).lower() == "accept"
        return [(accepted if threshold is None else score >= threshold, score)]

    return steps(said, accepts=_ANSWERS)


def _among(wiring: Wiring) -> Exchange:
    threshold: float | None = wiring.options["threshold"]
    place = wiring.varying.index("among") if "among" in wiring.varying else None

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((audio, *options),) = documents
        try:
            known: Voice | None = wiring.options["among"] if place is None else voice("among", options[place])
        except ConfigError as error:
            return [Failure("unsupported", str(error))]
        if known is None:
            return [Failure("nothing_found", "the row names no profile to compare with")]
        if not answers:
            query = {"ignoreMinLength": "true", "profileIds": known.id}
            return Ask(path(wiring, IDENTIFICATION, "profiles:identifySingleSpeaker", **query), sound_body(audio))
        if (failure := gone(answers)) is not None:
            return [failure]
        found = json_of(answers[0])
        score = float(found["profilesRanking"][0]["score"])
        accepted = str(found["identifiedProfile"]["profileId"]).lower() == known.id
        return [(accepted if threshold is None else score >= threshold, score)]

    return steps(said, accepts=RANKS_OR_GONE)


def _none(name: str, value: object) -> None:
    if value is not None:
        raise ConfigError(f"{name}={value!r}: compare with another column, or with a profile, not with both.")


_PAIRS = Service(
    name="verify_speaker",
    family="speech",
    noun="same_speaker",
    inputs=("audio", "other"),
    columns=(
        Column("", pa.bool_(), "Whether the same voice speaks."),
        Column("_confidence", pa.float64(), "How alike the voices are, from 0 to 1."),
    ),
    options=(Option("among", "request", None, _none), Option("threshold", "request", None, share), RATE_HZ),
    limits=LIMITS,
    asks=4,
    operation="TextIndependent_VerifyProfile",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=SOUNDS,
    retired=RETIRED,
    known_as=("SpeakerVerification", "verify_speakers", "VerifySpeaker"),
)

VERIFY_SPEAKER_AMONG = replace(
    _PAIRS,
    inputs=("audio",),
    options=(Option("among", "document", None, voice), *_PAIRS.options[1:]),
    operation="TextIndependent_IdentifySingleSpeaker",
    wire=_among,
    asks=1,
    keeps=False,  # the profile may have changed meanwhile
)
"""The same verb, where a profile stands in the place of the second sound."""

VERIFY_SPEAKER = replace(_PAIRS, forms={"among": VERIFY_SPEAKER_AMONG})
