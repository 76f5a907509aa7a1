"""Whether the newest point of a series is what the points before it led one to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfai_engine.decision import band as bands
from dfai_engine.decision.entire import scaled
from dfai_engine.decision.expected import fit
from dfai_engine.decision.numbers import Floats, Places, median, sliding_median, spread_of
from dfai_engine.decision.options import Detection
from dfai_engine.decision.series import Series, filled

__all__ = ["Last", "detect", "suggested_window"]

# Medians over so many points before each point are tried as its forecast; what was best so far is used.
WINDOWS = (1, 3, 7, 15, 31, 63, 127)
# Forecasts of so many points tell which window is best, and how far off forecasts are.
TRIED = 200


@dataclass(frozen=True, slots=True)
class Last:
    """What is said of the newest point, in the series' own unit."""

    period: int
    expected: float
    margin: float  # both upper and lower
    above: bool
    below: bool
    severity: float


def suggested_window(period: int) -> int:
    """Points to send for the newest one: four cycles and itself, or the four weeks of days of the documentation.

    >>> suggested_window(12), suggested_window(0)
    (49, 29)
    """
    return 4 * period + 1 if period else 29


def detect(series: Series, options: Detection) -> Last:
    """Whether the last point is an anomaly; the model sees only the points before it."""
    whole, _ = filled(series, options.impute)
    values, back = scaled(whole.values)
    past, places = values[:-1], whole.places[:-1]
    model = fit(past, places, int(places[-1]) + 1, options.period)
    level, spread = _forecast(past - model.waves, places, int(whole.places[-1]))
    expected = level + model.profile[int(whole.places[-1]) % len(model.profile)]
    spread = max(spread / model.loss, bands.ROUNDING * float(np.abs(values).max()))
    found = bands.band(values[-1:], np.array([expected]), np.array([spread]), options.sensitivity, 1.0)
    return Last(
        model.period,
        float(back(np.array([expected]))[0]),
        float(back(found.margins)[0]),
        bool(found.above[0]),
        bool(found.below[0]),
        float(found.severity[0]),
    )


def _forecast(flat: Floats, places: Places, place: int) -> tuple[float, float]:
    """The next value of a series without cycles, and the spread of such forecasts so far."""
    slope, base = _line(flat, places)
    level = flat - base - slope * places
    best = (median(level), spread_of(np.abs(level - median(level))))
    for window in WINDOWS:
        if 2 * window > len(level):
            break
        recent = level[-(TRIED + window) :]
        medians = sliding_median(recent, window)
        spread = spread_of(np.abs(recent[window:] - medians[:-1]))
        if spread < best[1]:
            best = float(medians[-1]), spread
    return best[0] + base + slope * place, best[1]


def _line(flat: Floats, places: Places) -> tuple[float, float]:
    """Slope and base of Tukey's resistant line, through the medians of the first and of the last third."""
    third = len(flat) // 3
    early, late = median(flat[:third]), median(flat[-third:])
    run = float(np.median(places[-third:]) - np.median(places[:third]))
    slope = (late - early) / run
    return slope, median(flat - slope * places)
