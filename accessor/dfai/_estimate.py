"""The verbs that estimate: what each would send, take and cost, before anything is sent."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NoReturn

from dfai import _hints
from dfai._calls import calls_for
from dfai._estimated import Estimate, Speed, estimate_of, together
from dfai._verbs import VerbCall, Verbs, verb_names
from dfai_core import Backend, Call, backend_of
from dfai_core.backend import Surveying
from dfai_core.errors import BackendNotFound, ConfigError
from dfai_core.estimating import TALLY, Tally, joined, survey
from dfai_core.ledger import LEDGER, collect
from dfai_core.report import Figures, length_s, quantile_s

__all__ = ["EstimateAI"]

ASSUMED_LATENCY_S = 0.1


class EstimateAI(Verbs[Estimate]):
    """Every verb on one frame, estimated. Made by ``df.ai.estimate`` and ``dfai.on(df).estimate``.

    Parameters
    ----------
    frame
        Of any library that is served.
    sample_rows
        How many rows to look at, chosen at random; the numbers are scaled up. Default: all of them.
    latency_s
        How long an answer takes. Default: as this process measured it at the same target, else 0.1 s, assumed.
    """

    def __init__(self, frame: Any, *, sample_rows: int | None = None, latency_s: float | None = None) -> None:
        self._frame = frame
        self._backend = backend_of(frame)
        if reason := self._backend.declines(frame):
            raise BackendNotFound(reason)
        self._sample_rows = _positive("sample_rows", sample_rows, int)
        self._latency_s = _positive("latency_s", latency_s, (int, float))

    def __call__(self, *, sample_rows: int | None = None, latency_s: float | None = None) -> EstimateAI:
        """The same with other rows looked at, or another latency."""
        return EstimateAI(self._frame, sample_rows=sample_rows, latency_s=latency_s)

    def _carry_out(self, asked: VerbCall) -> Estimate:
        given: Any = dict(asked.settings)
        how = {name: given.pop(name) for name in ("sample_rows", "latency_s") if name in given}
        if how:  # said in the call itself
            return self(**how)._carry_out(replace(asked, settings=given))
        backend, frame = self._backend, self._frame
        calls = calls_for(backend, frame, asked)
        if not isinstance(backend, Surveying):
            raise ConfigError(f"the backend of {backend.name} frames cannot estimate yet.")
        whole = None
        if self._sample_rows is not None:
            frame, whole = backend.sampled(frame, self._sample_rows)
        return together([_estimated(backend, frame, call, whole, self._latency_s) for call, _ in calls])

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(_hints.missing_verb(name))

    def __dir__(self) -> list[str]:
        return [*verb_names(), "call"]

    def __repr__(self) -> str:
        return f"<dfai estimates for a {self._backend.name} frame: {', '.join(verb_names())}>"


def _positive(name: str, value: Any, kind: Any) -> Any:
    if value is None or (isinstance(value, kind) and not isinstance(value, bool) and 0 < value < math.inf):
        return value
    raise ConfigError(f"{name}={value!r}: expected a number above 0.")


def _estimated(backend: Backend, frame: Any, call: Call, whole: int | None, latency_s: float | None) -> Estimate:
    assert isinstance(backend, Surveying)
    tally = Tally.total([backend.surveyed(frame, call, survey, joined, TALLY)])
    speed = Speed(latency_s, measured=False) if latency_s is not None else _speed(call)
    alone = not backend.is_lazy(frame)
    return estimate_of(call, tally, backend=backend.name, whole=whole, alone=alone, speed=speed)


def _speed(call: Call) -> Speed:
    """How fast the target of *call* answered this process's calls of the same verb, or what is assumed."""
    target = str(call.config.target.resolve(call.service))
    entries = [one for one in LEDGER.entries() if (one.verb, one.target) == (call.service.name, target)]
    collect([one for one in entries if one.lazy])
    figures = Figures.total(one.figures() for one in entries)
    median_s, wall_s = quantile_s(figures.latency, 0.5), length_s(figures.active)
    if call.target_kind == "local":  # it computes: what counts is how much, not how long one waits
        answered = figures.documents - figures.from_store
        return Speed(None, measured=True, documents_per_s=answered / wall_s if answered and wall_s else None)
    if call.service.long_running:
        return Speed(None, measured=False)
    return Speed(ASSUMED_LATENCY_S, measured=False) if median_s is None else Speed(median_s, measured=True)
