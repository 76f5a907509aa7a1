"""How long a series takes to repeat itself: by the autocorrelation of the clipped series, computed by FFT."""

from __future__ import annotations

import numpy as np

from dfai_engine.decision.numbers import Floats, Places, median, spread_of

__all__ = ["autocorrelation", "found"]

# A cycle must be seen this often; from two and a half on, the second can be checked by the third.
LEAST_CYCLES = 2.5
# Correlation at the period: in standard errors of noise, and at least.
ERRORS, LEAST_CORRELATION = 3.0, 0.15
# How far the correlation must fall before the period and rise again: slow drift correlates too, but does not return.
LEAST_RISE = 0.25
# Shorter of two periods wins unless the longer one correlates better by more than this.
PREFERENCE = 0.1
# Correlation at twice the period, as a part of that at the period.
LEAST_REPEAT = 0.4
# Lags up to this part of the length have enough pairs; so many multiples of a lag are looked at.
RELIABLE, MULTIPLES = 0.8, 6
CLIP = 3.0  # in spreads: anomalies must not make or hide a period


def found(values: Floats, places: Places, length: int, *, longer_than: int = 1) -> int:
    """The period in steps of the grid; 0 if the series does not repeat itself.

    Parameters
    ----------
    values, places, length
        Values and where on a regular grid of so many steps they stand; the rest of the grid is missing.
    longer_than
        Only periods longer than this are looked for.
    """
    last = int(length / LEAST_CYCLES)
    if last <= max(longer_than, 1) or len(values) < 12:
        return 0
    correlation = autocorrelation(_clipped(values, places, length), places, length)
    lags = np.arange(2, last + 1)
    here = correlation[lags]
    peaks = lags[(here >= correlation[lags - 1]) & (here > correlation[lags + 1])]
    lowest = np.minimum.accumulate(correlation[: last + 1])
    least = max(LEAST_CORRELATION, ERRORS / np.sqrt(len(values)))
    height = correlation[peaks]
    peaks = peaks[(height > least) & (height - lowest[peaks] > LEAST_RISE) & (peaks > longer_than)]
    if not len(peaks):
        return 0
    best = correlation[peaks].max()
    for first in peaks[correlation[peaks] >= best - PREFERENCE]:
        # Noise makes several small peaks on one broad one, and several periods on tell its top more exactly.
        around = np.arange(max(2, int(first * 0.9)), min(last, int(first * 1.3) + 1) + 1)
        lag = int(around[np.argmax(_comb(correlation, around, length))])
        if _repeats(correlation, lag, length):
            return lag
    return 0


def _comb(correlation: Floats, lags: Places, length: int) -> Floats:
    """The mean correlation at each lag and its multiples."""
    times = np.arange(1, max(1, min(MULTIPLES, int(length * RELIABLE / lags[-1]))) + 1)
    mean: Floats = correlation[times[:, None] * lags].mean(axis=0)
    return mean


def _repeats(correlation: Floats, lag: int, length: int) -> bool:
    width = max(1, lag // 10)
    again = correlation[2 * lag - width : min(2 * lag + width + 1, int(length * RELIABLE))]
    return not len(again) or bool(again.max() >= LEAST_REPEAT * correlation[lag])


def _clipped(values: Floats, places: Places, length: int) -> Floats:
    """Without far points and without a slow trend; both correlate with themselves at every lag."""
    middle = median(values)
    reach = CLIP * spread_of(np.abs(values - middle))
    clipped = np.clip(values, middle - reach, middle + reach)
    time = places * (2.0 / max(length - 1, 1)) - 1.0
    basis = np.stack((np.ones_like(time), time, time * time))
    weights = np.linalg.solve(basis @ basis.T, basis @ clipped)
    flat: Floats = clipped - weights @ basis
    flat -= flat.mean()
    return flat


def autocorrelation(values: Floats, places: Places, length: int) -> Floats:
    """The correlation of a series of mean zero with itself at lags 0, 1, …, *length* - 1; gaps count for nothing."""
    size = 1 << (2 * length - 1).bit_length()
    grid = np.zeros(length)
    grid[places] = values
    power = np.abs(np.fft.rfft(grid, size)) ** 2
    products = np.fft.irfft(power, size)[:length]
    pairs = np.arange(length, 0, -1.0)
    if len(values) < length:
        there = np.zeros(length)
        there[places] = 1.0
        pairs = np.rint(np.fft.irfft(np.abs(np.fft.rfft(there, size)) ** 2, size)[:length])
    means: Floats = products / np.maximum(pairs, 1.0)
    return means / max(float(means[0]), float(np.finfo(np.float64).tiny))
