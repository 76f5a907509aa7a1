"""Whether a model of several variables sees that an ordinary moment stands at the wrong time, by its window.

    python -m benchmarks.quality_order

Three variables that depend on their own past and on each other's, 4,000 moments to fit and 4,000 to judge, of which
every sixtieth is replaced by another one of the same series. Counted are those that lie at least three standard
deviations of the largest noise away from what stood there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.table import Table, publish
from dfai_engine.decision.correlation import fit, judge, lagged

__all__ = ["main"]

_MOMENTS, _EVERY, _REPEATS = 4_000, 60, 10
_PAST = np.array([[0.8, 0.15, 0.0], [-0.1, 0.85, 0.05], [0.0, 0.1, 0.8]])
_NOISE = np.array([1.0, 0.5, 0.3])


def _series(seed: int) -> np.ndarray[Any, Any]:
    noise = np.random.default_rng(seed).normal(0, _NOISE, (_MOMENTS, 3))
    values = np.zeros((_MOMENTS, 3))
    for at in range(1, _MOMENTS):
        values[at] = _PAST @ values[at - 1] + noise[at]
    return values


def main() -> dict[str, Any]:
    """Measures, prints and saves."""
    rows: list[list[Any]] = []
    for window in (1, 2, 3, 8):
        right = there = after = false = ordinary = 0
        for repeat in range(_REPEATS):
            model, _ = fit(lagged(_series(2 * repeat), window), window)
            clean = _series(2 * repeat + 1)
            moved = clean.copy()
            at = np.arange(_EVERY, _MOMENTS - 1, _EVERY)
            moved[at] = clean[np.random.default_rng(repeat).integers(0, _MOMENTS, len(at))]
            far = at[np.abs(moved[at] - clean[at]).max(axis=1) >= 3 * _NOISE.max()]
            flagged = judge(moved, model).anomalous
            right, there = right + int(flagged[far].sum()), there + len(far)
            after += int(flagged[far + 1].sum())
            false, ordinary = false + int(judge(clean, model).anomalous.sum()), ordinary + _MOMENTS
        rows.append([window, there, 100 * right / there, 100 * after / there, 100 * false / ordinary])
    head = ["window_points", "moved moments", "found, %", "the one after flagged, %", "ordinary flagged, %"]
    return publish("quality_order", [Table("Ordinary moments at the wrong time", head, rows)], {})


if __name__ == "__main__":
    main()
