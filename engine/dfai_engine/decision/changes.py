"""Change points: where the trend of a series takes another level or slope, by penalised search.

The search is PELT (Killick, Fearnhead and Eckley, 2012): of all ways to cut the series into straight pieces, the one
whose squared residuals and penalty together are least.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfai_engine.decision.entire import scaled
from dfai_engine.decision.expected import fit
from dfai_engine.decision.numbers import Bools, Floats, Places, median, sliding_median, spread_of
from dfai_engine.decision.options import Changes
from dfai_engine.decision.series import Series

__all__ = ["Found", "Pieces", "detect", "search"]

# The penalty of a change, in squared spreads and natural logarithms of the length: at a threshold of 1 what the
# Bayesian information criterion asks for level, slope and place; more for each part below.
PENALTY, PENALTY_STEP = 3.0, 30.0
# Single points farther off their neighbours than this are no change of the trend.
SPIKE = 6.0
# The search looks at so many places; the best place near each change is found afterwards.
PLACES = 600
LEAST_PIECE = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What is said of each point."""

    period: int
    change: Bools
    confidence: Floats  # in [0, 1): how much a cut before this point is worth


class Pieces:
    """The squared residuals of the straight line through any stretch of a series, each in constant time."""

    def __init__(self, values: Floats) -> None:
        count = len(values)
        centred = values - median(values)  # sums of squares of what lies far from 0 would lose the noise
        self._middle = (count - 1) / 2
        self._sums = np.zeros((3, count + 1))
        time = np.arange(count) - self._middle
        np.cumsum((centred, time * centred, centred * centred), axis=1, out=self._sums[:, 1:])
        # The squared distances of 0, 1, …, m - 1 from their mean; a line through two points or one explains nothing.
        lengths = np.arange(count + 1.0)
        across = lengths * (lengths * lengths - 1) / 12
        self._per_across = np.divide(1.0, across, out=np.zeros(count + 1), where=lengths > LEAST_PIECE)

    def cost(self, begin: Places | int, end: Places | int) -> Floats:
        """For each stretch from *begin* up to, without, *end*."""
        sums, count = self._sums, np.subtract(end, begin)
        value = sums[0, end] - sums[0, begin]
        mean = value / np.maximum(count, 1)
        along = sums[1, end] - sums[1, begin] - mean * count * ((np.add(begin, end) - 1) / 2 - self._middle)
        residue = sums[2, end] - sums[2, begin] - value * mean - along * along * self._per_across[count]
        found: Floats = np.maximum(residue, 0.0)
        return found


def detect(series: Series, options: Changes) -> Found:
    """The change points of a series, gaps left out."""
    values, _ = scaled(series.values)
    model = fit(values, series.places, series.length, options.period)
    flat = _without_spikes(values - model.waves)
    count = len(flat)
    noise = _noise(flat) ** 2
    penalty = (PENALTY + PENALTY_STEP * (1 - options.threshold)) * noise * np.log(count)
    pieces = Pieces(flat)
    cuts = search(pieces, count, penalty, max(options.stable_trend_window, LEAST_PIECE))
    change = np.zeros(count, dtype=bool)
    change[cuts] = True
    return Found(model.period, change, _confidence(pieces, cuts, count, penalty))


def _without_spikes(flat: Floats) -> Floats:
    middle = sliding_median(np.pad(flat, 2, mode="edge"), 5)
    off = np.abs(flat - middle)
    return np.where(off > SPIKE * spread_of(off), middle, flat)


def _noise(flat: Floats) -> float:
    """The spread around any trend, from what three neighbours say of their middle one."""
    bends = np.abs(np.diff(flat, 2)) / np.sqrt(6)
    return max(spread_of(bends), 1e-9 * float(np.ptp(flat)), float(np.finfo(np.float64).eps))


def search(pieces: Pieces, count: int, penalty: float, shortest: int) -> list[int]:
    """Where the pieces begin, but for the first, none shorter than *shortest* points."""
    step = max(1, count // PLACES)
    marks = np.append(np.arange(0, count - step + 1, step), count)
    best, came = np.full(len(marks), np.inf), np.zeros(len(marks), dtype=np.int64)
    best[0] = -penalty
    starts, joined = np.zeros(1, dtype=np.int64), 1  # places from which the last piece may begin; the next to join
    for place in range(1, len(marks)):
        end = int(marks[place])
        while joined < place and end - marks[joined] >= shortest:
            starts = np.append(starts, joined)
            joined += 1
        if end - marks[0] < shortest:
            continue
        total = best[starts] + pieces.cost(marks[starts], end)
        least = int(total.argmin())
        best[place], came[place] = total[least] + penalty, starts[least]
        starts = starts[total <= best[place]]
    cuts: list[int] = []
    place = int(came[-1])
    while place > 0:
        cuts.append(int(marks[place]))
        place = int(came[place])
    cuts.sort()
    return cuts if step == 1 else _refined(pieces, cuts, count, step, shortest, penalty)


def _refined(pieces: Pieces, cuts: list[int], count: int, step: int, shortest: int, penalty: float) -> list[int]:
    """Each change at its best place near its mark; where one place does for two marks, one change."""
    bounds = [0, *cuts, count]
    index = 1
    while index < len(bounds) - 1:
        begin, here, after = bounds[index - 1 : index + 2]
        if after < count and after - here <= 3 * step:
            end = bounds[index + 2]
            one, cost = _best_cut(pieces, begin, end, here - step, after + step, shortest)
            two = pieces.cost(begin, here) + pieces.cost(here, after) + pieces.cost(after, end)
            if cost <= float(two) + penalty:
                bounds[index : index + 2] = [one]
                continue
        bounds[index], _ = _best_cut(pieces, begin, after, here - step, here + step, shortest)
        index += 1
    return bounds[1:-1]


def _best_cut(pieces: Pieces, begin: int, end: int, low: int, high: int, shortest: int) -> tuple[int, float]:
    """The place from *low* to *high* that cuts a stretch in two best, and the squared residuals of the two."""
    near = np.arange(max(begin + shortest, low), min(end - shortest, high) + 1)
    if not len(near):
        near = np.clip([(low + high) // 2], begin + 1, end - 1)
    cost = pieces.cost(begin, near) + pieces.cost(near, end)
    least = int(np.argmin(cost))
    return int(near[least]), float(cost[least])


def _confidence(pieces: Pieces, cuts: list[int], count: int, penalty: float) -> Floats:
    """What a cut before each point saves, within its piece or between the changes around it, against the penalty."""
    bounds = np.array([0, *cuts, count])
    points = np.arange(count)
    after = np.searchsorted(bounds, points, side="right")
    begin, end = bounds[after - 1], bounds[np.minimum(after, len(bounds) - 1)]
    for cut in cuts:
        begin[cut] = bounds[np.searchsorted(bounds, cut) - 1]
    saved = pieces.cost(begin, end) - pieces.cost(begin, points) - pieces.cost(points, end)
    return 1 - np.exp(-np.maximum(saved, 0.0) / (2 * penalty))
