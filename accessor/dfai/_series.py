"""The accessor of a column: the same verbs without the input, made from `Verbs`."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

from dfai import _hints
from dfai._estimate import EstimateAI
from dfai._estimated import Estimate
from dfai._frame import FrameAI
from dfai._verbs import Verbs, verb_names
from dfai_core import backend_of, services
from dfai_core.errors import ConfigError, RowsFailed

__all__ = ["SeriesAI"]

_FRAME_ONLY = ("include", "output", "if_exists")


class SeriesAI:
    """Every verb on one column: the headline comes back, as a column named by the verb."""

    def __init__(self, series: Any) -> None:
        self._series = series
        self._backend = backend_of(series)

    @property
    def estimate(self) -> SeriesEstimateAI:
        """The same verbs: what each would send, take and cost. Nothing is sent."""
        return SeriesEstimateAI(self._series)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(_hints.missing_verb(name))

    def __dir__(self) -> list[str]:
        return [*verb_names(), "estimate"]

    def __repr__(self) -> str:
        return f"<dfai verbs for a {self._backend.name} column: {', '.join(verb_names())}>"


class SeriesEstimateAI:
    """Every verb on one column: an estimate of it."""

    def __init__(self, series: Any, **how: Any) -> None:
        self._series = series
        self._how = how

    def __call__(self, *, sample_rows: int | None = None, latency_s: float | None = None) -> SeriesEstimateAI:
        """As `EstimateAI` does."""
        return SeriesEstimateAI(self._series, sample_rows=sample_rows, latency_s=latency_s)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(_hints.missing_verb(name))

    def __dir__(self) -> list[str]:
        return list(verb_names())


def _estimated(verb: Any) -> Any:
    """The estimate of the method of a column for the verb of a frame."""

    @functools.wraps(verb)
    def method(self: SeriesEstimateAI, **arguments: Any) -> Estimate:
        _refuse_frames_own(verb, arguments)
        frame, column = backend_of(self._series).framed(self._series)
        estimate: Estimate = getattr(EstimateAI(frame, **self._how), verb.__name__)(column, **arguments)
        return estimate

    method.__signature__ = _signature(verb)  # type: ignore[attr-defined]
    return method


def _signature(verb: Any) -> inspect.Signature:
    parameters = list(inspect.signature(verb).parameters.values())
    return inspect.Signature([parameters[0]] + [p for p in parameters[2:] if p.name not in _FRAME_ONLY])


def _refuse_frames_own(verb: Any, arguments: Mapping[str, Any]) -> None:
    for name in _FRAME_ONLY:
        if name in arguments:
            raise ConfigError(
                f"a column's verb gives the headline alone, so it takes no {name}=. "
                f"Call it on the frame: df.ai.{verb.__name__}(column, {name}=…)."
            )


def _without_input(verb: Any) -> Any:
    """The method of a column for the verb of a frame."""

    @functools.wraps(verb)
    def method(self: SeriesAI, **arguments: Any) -> Any:
        _refuse_frames_own(verb, arguments)
        frame, column = self._backend.framed(self._series)
        headline = "dfai_headline"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = getattr(FrameAI(frame), verb.__name__)(column, output=headline, **arguments)
        # Of a verb that answers several things the first is the headline.
        first = next(name for name in self._backend.columns(result) if str(name).startswith(headline))
        for warning in caught:
            text = str(warning.message)
            if issubclass(warning.category, RowsFailed):
                text = (
                    f"{text.partition(';')[0]}. A column has no room for errors; the frame tells: "
                    f"df.ai.{verb.__name__}({column!r})."
                )
            warnings.warn(text, warning.category, stacklevel=2)
        name = str(first).replace(headline, services()[verb.__name__].noun)
        return self._backend.pick(result, first).rename(name)

    method.__signature__ = _signature(verb)  # type: ignore[attr-defined]
    return method


for _name in verb_names():
    setattr(SeriesAI, _name, _without_input(getattr(Verbs, _name)))
    setattr(SeriesEstimateAI, _name, _estimated(getattr(Verbs, _name)))
