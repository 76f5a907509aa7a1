"""How long and how large a sound may be, how much of it must be speech. In one table, with its source."""

from __future__ import annotations

__all__ = [
    "AUDIO_BYTES",
    "CANDIDATES",
    "DEFAULT_PAGE",
    "JSON_BYTES",
    "LARGEST_PAGE",
    "LEAST_AUDIO_S",
    "LEAST_ENROLMENT_SPEECH_S",
    "LEAST_SNR_DB",
    "LEAST_SPEECH_S",
    "LONGEST_LIFETIME_S",
    "LONGEST_PHRASE_S",
    "MOST_AUDIO_S",
    "MOST_CLIPPED",
    "MOST_ENROLMENTS",
    "MOST_ENROLMENT_S",
    "MOST_PASSING",
    "PHRASES_NEEDED",
    "RANKED",
    "SHORTEST_LIFETIME_S",
]

# Source: Verification.json and Identification.json of 2021-09-05: the limitations of each operation.
AUDIO_BYTES = 5 << 20
LEAST_AUDIO_S, MOST_AUDIO_S = 1.0, 120.0
LONGEST_PHRASE_S = 10.0  # of a text-dependent profile
LEAST_SPEECH_S = 4.0  # to verify and to identify, unless ignoreMinLength
LEAST_ENROLMENT_SPEECH_S = 20.0  # for a voice print, unless ignoreMinLength
MOST_ENROLMENT_S = 300.0  # of audio, all enrolments of a profile together
PHRASES_NEEDED, MOST_ENROLMENTS = 3, 50  # of a text-dependent profile
LEAST_SNR_DB = 2.0
CANDIDATES = 50
RANKED = 5
DEFAULT_PAGE, LARGEST_PAGE = 100, 500

# Ours. More of a sound at full scale is another sound: how its voice was is not known any more.
MOST_CLIPPED = 0.1
JSON_BYTES = 10_000
# Profiles that clients make for one comparison, and the longest that such a one lives.
SHORTEST_LIFETIME_S, LONGEST_LIFETIME_S = 60, 86_400
MOST_PASSING = 100_000
