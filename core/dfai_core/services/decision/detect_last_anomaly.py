"""Whether the newest point of a series is an anomaly."""

from __future__ import annotations

from typing import Any

from dfai_core.service import Exchange, Gather, Service, Values, Wiring
from dfai_core.services.decision.detect_anomalies import COLUMNS, OPTIONS, fields
from dfai_core.services.decision.wire import API_VERSION, LIMITS, RETIRED, exchange, written

__all__ = ["DETECT_LAST_ANOMALY"]


def _wire(wiring: Wiring) -> Exchange:
    scale = 100 - wiring.options["sensitivity"]

    def values(body: dict[str, Any]) -> Values:
        expected = body["expectedValue"]
        return (
            body["isAnomaly"],
            expected,
            expected - scale * body["lowerMargin"],
            expected + scale * body["upperMargin"],
            "above" if body["isPositiveAnomaly"] else "below" if body["isNegativeAnomaly"] else None,
            body.get("severity"),
            body["period"],
        )

    return exchange(wiring, "last", values)


DETECT_LAST_ANOMALY = Service(
    name="detect_last_anomaly",
    family="decision",
    noun="anomaly",
    inputs=("value",),
    columns=COLUMNS,
    options=OPTIONS,
    limits=LIMITS,
    operation="DetectUnivariateLastPoint",
    wire=_wire,
    api_version=API_VERSION,
    reads="numbers",
    gather=Gather(written(fields), answers="last"),
    retired=RETIRED,
    known_as=("DetectLastAnomaly",),
)
