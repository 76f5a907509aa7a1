"""Series that are made, and requests about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from dfai_engine.app import App
from dfai_engine.decision.entire import Entire, detect
from dfai_engine.decision.options import Detection
from dfai_engine.decision.series import Series
from engine.wire import ask

__all__ = ["MONTHLY", "apart", "ask_for", "f1", "flags", "found", "points", "series_of", "spiky", "waves"]

Values = NDArray[np.float64]
Bools = NDArray[np.bool_]

# The monthly sample of the service's documentation; 1972-08 and 1973-03 are its anomalies.
MONTHLY = (826, 799, 890, 900, 766, 805, 821, 20_000, 883, 898, 957, 924, 881, 837, 9_000)


def waves(length: int, period: int = 24, height: float = 10.0) -> Values:
    """A sine."""
    return height * np.sin(2 * np.pi * np.arange(length) / period)


def spiky(shape: Values, seed: int, share: float = 0.01) -> tuple[Values, Bools]:
    """A shape with noise of 1 and spikes of 5 to 10, up and down, and where they are."""
    rng = np.random.default_rng(seed)
    values, there = 100 + shape + rng.normal(0, 1, len(shape)), np.zeros(len(shape), dtype=bool)
    there[rng.choice(np.arange(3, len(shape)), round(share * len(shape)), replace=False)] = True
    values[there] += rng.uniform(5, 10, there.sum()) * rng.choice([-1, 1], there.sum())
    return values, there


def series_of(values: Sequence[float] | Values) -> Series:
    """A series without gaps."""
    return Series(np.asarray(values, dtype=np.float64), np.arange(len(values)), len(values))


def found(values: Sequence[float] | Values, options: Detection | None = None) -> Entire:
    """What the engine says of a series without gaps."""
    return detect(series_of(values), options or Detection())


def flags(answer: Entire) -> Bools:
    """The anomalies of an answer."""
    return answer.above | answer.below


def f1(answers: Sequence[tuple[Bools, Bools]]) -> float:
    """Of flags and labels, point by point, over several series."""
    right = sum(int((flags & labels).sum()) for flags, labels in answers)
    wrong = sum(int((flags ^ labels).sum()) for flags, labels in answers)
    return 2 * right / (2 * right + wrong)


def apart(values: Values, answer: Entire, sensitivity: int = 95) -> Values:
    """How far each point lies from what was expected, in half widths of the band."""
    return np.abs(values - answer.expected) / ((100 - sensitivity) * answer.margins)


def points(values: Sequence[object] | Values, step: timedelta = timedelta(days=1), zone: Any = UTC) -> list[Any]:
    """A request's points, a step apart."""
    begin = datetime(2021, 1, 1, tzinfo=UTC)
    held = values.tolist() if isinstance(values, np.ndarray) else values
    return [
        {"timestamp": (begin + step * place).astimezone(zone).isoformat().replace("+00:00", "Z"), "value": value}
        for place, value in enumerate(held)
    ]


def ask_for(app: App, operation: str, body: object, version: str = "v1.1") -> httpx.Response:
    """One request about one series."""
    return ask(app, "POST", f"/anomalydetector/{version}/timeseries/{operation}/detect", json=body)
