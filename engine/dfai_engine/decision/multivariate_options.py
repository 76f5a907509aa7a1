"""What requests about several variables ask for: each option checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dfai_engine.decision.limits import Limits
from dfai_engine.decision.options import number, whole
from dfai_engine.decision.tables import FILLS, MODES, Alignment, Variable, check_count, micros_of, variable
from dfai_engine.failures import ServiceFailure

__all__ = ["Asked", "Data", "alignment", "asked", "data", "top_contributors", "training", "variables", "window"]

INVALID = "BadArgument"
# Source: multivariate "Troubleshooting" names 28 to 2,880; the contract's own example trains with 20.
LEAST_WINDOW, MOST_WINDOW, WINDOW = 1, 2_880, 300
LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class Data:
    """Where the data is, and from when to when it counts: microseconds since 1970, both ends included."""

    source: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch to be looked through by a model."""

    model: str
    data: Data
    top: int
    setup: Mapping[str, Any]  # as it is told again


def data(body: Mapping[str, object]) -> Data:
    """The data that a request names.

    Raises
    ------
    ServiceFailure
        A field is missing or not what it must be.
    """
    for name in ("dataSource", "startTime", "endTime"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise ServiceFailure(f"The '{name}' field is required in the request.", code=INVALID)
    begin, end = micros_of(body["startTime"], "startTime"), micros_of(body["endTime"], "endTime")
    if begin > end:
        raise ServiceFailure("The 'startTime' must not be later than the 'endTime'.", code=INVALID)
    return Data(str(body["dataSource"]), begin, end)


def training(body: Mapping[str, object]) -> tuple[Data, bool, Alignment]:
    """What to train on, whether each variable has a file of its own, and how variables meet.

    Raises
    ------
    ServiceFailure
        A field is missing or not what it must be.
    """
    found, schema = data(body), body.get("dataSchema")
    if schema not in (None, "OneTable", "MultiTable"):
        raise ServiceFailure("The 'dataSchema' field must be OneTable or MultiTable.", code=INVALID)
    name = body.get("displayName")
    if name is not None and not isinstance(name, str):
        raise ServiceFailure("The 'displayName' field must be a string.", code=INVALID)
    if name is not None and len(name) > LONGEST_NAME:
        raise ServiceFailure(f"The displayName length exceeds maximum allowed length {LONGEST_NAME}.", code=INVALID)
    window(body)
    return found, schema == "MultiTable", alignment(body.get("alignPolicy"))


def window(body: Mapping[str, object]) -> int:
    """How many moments lead to one that is looked at."""
    return whole(body, "slidingWindow", WINDOW, LEAST_WINDOW, MOST_WINDOW, INVALID)


def alignment(policy: object) -> Alignment:
    """How variables come to the same timestamps."""
    if policy is None:
        return Alignment()
    if not isinstance(policy, Mapping):
        raise ServiceFailure("The 'alignPolicy' field must be an object.", code=INVALID)
    mode = next((known for known in MODES if known == policy.get("alignMode", "Outer")), None)
    if mode is None:
        raise ServiceFailure(f"The 'alignMode' field must be {' or '.join(MODES)}.", code=INVALID)
    fill = next((known for known in FILLS if known == policy.get("fillNAMethod", "Linear")), None)
    if fill is None:
        raise ServiceFailure(f"The 'fillNAMethod' field must be one of {', '.join(FILLS)}.", code=INVALID)
    if fill == "Fixed" and policy.get("paddingValue") is None:
        raise ServiceFailure("The 'paddingValue' field is required where 'fillNAMethod' is Fixed.", code=INVALID)
    return Alignment(mode, fill, number(policy, "paddingValue", 0.0, INVALID))


def top_contributors(body: Mapping[str, object]) -> int:
    """How many variables to name for each anomaly."""
    return whole(body, "topContributorCount", 10, 1, 300, INVALID)


def asked(body: Mapping[str, object], model: str, shown: str) -> Asked:
    """A batch; *shown* is how its source is told again."""
    setup = {name: body[name] for name in ("startTime", "endTime") if name in body}
    top = top_contributors(body)
    return Asked(model, data(body), top, {"dataSource": shown, "topContributorCount": top, **setup})


def variables(body: Mapping[str, object], limits: Limits) -> list[Variable]:
    """The variables that stand in the request itself; null is missing.

    Raises
    ------
    ServiceFailure
        They are not what they must be.
    """
    entries = body.get("variables")
    if not isinstance(entries, list) or not entries:
        raise ServiceFailure("The 'variables' field is required in the request.", code=INVALID)
    found = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("variable"), str):
            raise ServiceFailure(f"The variable at index {index} has no name in 'variable'.", code=INVALID)
        name, moments, values = entry["variable"], entry.get("timestamps"), entry.get("values")
        if not isinstance(moments, list) or not isinstance(values, list) or len(moments) != len(values):
            raise ServiceFailure(f"Variable {name!r} must have as many 'values' as 'timestamps'.", code=INVALID)
        if not 1 <= len(moments) <= limits.last_timestamps:
            raise ServiceFailure(
                f"Variable {name!r} has {len(moments):,} timestamps; it must have 1 to {limits.last_timestamps:,}.",
                status=413 if moments else 400,
                code=INVALID,
            )
        micros = [micros_of(moment, f"timestamp {at} of {name!r}") for at, moment in enumerate(moments)]
        found.append(variable(name, micros, _numbers(name, values)))
    if len({held.name for held in found}) != len(found):
        raise ServiceFailure("A variable stands twice in the request.", code=INVALID)
    return check_count(found, limits)


def _numbers(name: str, values: Sequence[object]) -> list[float]:
    if not set(map(type, values)) <= {int, float, type(None)}:
        raise ServiceFailure(f"Variable {name!r} has values that are no numbers.", code=INVALID)
    return [float("nan") if value is None else float(value) for value in values]  # type: ignore[arg-type]
