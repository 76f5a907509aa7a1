"""What a request asks for besides its series: each option checked, with the service's code where it is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.decision.series import Impute
from dfai_engine.failures import ServiceFailure

__all__ = ["Changes", "Detection", "changes", "detection", "number", "whole"]

UNFILLED = Impute()
MODES = ("auto", "previous", "linear", "fixed", "zero", "notFill")


@dataclass(frozen=True, slots=True)
class Detection:
    """How to look for anomalies. The defaults are the values of the service's documentation."""

    sensitivity: int = 95
    max_anomaly_ratio: float = 0.25
    period: int | None = None  # None: looked for; 0 or 1: there is none
    impute: Impute = UNFILLED


@dataclass(frozen=True, slots=True)
class Changes:
    """How to look for change points."""

    period: int | None = None
    stable_trend_window: int = 5
    threshold: float = 0.9


DETECTION, CHANGES = Detection(), Changes()


def detection(body: Mapping[str, object], length: int, *, imputes: bool) -> Detection:
    """The options of anomaly detection over a grid of *length* steps; *imputes*: this version of the API may fill gaps.

    Raises
    ------
    ServiceFailure
        With the service's code for what is wrong.
    """
    sensitivity = whole(body, "sensitivity", DETECTION.sensitivity, 0, 99, "InvalidModelArgument")
    ratio = number(body, "maxAnomalyRatio", DETECTION.max_anomaly_ratio, "InvalidModelArgument")
    if not 0 <= ratio < 0.5:
        raise ServiceFailure(
            "The 'maxAnomalyRatio' field must be at least 0 and less than 0.5.", code="InvalidModelArgument"
        )
    return Detection(sensitivity, ratio, period(body, length), _impute(body) if imputes else UNFILLED)


def changes(body: Mapping[str, object], length: int) -> Changes:
    """The options of change point detection.

    Raises
    ------
    ServiceFailure
        With the service's code for what is wrong.
    """
    window = whole(
        body, "stableTrendWindow", CHANGES.stable_trend_window, 1, max(1, length // 2), "InvalidModelArgument"
    )
    threshold = number(body, "threshold", CHANGES.threshold, "InvalidModelArgument")
    if not 0 <= threshold <= 1:
        raise ServiceFailure("The 'threshold' field must be from 0 to 1.", code="InvalidModelArgument")
    return Changes(period(body, length), window, threshold)


def period(body: Mapping[str, object], length: int) -> int | None:
    """The period that a request names, or None."""
    named = body.get("period")
    if named is None:
        return None
    if not isinstance(named, int) or isinstance(named, bool) or not 0 <= named <= length // 2:
        raise ServiceFailure(
            f"The 'period' field must be an integer from 0 to {length // 2}, so that the series shows it twice.",
            code="InvalidPeriod",
        )
    return named


def whole(body: Mapping[str, object], name: str, default: int, least: int, most: int, code: str) -> int:
    """A whole number among the options."""
    named = body.get(name)
    if named is None:
        return default
    if not isinstance(named, int) or isinstance(named, bool) or not least <= named <= most:
        raise ServiceFailure(f"The '{name}' field must be an integer between {least} and {most:,}.", code=code)
    return named


def number(body: Mapping[str, object], name: str, default: float, code: str) -> float:
    """A number among the options."""
    named = body.get(name)
    if named is None:
        return default
    if not isinstance(named, (int, float)) or isinstance(named, bool) or not math.isfinite(named):
        raise ServiceFailure(f"The '{name}' field must be a number.", code=code)
    return float(named)


def _impute(body: Mapping[str, object]) -> Impute:
    mode = body.get("imputeMode")
    if mode is None:
        return UNFILLED
    if not isinstance(mode, str) or mode not in MODES:
        raise ServiceFailure(f"The 'imputeMode' field must be one of {', '.join(MODES)}.", code="InvalidImputeMode")
    if mode == "fixed" and body.get("imputeFixedValue") is None:
        raise ServiceFailure(
            "The 'imputeFixedValue' field is required where 'imputeMode' is fixed.", code="InvalidImputeFixedValue"
        )
    return Impute(mode, number(body, "imputeFixedValue", 0.0, "InvalidImputeFixedValue"))
