"""Whether the newest point of a series is an anomaly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dfai_core.service import Exchange, Gather, Values, Wiring
from dfai_core.services.decision.detect_anomalies import DETECT_ANOMALIES, fields
from dfai_core.services.decision.wire import exchange, written

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


DETECT_LAST_ANOMALY = replace(
    DETECT_ANOMALIES,
    name="detect_last_anomaly",
    operation="DetectUnivariateLastPoint",
    wire=_wire,
    gather=Gather(written(fields), answers="last"),
    known_as=("DetectLastAnomaly",),
)
