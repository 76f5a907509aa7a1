"""One series of a request: read from its body, checked, its gaps filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from dfai_engine.decision.limits import Limits
from dfai_engine.decision.numbers import Floats, Places
from dfai_engine.decision.timestamps import GRANULARITIES, places
from dfai_engine.failures import ServiceFailure

__all__ = ["Impute", "Series", "filled", "read"]


@dataclass(frozen=True, slots=True)
class Impute:
    """How gaps of the grid are filled before the model looks at the series."""

    mode: str = "auto"  # auto and notFill: not at all
    fixed: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values, and where on a regular grid they stand. All that is between them is missing."""

    values: Floats
    places: Places
    length: int  # steps of the grid, from the first point to the last


def read(body: Mapping[str, object], limits: Limits, *, granularity_needed: bool) -> Series:
    """The series of a request.

    Raises
    ------
    ServiceFailure
        With the service's code for what is wrong; the message says where.
    """
    points = body.get("series")
    if points is None:
        raise ServiceFailure("The 'series' field is required in the request.", code="RequiredSeries")
    if not isinstance(points, list):
        raise ServiceFailure("The 'series' field must be a list of points.", code="InvalidSeries")
    if not limits.least_points <= len(points) <= limits.most_points:
        raise ServiceFailure(
            f"The 'series' field holds {len(points):,} points; "
            f"it must hold {limits.least_points} to {limits.most_points:,}.",
            code="InvalidSeries",
        )
    granularity = _granularity(body.get("granularity"), needed=granularity_needed)
    interval = _interval(body.get("customInterval"))
    values = _values(points)
    if granularity == "none":
        return Series(values, np.arange(len(values)), len(values))
    found = places([point.get("timestamp") for point in points], granularity, interval)
    length = int(found[-1]) + 1
    if length > limits.most_steps(len(points)):
        widest = int(np.argmax(np.diff(found)))
        raise ServiceFailure(
            f"The series has {len(points):,} points on a grid of {length:,} steps, so most are missing; the widest gap "
            f"follows the point at index {widest}. Name a coarser granularity, or send its parts apart.",
            code="InvalidSeries",
        )
    return Series(values, found, length)


def _granularity(named: object, *, needed: bool) -> str:
    if named is None:
        if needed:
            raise ServiceFailure("The 'granularity' field is required in the request.", code="RequiredGranularity")
        return "none"
    if not isinstance(named, str) or named not in GRANULARITIES:
        raise ServiceFailure(
            f"The 'granularity' field must be one of {', '.join(GRANULARITIES)}.", code="InvalidGranularity"
        )
    return named


def _interval(named: object) -> int:
    if named is None:
        return 1
    if not isinstance(named, int) or isinstance(named, bool) or not 1 <= named < 2**31:
        raise ServiceFailure("The 'customInterval' field must be a positive integer.", code="InvalidCustomInterval")
    return named


def _values(points: list[object]) -> Floats:
    try:
        values = [point["value"] for point in cast("list[dict[str, object]]", points)]
    except (KeyError, TypeError, IndexError):
        index = next(index for index, point in enumerate(points) if not isinstance(point, dict) or "value" not in point)
        raise ServiceFailure(f"The point at index {index} has no 'value'.", code="InvalidSeries") from None
    if not set(map(type, points)) <= {dict}:
        raise ServiceFailure("Each point must be an object with a 'value'.", code="InvalidSeries")
    if not set(map(type, values)) <= {float, int}:
        index = next(index for index, value in enumerate(values) if type(value) not in (float, int))
        what = "null" if values[index] is None else "not a number"
        raise ServiceFailure(f"The 'value' at index {index} is {what}.", code="InvalidSeries")
    found = np.array(values, dtype=np.float64)
    if not np.isfinite(found).all():
        index = int(np.flatnonzero(~np.isfinite(found))[0])
        raise ServiceFailure(f"The 'value' at index {index} is not finite.", code="InvalidSeries")
    return found


def filled(series: Series, impute: Impute) -> tuple[Series, Places]:
    """The series with its gaps filled, and where in it the given points are."""
    given = np.arange(len(series.values))
    if impute.mode in ("auto", "notFill") or series.length == len(series.values):
        return series, given
    grid = np.arange(series.length)
    if impute.mode == "linear":
        values = np.interp(grid, series.places, series.values)
    elif impute.mode == "previous":
        values = series.values[np.searchsorted(series.places, grid, side="right") - 1]
    else:
        values = np.full(series.length, impute.fixed if impute.mode == "fixed" else 0.0)
        values[series.places] = series.values
    return Series(values, grid, series.length), series.places
