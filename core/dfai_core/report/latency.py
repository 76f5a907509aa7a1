"""How long answers took: bins whose width grows with the time, so that one increment an answer is enough."""

from __future__ import annotations

from collections.abc import Mapping
from math import log2

__all__ = ["BINS", "bin_of", "bounds_s", "quantile_s"]

# From a tenth of a millisecond to almost two hours; a bin is 9 % wide, so that no quantile is off by more.
_LOWEST_S = 1e-4
_PER_OCTAVE = 8
BINS = 26 * _PER_OCTAVE


def bin_of(seconds: float) -> int:
    """The place of a latency among the bins.

    >>> bin_of(0.0), bin_of(0.05) == bin_of(0.0501), bin_of(1e9) == BINS - 1
    (0, True, True)
    """
    if seconds <= _LOWEST_S:
        return 0
    place = int(log2(seconds / _LOWEST_S) * _PER_OCTAVE)
    return place if place < BINS else BINS - 1


def bounds_s(place: int) -> tuple[float, float]:
    """From where to where a bin reaches."""
    return _LOWEST_S * 2.0 ** (place / _PER_OCTAVE), _LOWEST_S * 2.0 ** ((place + 1) / _PER_OCTAVE)


def quantile_s(counts: Mapping[int, int], share: float) -> float | None:
    """The latency that a *share* of the answers stayed within; None where there was no answer.

    >>> quantile_s({}, 0.5) is None
    True
    >>> low, high = bounds_s(bin_of(0.05))
    >>> low <= quantile_s({bin_of(0.05): 10, bin_of(5.0): 1}, 0.5) <= high
    True
    """
    rank = share * sum(counts.values())
    passed = 0
    for place in sorted(counts):
        count = counts[place]
        if count and passed + count >= rank:
            low, high = bounds_s(place)
            return float(low * (high / low) ** max(0.0, (rank - passed) / count))
        passed += count
    return None
