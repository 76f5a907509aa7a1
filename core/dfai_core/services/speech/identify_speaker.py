"""Which of several known voices speaks in a sound."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dfai_core.service import Ask, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.speech.sounds import RATE_HZ
from dfai_core.services.speech.speaker_wire import (
    API_VERSION,
    IDENTIFICATION,
    LIMITS,
    NOBODY,
    RANKS_OR_GONE,
    RETIRED,
    SOUNDS,
    Voice,
    gone,
    json_of,
    path,
    share,
    sound_body,
    steps,
    versions,
    voices,
)
from dfai_core.transports.base import Answer

__all__ = ["IDENTIFY_SPEAKER"]

# Source: Identification.json of 2021-09-05: at most 50 candidates a request.
_CANDIDATES = 50


def _wire(wiring: Wiring) -> Exchange:
    among: tuple[Voice, ...] = wiring.options["among"] or ()
    threshold: float | None = wiring.options["threshold"]
    groups = [among[start : start + _CANDIDATES] for start in range(0, len(among), _CANDIDATES)]
    names = {known.id: known.name for known in among}

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((audio, *_),) = documents
        if not groups:
            return [Failure("nothing_found", "the row names no profiles to compare with")]
        if (failure := gone(answers)) is not None:
            return [failure]
        if len(answers) < len(groups):
            ids = ",".join(known.id for known in groups[len(answers)])
            query = {"ignoreMinLength": "true", "profileIds": ids}
            return Ask(path(wiring, IDENTIFICATION, "profiles:identifySingleSpeaker", **query), sound_body(audio))
        found = [json_of(answer) for answer in answers]
        ranked = [
            (float(one["score"]), str(one["profileId"]).lower()) for each in found for one in each["profilesRanking"]
        ]
        score, identity = max(ranked)
        if threshold is not None:
            known = score >= threshold
        else:
            # The service's own line, which it tells by whom it names: where one group has somebody, so have all.
            known = any(str(each["identifiedProfile"]["profileId"]) != NOBODY for each in found)
        if not known:
            of = "the voice" if len(names) == 1 else f"none of the {len(names)} voices"
            words = "is another one" if len(names) == 1 else "speaks here"
            return [Failure("nothing_found", f"{of} {words}; the most alike has a confidence of {score:.2f}", 200)]
        return [(names[identity], score)]

    return steps(said, accepts=RANKS_OR_GONE)


IDENTIFY_SPEAKER = Service(
    name="identify_speaker",
    family="speech",
    noun="speaker",
    inputs=("audio",),
    columns=(
        Column("", pa.string(), "Who speaks: the name of the profile most alike, or its id where it has none."),
        Column("_confidence", pa.float64(), "How alike the voices are, from 0 to 1."),
    ),
    options=(Option("among", "request", None, voices), Option("threshold", "request", None, share), RATE_HZ),
    limits=LIMITS,
    operation="TextIndependent_IdentifySingleSpeaker",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=SOUNDS,
    retired=RETIRED,
    known_as=("SpeakerIdentification", "identify_speakers", "IdentifySpeaker"),
    keeps=False,  # the profiles may have changed meanwhile
)
