"""The routes for one series: its anomalies, whether its newest point is one, and its change points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dfai_engine import protocol
from dfai_engine.decision import changes, entire, last, options, wire
from dfai_engine.decision.limits import Limits
from dfai_engine.decision.series import read
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["VERSIONS", "Univariate", "routes"]

VERSIONS = ("v1.0", "v1.1")
PATH = "/anomalydetector/{version}/timeseries/{operation}/detect"


def routes(threads: Threads, limits: Limits) -> list[Route]:
    """The Starlette routes of one series."""
    from starlette.routing import Route

    served = wire.endpoint(Univariate(threads, limits))
    named = [
        Route(PATH.format(version=version, operation=operation), served, methods=["POST"])
        for version in VERSIONS
        for operation in OPERATIONS
    ]
    # An older copy of the contract writes changePoint; the service takes either.
    return [*named, Route(PATH, served, methods=["POST"], include_in_schema=False)]


class Univariate:
    """One request, one series, one answer."""

    def __init__(self, threads: Threads, limits: Limits) -> None:
        self._threads = threads
        self._limits = limits

    async def __call__(self, request: Request) -> Reply:
        """Answer in a thread: reading and writing megabytes of JSON would hold up the event loop as well."""
        _, version, _, operation, _ = request.scope["path"].lower().rsplit("/", 4)
        if version not in VERSIONS or operation not in OPERATIONS:
            raise ServiceFailure("Resource not found", status=404, code="404")
        body = await protocol.body_of(request, self._limits.body_bytes)
        return await self._threads.run(self.answer, body, operation, version)

    def answer(self, body: bytes, operation: str, version: str) -> Reply:
        """The response to a body, without HTTP around it."""
        return wire.answer(OPERATIONS[operation](wire.json_of(body), self._limits, version == "v1.1"))


def _entire(body: dict[str, object], limits: Limits, newer: bool) -> dict[str, object]:
    series = read(body, limits, granularity_needed=False)
    found = entire.detect(series, options.detection(body, series.length, imputes=newer))
    said: dict[str, object] = {
        "period": found.period,
        "expectedValues": found.expected,
        "upperMargins": found.margins,
        "lowerMargins": found.margins,
        "isAnomaly": found.above | found.below,
        "isNegativeAnomaly": found.below,
        "isPositiveAnomaly": found.above,
    }
    return said | {"severity": found.severity} if newer else said


def _last(body: dict[str, object], limits: Limits, newer: bool) -> dict[str, object]:
    series = read(body, limits, granularity_needed=False)
    found = last.detect(series, options.detection(body, series.length, imputes=newer))
    said: dict[str, object] = {
        "period": found.period,
        "suggestedWindow": last.suggested_window(found.period),
        "expectedValue": found.expected,
        "upperMargin": found.margin,
        "lowerMargin": found.margin,
        "isAnomaly": found.above or found.below,
        "isNegativeAnomaly": found.below,
        "isPositiveAnomaly": found.above,
    }
    return said | {"severity": found.severity} if newer else said


def _change_points(body: dict[str, object], limits: Limits, _: bool) -> dict[str, object]:
    series = read(body, limits, granularity_needed=True)
    found = changes.detect(series, options.changes(body, series.length))
    return {
        "period": found.period,
        "isChangePoint": found.change,
        "confidenceScores": np.ascontiguousarray(found.confidence),
    }


OPERATIONS: dict[str, Callable[[dict[str, Any], Limits, bool], dict[str, object]]] = {
    "entire": _entire,
    "last": _last,
    "changepoint": _change_points,
}
