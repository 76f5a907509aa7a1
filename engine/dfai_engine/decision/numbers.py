"""Robust numbers: medians, spreads and running medians that a few wild points do not move."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

__all__ = ["HALF", "Bools", "Floats", "Places", "median", "running_median", "sliding_median", "spread_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Absolute normal deviates below which these shares of draws stay.
_SHARES = np.array([0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97])
_DEVIATES = np.array(
    [
        0.6744898,
        0.8416212,
        1.0364334,
        1.1503494,
        1.2815516,
        1.4395315,
        1.6448536,
        1.7804643,
        1.9599640,
        2.0537489,
        2.1700904,
    ]
)
HALF = float(_DEVIATES[0])
SHOULDERS = (0.95, 0.97)
# Of a short series, this many points may be far off without counting as its ordinary spread.
FEW = 3
# Farther than so many spreads, points tell nothing of the ordinary spread, unless they are more than a twentieth.
FAR, FAR_SHARE = 6.0, 0.05
# How much more a heavy tail counts, as a power of how heavy it is, and up to which heaviness.
HEAVIER, HEAVIEST = 0.25, 2.0
# Points at which a running median is worked out; between them it is interpolated, which keeps it linear in the series.
BLOCKS = 128


def spread_of(distances: Floats) -> float:
    """The standard deviation that absolute residuals speak of, whatever the wildest of them are.

    The larger of two answers: by their median, and by the values that 95 and 97 in 100 stay below. They agree for
    normal noise. Where noise has heavy tails the second is larger, and a little more is added for the tail beyond, so
    that what is ordinary in such a series is not taken for extraordinary. 0 only if all are 0.

    >>> float(round(spread_of(np.abs(np.random.default_rng(0).normal(0, 2, 10_000))), 1))
    2.0
    """
    # Asked a dozen times a series, mostly of some hundred values: numpy's methods and plain numbers take half the time
    # of its functions here.
    ordered = distances.copy()
    ordered.sort()
    count = len(ordered)
    core = _between(ordered, count, 0.5) / HALF
    near = int(ordered.searchsorted(FAR * core, side="right"))
    if count - near > max(FEW, FAR_SHARE * count):
        near = count
    most = max(0.5, 1 - FEW / near)
    shoulder = 0.0
    for shoulder_share in SHOULDERS:
        share = min(shoulder_share, most)
        shoulder = max(shoulder, _between(ordered, near, share) / _deviate(share))
    if core == 0:
        return shoulder or float(distances.mean())
    heaviness = max(1.0, shoulder / core)
    return core * heaviness * float(min(heaviness, HEAVIEST) ** HEAVIER)


def sliding_median(values: Floats, window: int) -> Floats:
    """The median of each stretch of so many values, an odd number of them."""
    held = np.ascontiguousarray(values, dtype=np.float64)
    step = held.itemsize
    # Overlapping rows of one buffer, as numpy's sliding_window_view gives them, without its checks.
    stretches: Floats = np.ndarray((len(held) - window + 1, window), np.float64, held, 0, (step, step))
    found: Floats = np.partition(stretches, window // 2, axis=1)[:, window // 2]
    return found


def median(values: Floats) -> float:
    """The median; for short arrays much faster than numpy's own, which does more."""
    return _between(np.sort(values), len(values), 0.5)


@functools.lru_cache(maxsize=1_024)
def _deviate(share: float) -> float:
    return float(np.interp(share, _SHARES, _DEVIATES))


def _between(ordered: Floats, count: int, share: float) -> float:
    """The value below which a share of the first *count* sorted values stays, between two of them if need be."""
    place = share * (count - 1)
    low = int(place)
    first = float(ordered.item(low))
    second = float(ordered.item(low + 1)) if low + 1 < count else first
    return first + (second - first) * (place - low)


def running_median(values: Floats, window: int) -> Floats:
    """The median around each point, over about *window* points; mirrored at the ends."""
    count = len(values)
    size = max(1, count // BLOCKS)
    blocks = count // size
    coarse = values[: blocks * size]
    if size > 1:
        rows = np.sort(coarse.reshape(blocks, size), axis=1)
        coarse = (rows[:, (size - 1) // 2] + rows[:, size // 2]) / 2
    half = min(max(1, round(window / size / 2)), blocks - 1)
    smooth = sliding_median(np.concatenate((coarse[half:0:-1], coarse, coarse[-2 : -half - 2 : -1])), 2 * half + 1)
    if size == 1:
        return smooth
    return np.interp(np.arange(count), np.arange(blocks) * size + (size - 1) / 2, smooth)
