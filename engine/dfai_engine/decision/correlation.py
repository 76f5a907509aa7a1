"""How several variables move together, and how far a moment departs from it.

Probabilistic principal components (Tipping and Bishop, 1999) over robustly scaled variables, fitted again and again
to the moments that the fit before found ordinary: the distance is Mahalanobis' within the components and the
reconstruction error, in units of its own noise, outside them. A model with a window sees each moment together with
those before it, as dynamic principal components do (Ku, Storer and Georgakis, 1995): each variable at each lag is a
column, and the distance is that of the moment from what those before it let expect.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dfai_engine.decision.numbers import Floats, spread_of

__all__ = ["Fitted", "Judged", "Pass", "changed", "fit", "judge", "lagged", "restored"]

# Components are kept until they explain this part of the variance.
EXPLAINED = 0.99
PASSES = 4
# Scaled values are cut here while fitting, and here when judged: no single value may outweigh all else.
FIT_REACH, JUDGE_REACH = 6.0, 1e6
# The threshold lies this many spreads above the median of the cube roots of squared distances, which are near normal
# (Wilson and Hilferty, 1931).
REACH = 3.5
# Variables that correlate at least so much are expected to move together; and how far from it is a change.
RELATED, CHANGED = 0.5, 3.0
TINY = float(np.finfo(np.float64).tiny)
CHUNK = 20_000  # rows judged at a time


@dataclass(frozen=True, slots=True)
class Pass:
    """How one pass of the fit went."""

    train_loss: float
    validation_loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model of variables, as plain arrays.

    Its columns are the variables at the moment itself, then those of the moment before, and so on through its window.
    """

    centre: Floats
    scale: Floats
    precision: Floats  # columns x columns, of scaled values
    correlation: Floats  # the same shape
    threshold: float  # of squared distances
    window: int = 1  # moments seen together

    @property
    def variables(self) -> int:
        """How many there are."""
        return len(self.centre) // self.window

    def written(self) -> dict[str, Any]:
        """The model as JSON has it."""
        return {
            "window": self.window,
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "precision": self.precision.tolist(),
            "correlation": self.correlation.tolist(),
            "threshold": self.threshold,
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of each moment. Scores are in [0, 2], above 1 for anomalies; severities and shares in [0, 1]."""

    score: Floats
    severity: Floats
    shares: Floats  # moments x variables: each one's part in the departure
    scaled: Floats  # moments x variables

    @property
    def anomalous(self) -> Any:
        """Which moments are anomalies."""
        return self.severity > 0


def restored(written: Mapping[str, Any]) -> Fitted:
    """A model from its JSON.

    Raises
    ------
    ValueError
        The arrays are no model.
    """
    try:
        arrays = {name: np.array(written[name], dtype=np.float64) for name in ("centre", "scale", "precision")}
        correlation, threshold = np.array(written["correlation"], dtype=np.float64), float(written["threshold"])
        window = written.get("window", 1)
    except (KeyError, TypeError) as fault:
        raise ValueError(str(fault)) from None
    found = Fitted(**arrays, correlation=correlation, threshold=threshold, window=window)
    count = len(found.centre) if found.centre.ndim == 1 else 0
    if type(window) is not int or window < 1 or not count or count % window:
        raise ValueError("its window does not divide its arrays")
    shapes = [found.scale.shape == (count,), found.precision.shape == found.correlation.shape == (count, count)]
    numbers = (found.centre, found.scale, found.precision, found.correlation, np.array([threshold]))
    if not all(shapes) or not all(np.isfinite(held).all() for held in numbers) or not (found.scale > 0).all():
        raise ValueError("its arrays do not fit together")
    if threshold <= 0:
        raise ValueError("its threshold is not positive")
    return found


def lagged(values: Floats, window: int) -> Floats:
    """Each moment beside those before it, the nearest first; before the first moment all was as it was then.

    >>> lagged(np.array([[1.0], [2.0], [3.0]]), 2).tolist()
    [[1.0, 1.0], [2.0, 1.0], [3.0, 2.0]]
    """
    if window == 1:
        return values
    rows = np.arange(len(values))
    return np.concatenate([values[np.maximum(rows - lag, 0)] for lag in range(window)], axis=1)


def fit(values: Floats, window: int = 1) -> tuple[Fitted, list[Pass]]:
    """The model of a table, and how each pass went: moments by variables, `lagged` already.

    Every tenth moment validates only.
    """
    centre = np.median(values, axis=0)
    distances = np.abs(values - centre)
    scale = np.array([spread_of(column) for column in distances.T])
    # A variable that never moved may move by rounding only.
    scale = np.maximum(scale, np.maximum(1e-9 * np.abs(values).max(axis=0), TINY * 1e9))
    cut = np.clip((values - centre) / scale, -FIT_REACH, FIT_REACH)
    held_back = np.arange(len(cut)) % 10 == 9 if len(cut) >= 100 else np.zeros(len(cut), dtype=bool)
    ordinary = ~held_back
    passes: list[Pass] = []
    for _ in range(PASSES):
        began = time.perf_counter()
        precision, correlation = _components(cut[ordinary])
        squares = _departure(cut, precision, len(centre) // window)[1]
        threshold = _threshold(squares[~held_back])
        near = squares <= threshold
        ordinary = near & ~held_back if np.count_nonzero(near & ~held_back) > len(centre) else ordinary
        validation = squares[held_back] if held_back.any() else squares
        if held_back.any():  # new moments lie farther off than those that were fitted
            threshold *= max(1.0, float(np.median(squares[held_back]) / max(np.median(squares[~held_back]), TINY)))
        losses = [float(np.median(part)) * window / len(centre) for part in (squares[~held_back], validation)]
        passes.append(Pass(losses[0], losses[1], time.perf_counter() - began))
    return Fitted(centre, scale, precision, correlation, threshold, window), passes


def _components(cut: Floats) -> tuple[Floats, Floats]:
    """The inverse of the components' covariance, and the correlations of the variables.

    Correlations are shrunk towards none as Schäfer and Strimmer (2005) have it.
    """
    count, variables = cut.shape
    centred = cut - cut.mean(axis=0)
    covariance = centred.T @ centred / max(count - 1, 1)
    deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-6))
    correlation = np.clip(covariance / np.outer(deviation, deviation), -1, 1)
    # Few moments tell little of many correlations: shrunk as far as their own sampling error asks for.
    errors = (1 - correlation**2) ** 2 / max(count - 1, 1)
    apart = ~np.eye(variables, dtype=bool)
    doubt = min(1.0, float(errors[apart].sum() / max((correlation[apart] ** 2).sum(), 1e-12)))
    shrunk = np.where(apart, (1 - doubt) * correlation, 1.0)
    sizes, axes = np.linalg.eigh(shrunk)
    sizes, axes = np.maximum(sizes[::-1], 1e-6), axes[:, ::-1]
    kept = int(np.searchsorted(np.cumsum(sizes) / sizes.sum(), EXPLAINED)) + 1
    if kept < variables:
        sizes[kept:] = sizes[kept:].mean()
    precision: Floats = (axes / sizes) @ axes.T / np.outer(deviation, deviation)
    return precision, shrunk


def _departure(scaled: Floats, precision: Floats, variables: int) -> tuple[Floats, Floats]:
    """How far each variable of each moment departs from all else, by the precision, and the squared distances.

    Of a Gaussian vector the first part, given the rest, has the precision that stands in the corner of the whole's.
    """
    weighted: Floats = scaled @ precision[:, :variables]
    apart: Floats = scaled
    if len(precision) > variables:
        apart = np.asarray(np.linalg.solve(precision[:variables, :variables], weighted.T).T, dtype=np.float64)
    squares: Floats = np.maximum(np.einsum("ij,ij->i", weighted, apart), 0.0)
    return weighted, squares


def _threshold(squares: Floats) -> float:
    roots = np.cbrt(squares)
    middle = float(np.median(roots))
    return max((middle + REACH * spread_of(np.abs(roots - middle))) ** 3, TINY)


def judge(values: Floats, model: Fitted) -> Judged:
    """How far each moment of a series departs, and by which variables."""
    before = model.window - 1  # a part needs the moments before it too
    parts = [
        _judge(lagged(values[max(0, at - before) : at + CHUNK], model.window)[min(at, before) :], model)
        for at in range(0, len(values), CHUNK)
    ]
    joined = (np.concatenate([getattr(part, name) for part in parts]) for name in Judged.__slots__)
    return Judged(*joined)


def _judge(values: Floats, model: Fitted) -> Judged:
    with np.errstate(over="ignore"):
        scaled = np.clip((values - model.centre) / model.scale, -JUDGE_REACH, JUDGE_REACH)
    variables = model.variables
    # What a moment is held against should not be as wild as the moment itself may be.
    scaled[:, variables:] = np.clip(scaled[:, variables:], -FIT_REACH, FIT_REACH)
    weighted, squares = _departure(scaled, model.precision, variables)
    ratio = np.sqrt(squares / model.threshold)
    # How far each variable is from what all others say of it, in its own spreads.
    alone = weighted**2 / np.maximum(np.diag(model.precision)[:variables], TINY)
    total = alone.sum(axis=1, keepdims=True)
    shares = np.divide(alone, total, out=np.full_like(alone, 1 / alone.shape[1]), where=total > 0)
    severity = np.where(ratio > 1, 1 - 1 / np.maximum(ratio, 1.0), 0.0)
    return Judged(2 * ratio / (1 + ratio), severity, shares, scaled[:, :variables])


def changed(scaled: Floats, variable: int, model: Fitted) -> list[int]:
    """The variables that one usually moves with and did not at this moment, the farthest apart first."""
    relation = model.correlation[variable, : model.variables]
    apart = np.abs(scaled[variable] - relation * scaled) / np.sqrt(np.maximum(1 - relation**2, 0.01))
    found = (np.abs(relation) >= RELATED) & (apart > CHANGED)
    found[variable] = False
    order = np.argsort(-apart)
    return [int(index) for index in order if found[index]]
