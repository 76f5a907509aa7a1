"""The anomalies of a whole series: one answer for each of its points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dfai_core.service import Column, Exchange, Gather, Option, Service, Values, Wiring
from dfai_core.services.decision.wire import (
    API_VERSION,
    LIMITS,
    RETIRED,
    SERIES_OPTIONS,
    exchange,
    impute,
    number,
    whole,
    written,
)

__all__ = ["DETECT_ANOMALIES", "fields"]

_COLUMNS = (
    Column("", pa.bool_(), "Whether the point is an anomaly."),
    Column("_expected", pa.float64(), "The value that was to be expected, in the unit of the values."),
    Column("_lower", pa.float64(), "The lower end of what is normal: ready to plot."),
    Column("_upper", pa.float64(), "The upper end of what is normal: ready to plot."),
    Column("_direction", pa.string(), '"above" or "below" the expected value, for an anomaly; else null.'),
    Column("_severity", pa.float64(), "From 0 (normal) to 1."),
    Column("_period", pa.int64(), "Points in a cycle; 0: the series has none."),
)
# Source of ranges: the contract of v1.1, and its documentation's defaults.
_OPTIONS = (
    *SERIES_OPTIONS,
    Option("sensitivity", "request", 95, whole(0, 99)),
    Option("max_anomaly_ratio", "request", 0.25, number(0.0, 0.5)),
    Option("impute", "request", "auto", impute),
)


def fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says besides its series."""
    filled = options["impute"]
    said: dict[str, Any] = {
        "sensitivity": options["sensitivity"],
        "maxAnomalyRatio": options["max_anomaly_ratio"],
        "imputeMode": "fixed" if isinstance(filled, float) else filled,
    }
    return said | ({"imputeFixedValue": filled} if isinstance(filled, float) else {})


def _wire(wiring: Wiring) -> Exchange:
    # Source: the contract of v1.1, UnivariateEntireDetectionResult: boundary = expected ± (100 - marginScale) × margin,
    # where the margin scale is the sensitivity.
    scale = 100 - wiring.options["sensitivity"]

    def values(body: dict[str, Any]) -> Values:
        expected = body["expectedValues"]
        middle = np.array(expected, np.float64)
        below, above = (_where(body[name]) for name in ("isNegativeAnomaly", "isPositiveAnomaly"))
        direction: list[str | None] = [None] * len(expected)
        for places, word in ((below, "below"), (above, "above")):
            for place in places:
                direction[place] = word
        return (
            body["isAnomaly"],
            expected,
            (middle - scale * np.array(body["lowerMargins"], np.float64)).tolist(),
            (middle + scale * np.array(body["upperMargins"], np.float64)).tolist(),
            direction,
            body.get("severity") or [None] * len(expected),
            [body["period"]] * len(expected),
        )

    return exchange(wiring, "entire", values)


def _where(flags: list[bool]) -> list[int]:
    """The places of what is true, which is seldom."""
    return [place for place, flag in enumerate(flags) if flag] if True in flags else []


DETECT_ANOMALIES = Service(
    name="detect_anomalies",
    family="decision",
    noun="anomaly",
    inputs=("value",),
    columns=_COLUMNS,
    options=_OPTIONS,
    limits=LIMITS,
    operation="DetectUnivariateEntireSeries",
    wire=_wire,
    api_version=API_VERSION,
    reads="numbers",
    gather=Gather(written(fields)),
    retired=RETIRED,
    known_as=("SimpleDetectAnomalies", "DetectAnomalies"),
)
