"""What a series was expected to be: a slow trend and a repeating profile, both blind to the anomalies."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dfai_engine.decision import period as periods
from dfai_engine.decision.edges import sharpened
from dfai_engine.decision.numbers import Bools, Floats, Places, median, running_median, sliding_median, spread_of

__all__ = ["Model", "fit"]

# The trend looks over this part of the series, but over three cycles and eleven points at least.
TREND_PART, TREND_CYCLES, TREND_POINTS = 1 / 8, 3, 11
# Points this many spreads off take no part in the mean of their phase.
KEEP = 3.0
# A profile is smoothed over this part of its cycle, except where it is rougher than so many standard errors.
SMOOTH_PART, SURE = 1 / 24, 3.0
# What a period, a longer one, or a growing profile must take away of the distances to be believed.
LEAST_GAIN = 0.1
# However little a cycle swings, its part of the profile is divided by no less.
LEAST_GROWTH = 0.05


@dataclass(frozen=True, slots=True)
class Model:
    """A series' expected values, and what is known of its cycle."""

    expected: Floats
    trend: Floats
    period: int = 0  # 0: none
    cycles: float = 1.0  # how often each phase was seen
    profile: Floats = field(default_factory=lambda: np.zeros(1))  # by phase, as wide as the last cycle swings

    @property
    def waves(self) -> Floats:
        """The repeating part of each point's expected value."""
        return self.expected - self.trend

    @property
    def loss(self) -> float:
        """How much smaller distances look than they are, since each phase was fitted to so few points."""
        return float(np.sqrt(1 - 1 / max(self.cycles, 2.0))) if self.period else 1.0


def fit(values: Floats, places: Places, length: int, period: int | None = None) -> Model:
    """The model of a series.

    Parameters
    ----------
    values, places, length
        Values and where on a regular grid of so many steps they stand; the rest of the grid is missing.
    period
        As the caller knows it, 0 or 1 for none; looked for when None.
    """
    trend = _trend(values, 0)
    named = period is not None
    period = periods.found(values, places, length) if period is None else period
    found = _seasonal(values, places, length, period) if period > 1 else None
    if found is not None and named:
        return found
    gain = 1 - LEAST_GAIN
    if found is None or _distance(values - found.expected, values) > gain * _distance(values - trend, values):
        trend = sharpened(values, trend)
        return Model(trend, trend)
    longer = periods.found(values - found.expected, places, length, longer_than=round(1.5 * period))
    longer = round(longer / period) * period
    if not period < longer <= length // 2:
        return found
    better = _seasonal(values, places, length, longer, within=period)
    before, after = (spread_of(np.abs(values - model.expected)) / model.loss for model in (found, better))
    return better if after < gain * before else found


def _distance(residuals: Floats, values: Floats) -> float:
    """The mean distance, with that of far points cut, so that a few of them decide nothing."""
    reach = KEEP * spread_of(np.abs(values - median(values)))
    return float(np.minimum(np.abs(residuals), reach).mean())


def _trend(values: Floats, period: int) -> Floats:
    return running_median(values, max(TREND_POINTS, round(len(values) * TREND_PART), TREND_CYCLES * period))


def _seasonal(values: Floats, places: Places, length: int, period: int, within: int = 0) -> Model:
    """Trend and profile in turns; *within* is a shorter period inside this one, or 0."""
    phases, rounds, cycles = places % period, places // period, len(values) / period
    rough = _medians(values - _trend(values, period), places, length, period)
    trend = _trend(values - rough[phases], period)
    profile, spread, kept = _profile(values - trend, places, length, period, within)
    trend, profile = trend + profile.mean(), profile - profile.mean()
    waves = profile[phases]
    growth = _growth(values - trend, waves, kept, rounds)
    if _spread_beside(values - trend, waves * growth, kept) > (1 - LEAST_GAIN) * spread:
        trend = sharpened(values - waves, trend)
        return Model(trend + waves, trend, period, cycles, profile)
    # Cycles of different widths bend the trend and blur the profile: once more, with their widths known.
    trend = _trend(values - waves * growth, period)
    profile, _, kept = _profile((values - trend) / growth, places, length, period, within)
    trend, profile = trend + growth * profile.mean(), profile - profile.mean()
    growth = _growth(values - trend, profile[phases], kept, rounds)
    trend = sharpened(values - profile[phases] * growth, trend)
    return Model(trend + profile[phases] * growth, trend, period, cycles, profile * growth[-1])


def _profile(flat: Floats, places: Places, length: int, period: int, within: int) -> tuple[Floats, float, Bools]:
    """The mean of each phase without far points, the spread about it, and which points are not far."""
    phases = places % period
    profile = _medians(flat, places, length, period)
    # Medians are safe; means of what lies near them are half as noisy.
    far = np.abs(flat - profile[phases])
    kept = far <= KEEP * spread_of(far)
    counts = np.bincount(phases[kept], minlength=period)
    sums = np.bincount(phases[kept], weights=flat[kept], minlength=period)
    profile = np.where(counts > 0, sums / np.maximum(counts, 1), profile)
    error = _spread_beside(flat, profile[phases], kept) / np.sqrt(len(flat) / period)
    profile = _smoothed(profile, error, within)
    return profile, _spread_beside(flat, profile[phases], kept), kept


def _spread_beside(flat: Floats, waves: Floats, kept: Bools) -> float:
    return spread_of(np.abs(flat - waves)[kept])


def _medians(flat: Floats, places: Places, length: int, period: int) -> Floats:
    """The median of each phase; phases that were never seen lie between their neighbours."""
    rows = -(-length // period)
    grid = np.full(rows * period, np.nan)
    grid[places] = flat
    ordered = np.sort(grid.reshape(rows, period), axis=0)  # what is missing comes last
    counts = rows - np.isnan(ordered).sum(axis=0)
    columns = np.arange(period)
    lower, upper = np.maximum(counts - 1, 0) // 2, np.minimum(counts // 2, np.maximum(counts - 1, 0))
    medians: Floats = (ordered[lower, columns] + ordered[upper, columns]) / 2
    if not counts.all():
        seen = np.flatnonzero(counts)
        medians = np.interp(columns, seen, medians[seen], period=period)
    return medians


def _smoothed(profile: Floats, error: float, within: int) -> Floats:
    """The profile less its noise: smooth, except where it leaves the smooth line by more than noise explains."""
    period = len(profile)
    if within:
        base = np.tile(np.median(profile.reshape(-1, within), axis=0), period // within)
        half = max(3, within // 4) // 2
    else:
        base, half = np.zeros(period), int(period * SMOOTH_PART) // 2
    if half < 1:
        return profile
    rest = profile - base
    around = np.concatenate((rest[-half:], rest, rest[:half]))
    smooth = base + sliding_median(around, 2 * half + 1)
    return np.where(np.abs(profile - smooth) > SURE * error, profile, smooth)


def _growth(flat: Floats, waves: Floats, kept: Bools, cycles: Places) -> Floats:
    """How much wider than the profile the series swings, at each point's cycle and its neighbours."""
    count = int(cycles[-1]) + 1
    shared = np.bincount(cycles, weights=np.where(kept, flat * waves, 0.0), minlength=count)
    power = np.bincount(cycles, weights=np.where(kept, waves * waves, 0.0), minlength=count)
    seen = np.flatnonzero(power > power.max() / 10)
    if len(seen) < 3:
        return np.ones(len(flat))
    sizes = np.maximum(running_median(shared[seen] / power[seen], 3), LEAST_GROWTH)
    return np.interp(cycles, seen, sizes)
