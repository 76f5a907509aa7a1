"""What is asked about voices: enrolled, verified, identified. A WAV file and profiles in, JSON out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker import limits, listening
from dfai_engine.speaker.encoder import encode
from dfai_engine.speaker.hearing import Heard, hear
from dfai_engine.speaker.kinds import Kind
from dfai_engine.speaker.profiles import Profile, Profiles
from dfai_engine.speaker.similarity import ACCEPT, cosines, scores
from dfai_engine.speaker.wav import samples_of

__all__ = ["enrol", "identified", "verified"]


def enrol(profiles: Profiles, kind: Kind, identity: str, sound: bytes, *, at_once: bool) -> tuple[Profile, Heard]:
    """One more sound for a profile; where its kind has phrases, one of them, and the same each time."""
    samples = samples_of(sound)
    heard = hear(samples, longest_s=limits.LONGEST_PHRASE_S if kind.phrased else limits.MOST_AUDIO_S)
    phrase = None
    if kind.phrased:
        before = profiles.get(kind, identity)
        phrase = listening.phrase_in(samples, before.locale, before.phrase)
    return profiles.enrol(kind, identity, heard, encode(heard.speech), phrase=phrase, at_once=at_once), heard


def verified(profile: Profile, kind: Kind, sound: bytes, *, short: bool) -> dict[str, Any]:
    """Whether the profile's voice speaks; where its kind has phrases, and says its own."""
    samples = samples_of(sound)
    heard = hear(samples, longest_s=limits.LONGEST_PHRASE_S if kind.phrased else limits.MOST_AUDIO_S)
    if kind.phrased:
        listening.phrase_in(samples, profile.locale, profile.phrase)
    else:
        _check_length(heard, short)
    (score,) = _scores(heard, [profile])
    return {"recognitionResult": "accept" if score >= ACCEPT else "reject", "score": score}


def identified(profiles: Sequence[Profile], sound: bytes, *, nobody: str, short: bool) -> dict[str, Any]:
    """Which profile's voice speaks, *nobody* where none of them does; and the most alike."""
    heard = hear(samples_of(sound))
    _check_length(heard, short)
    found = _scores(heard, profiles)
    order = sorted(range(len(profiles)), key=lambda place: (-found[place], profiles[place].id))[: limits.RANKED]
    ranking = [{"profileId": profiles[place].id, "score": found[place]} for place in order]
    return {
        "identifiedProfile": ranking[0] if found[order[0]] >= ACCEPT else {"profileId": nobody, "score": 0.0},
        "profilesRanking": ranking,
    }


def _scores(heard: Heard, profiles: Sequence[Profile]) -> list[float]:
    held = np.stack([profile.voice for profile in profiles if profile.voice is not None])
    return [round(float(score), 5) for score in scores(cosines(encode(heard.speech).total, held))]


def _check_length(heard: Heard, short: bool) -> None:
    if not short and heard.speech_s < limits.LEAST_SPEECH_S:
        raise ServiceFailure(
            f"There is too little speech: {heard.speech_s:.2f} s; {limits.LEAST_SPEECH_S:g} s are needed, unless "
            "ignoreMinLength=true.",
            code="SpeechTooShort",
        )
