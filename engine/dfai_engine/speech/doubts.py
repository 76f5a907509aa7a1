"""When not to believe what a recogniser says: words for silence, and sentences that go round in circles."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

__all__ = ["compression", "goes_round", "nothing_said", "too_fast"]

# Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), section 4.5: the
# thresholds of its decoding.
MOST_COMPRESSION = 2.4
NO_SPEECH = 0.6
LEAST_LOG_PROBABILITY = -1.0

# Nobody speaks faster; an auctioneer says some 25 letters a second.
MOST_LETTERS_PER_S = 30.0
LONGEST_ROUND_WORDS = 12
MOST_ROUNDS = 3


def compression(text: str) -> float:
    """How many times smaller a text becomes when it is packed: high for one that repeats itself.

    >>> compression("no " * 60) > 10 > compression("He was not an ill-disposed young man.")
    True
    """
    packed = text.encode()
    return len(packed) / len(zlib.compress(packed)) if packed else 0.0


def nothing_said(no_speech: float, mean_log_probability: float) -> bool:
    """Whether the words are the model's own: it heard no speech, and doubts them itself."""
    return no_speech > NO_SPEECH and mean_log_probability < LEAST_LOG_PROBABILITY


def too_fast(text: str, seconds: float) -> bool:
    """Whether nobody could have said *text* in that time, so that it is the model that repeats itself."""
    return len(text) > MOST_LETTERS_PER_S * max(1.0, seconds) and compression(text) > MOST_COMPRESSION


def goes_round(words: Sequence[str]) -> tuple[int, int] | None:
    """The words that repeat what stands just before them, as (first, behind the last); None if none do.

    Only for texts that are :func:`too_fast`: people do say things four times.

    >>> goes_round("so it goes on and on and on and on and on then".split())
    (5, 11)
    >>> goes_round("a rose is a rose is a rose".split())
    """
    plain = [word.strip(" .,!?").lower() for word in words]
    for first in range(len(plain)):
        for size in range(1, min(LONGEST_ROUND_WORDS, (len(plain) - first) // (MOST_ROUNDS + 1)) + 1):
            unit = plain[first : first + size]
            rounds = 1
            while plain[first + rounds * size : first + (rounds + 1) * size] == unit:
                rounds += 1
            if rounds > MOST_ROUNDS:
                return first + size, first + rounds * size
    return None
