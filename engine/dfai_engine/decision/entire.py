"""Anomalies of a whole series, each point in the light of all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dfai_engine.decision import band as bands
from dfai_engine.decision.expected import fit
from dfai_engine.decision.numbers import Bools, Floats
from dfai_engine.decision.options import Detection
from dfai_engine.decision.series import Series, filled

__all__ = ["Entire", "detect", "scaled"]


@dataclass(frozen=True, slots=True)
class Entire:
    """What is said of each given point, in the series' own unit."""

    period: int
    expected: Floats
    margins: Floats  # both upper and lower
    above: Bools
    below: Bools
    severity: Floats


def detect(series: Series, options: Detection) -> Entire:
    """The anomalies of a series."""
    whole, given = filled(series, options.impute)
    values, back = scaled(whole.values)
    model = fit(values, whole.places, whole.length, options.period)
    largest = float(np.abs(values).max())
    spread = bands.spreads(values - model.expected, model, whole.places, largest)
    found = bands.band(
        values[given], model.expected[given], spread[given], options.sensitivity, options.max_anomaly_ratio
    )
    return Entire(
        model.period, back(model.expected[given]), back(found.margins), found.above, found.below, found.severity
    )


def scaled(values: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Values of about 1, by an exact power of two, and the way back: no size of numbers overflows in between."""
    exponent = int(np.frexp(np.abs(values).max())[1])
    largest = float(np.finfo(np.float64).max)

    def back(found: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.clip(np.ldexp(found, exponent), -largest, largest)

    return np.ldexp(values, -exponent), back
