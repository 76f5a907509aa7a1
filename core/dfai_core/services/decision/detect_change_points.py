"""Where a series changes its trend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Gather, Option, Service, Values, Wiring
from dfai_core.services.decision.wire import (
    API_VERSION,
    LIMITS,
    RETIRED,
    SERIES_OPTIONS,
    exchange,
    whole,
    written,
)

__all__ = ["DETECT_CHANGE_POINTS"]


def _fields(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"stableTrendWindow": options["stability"]}


def _wire(wiring: Wiring) -> Exchange:
    def values(body: dict[str, Any]) -> Values:
        return (body["isChangePoint"], body["confidenceScores"])

    return exchange(wiring, "changepoint", values)


DETECT_CHANGE_POINTS = Service(
    name="detect_change_points",
    family="decision",
    noun="change_point",
    inputs=("value",),
    columns=(
        Column("", pa.bool_(), "Whether the trend changes at this point."),
        Column("_confidence", pa.float64(), "From 0 to 1."),
    ),
    # Source: the contract of v1.1; its documentation's default window is 5.
    options=(*SERIES_OPTIONS, Option("stability", "request", 5, whole(1, 100_000))),
    limits=LIMITS,
    operation="DetectUnivariateChangePoint",
    wire=_wire,
    api_version=API_VERSION,
    reads="numbers",
    gather=Gather(written(_fields)),
    retired=RETIRED,
    known_as=("DetectChangePoints",),
)
