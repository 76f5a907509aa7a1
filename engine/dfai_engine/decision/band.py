"""How far a point may lie from what was expected: the band, the points outside it, and how severe they are.

The service's margins are in steps of sensitivity: a boundary lies ``(100 - sensitivity) × margin`` from the expected
value. Here a point is an anomaly exactly when it lies outside the boundaries of its answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfai_engine.decision.expected import Model
from dfai_engine.decision.numbers import HALF, Bools, Floats, Places, median, spread_of

__all__ = ["Band", "band", "reach", "severity", "spreads"]

# The band reaches this many spreads at a sensitivity of 100, and so much farther for each step below it. At 95, the
# sensitivity of the service's documentation, that is four spreads.
NEAREST, STEP = 3.0, 0.2
# Parts of a cycle whose noise is measured apart, and how many points make such a measure half certain.
PARTS, HALF_CERTAIN = 12, 10
# Spreads below this part of the largest value are rounding, not noise.
ROUNDING = 8 * float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)
# A threshold that was raised to a point's own distance must not be lowered again by rounding.
ABOVE = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Band:
    """What is said of each point."""

    margins: Floats  # both upper and lower
    above: Bools
    below: Bools
    severity: Floats  # 0 for normal points, towards 1 the farther off


def reach(sensitivity: int) -> float:
    """From the expected value to a boundary, in spreads.

    >>> reach(95), reach(0)
    (4.0, 23.0)
    """
    return NEAREST + STEP * (100 - sensitivity)


def severity(distance: Floats, spread: Floats) -> Floats:
    """From 0, at the nearest boundary there is, towards 1."""
    nearest = NEAREST * spread
    return 1 - nearest / np.maximum(np.maximum(distance, nearest), TINY)  # never a quotient over 1


def band(values: Floats, expected: Floats, spread: Floats, sensitivity: int, max_anomaly_ratio: float) -> Band:
    """The narrowest band of this sensitivity that leaves no more than the allowed part of the points outside."""
    distance = np.abs(values - expected)
    apart = distance / np.maximum(spread, TINY)
    width = reach(sensitivity)
    allowed = int(max_anomaly_ratio * len(values))
    if np.count_nonzero(apart > width) > allowed:
        farthest = np.sort(apart)[len(apart) - allowed - 1 :]
        first, next_ = farthest[0], farthest[1] if allowed else np.inf
        width = (first + min(next_, 2 * first)) / 2 if next_ > first else first * ABOVE
    steps = 100 - sensitivity
    margins = width * spread / steps
    above, below = values > expected + steps * margins, values < expected - steps * margins
    return Band(margins, above, below, np.where(above | below, severity(distance, spread), 0.0))


def spreads(residuals: Floats, model: Model, places: Places, largest: float) -> Floats:
    """The spread of the noise at each point: the series' own, moved towards that of the point's part of a cycle."""
    distances = np.abs(residuals)
    core = median(distances) / HALF
    if not model.period or core == 0:
        shape = np.ones(len(distances))
    else:
        parts = min(model.period, PARTS)
        phases = places % model.period
        part = phases * parts // model.period
        order = np.lexsort((distances, part))
        counts = np.bincount(part, minlength=parts)
        middles = np.minimum(np.cumsum(counts) - counts + counts // 2, len(distances) - 1)
        local = np.maximum(distances[order[middles]] / HALF / core, 0.1)
        weights = 0.5 * counts / (counts + HALF_CERTAIN)
        blended = 1 - weights + weights * local
        shape = np.interp(phases + 0.5, (np.arange(parts) + 0.5) * model.period / parts, blended, period=model.period)
    spread = shape * spread_of(distances / shape) / model.loss
    return np.where(spread > ROUNDING * largest, spread, ROUNDING * largest)
