"""Several variables together: a model of how they usually move, and what it says of each row.

A model travels with each request that uses it, so that any engine can answer, on any worker. The paths are ours, beside
the service's own: its models stay on one server and are trained on files that it fetches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from dfai_core.service import (
    Column,
    Document,
    Exchange,
    Failure,
    Gather,
    Limits,
    Option,
    Part,
    Rows,
    Service,
    Values,
    Wiring,
)
from dfai_core.services.decision.granularity import written_time
from dfai_core.services.decision.wire import API_VERSION, RETIRED, choice, impute_many, whole
from dfai_core.transports.base import Answer

__all__ = ["MOST_COLUMNS", "detecting", "fitting"]

# Source: multivariate "Troubleshooting", read 2026-11-24: 300 variables. Here a variable counts once for each row seen.
MOST_COLUMNS = 300
_PATH = "/anomalydetector/{version}/multivariate/models:{operation}"
_SERIES = "__series"  # an input of a fit besides its variables: which series a row is of

_FIT_LIMITS = {
    "azure": Limits(
        max_documents=1,
        max_chars=None,
        max_bytes=200_000_000,
        source='Multivariate "Troubleshooting": a million timestamps to train on; read 2026-11-24. The bytes are ours.',
        max_rows=1_000_000,
    ),
}
_DETECT_LIMITS = {
    "azure": Limits(
        max_documents=1,
        max_chars=None,
        max_bytes=8_000_000,
        source='Multivariate "Batch inference": 20,000 timestamps; read 2026-11-24. The bytes are ours.',
        max_rows=20_000,
    ),
    "local": Limits(
        max_documents=1,
        max_chars=None,
        max_bytes=100_000_000,
        source="The embedded engine in process takes series of a million moments.",
        max_rows=1_000_000,
    ),
}


def fitting(variables: Sequence[str], *, several: bool, keeps_gaps: bool) -> Service:
    """The service that fits a model of *variables*: its last row is answered, with the model as JSON.

    *several*: after the variables comes a column that numbers the series. *keeps_gaps*: rows that lack some of the
    variables count too.
    """
    inputs = (*variables, *([_SERIES] if several else []))
    return replace(
        _FIT,
        inputs=inputs,
        nullable=frozenset(variables) if keeps_gaps else frozenset(),
        gather=Gather(_Fit(tuple(variables)), answers="last"),
    )


def detecting(variables: Sequence[str], *, keeps_gaps: bool) -> Service:
    """The service that judges rows of *variables* by a model of them."""
    return replace(
        _DETECT,
        inputs=tuple(variables),
        nullable=frozenset(variables) if keeps_gaps else frozenset(),
        gather=Gather(_Detect(tuple(variables))),
    )


# ---- what requests say ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fit:
    """Writes the request that fits a model."""

    variables: tuple[str, ...]

    def __call__(self, rows: Rows, options: Mapping[str, Any]) -> str | Failure:
        count = len(self.variables)
        if len(rows.columns) == count:
            parts = [np.arange(len(rows))]
        else:
            number = rows.columns[count].astype(np.int64)
            order = np.argsort(number, kind="stable")
            parts = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
        series = []
        for part in parts:
            if (wrong := _wrong(self.variables, rows, part)) is not None:
                return wrong
            series.append(_series(self.variables, rows, part))
        # Series have no order of their own: by what they hold, so that the same rows make the same model everywhere.
        series.sort(key=_contents)
        filled = options["impute"]
        policy: dict[str, Any] = {
            "alignMode": options["align"].capitalize(),
            "fillNAMethod": "Fixed" if isinstance(filled, float) else filled.capitalize(),
        }
        if isinstance(filled, float):
            policy["paddingValue"] = filled
        said = {
            "variables": self.variables,
            "window": options["window_points"],
            "alignPolicy": policy,
            "series": series,
        }
        return orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY).decode()


@dataclass(frozen=True, slots=True)
class _Detect:
    """Writes what a request says besides its model, which is the same for all series."""

    variables: tuple[str, ...]

    def __call__(self, rows: Rows, options: Mapping[str, Any]) -> str | Failure:
        every = np.arange(len(rows))
        if (wrong := _wrong(self.variables, rows, every)) is not None:
            return wrong
        said = {
            "variables": self.variables,
            "topContributorCount": options["top"],
            "series": _series(self.variables, rows, every),
        }
        return orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _series(variables: Sequence[str], rows: Rows, part: np.ndarray[Any, Any]) -> dict[str, Any]:
    # A gap is NaN here, which JSON writes as null.
    values = [column[part] for column in rows.columns[: len(variables)]]
    return {"times": None if rows.times is None else rows.times[part], "values": values}


def _contents(series: Mapping[str, Any]) -> bytes:
    columns = [*series["values"], *([] if series["times"] is None else [series["times"]])]
    return sha256(b"".join(column.tobytes() for column in columns)).digest()


def _wrong(variables: Sequence[str], rows: Rows, part: np.ndarray[Any, Any]) -> Failure | None:
    """What no model can be asked of a series, and where it stands."""
    times = None if rows.times is None else rows.times[part]

    def place(at: int) -> str:
        return f"row {at + 1:,} of its series" if times is None else written_time(int(times[at]))

    for at, name in enumerate(variables):
        values = rows.columns[at][part]
        there = rows.there[at][part] if rows.there else np.ones(len(part), bool)
        wild = np.flatnonzero(there & ~np.isfinite(values))
        if len(wild):
            what = "not a number (NaN)" if np.isnan(values[wild[0]]) else "infinite"
            where = place(int(wild[0]))
            return Failure("refused", f"column {name!r} is {what} at {where}: make it null, which is a gap, or mend it")
        if not there.any():
            return Failure(
                "refused",
                f"column {name!r} has no value in the series: fill it, or fit a model without it",
            )
    if times is not None and len(twice := np.flatnonzero(np.diff(times) == 0)):
        where = written_time(int(times[twice[0]]))
        return Failure("refused", f"two rows of a series have the time {where}: is a column missing in by=?")
    return None


# ---- what answers say ----------------------------------------------------------------------------------------------


def _fit_wire(wiring: Wiring) -> Exchange:
    def write(documents: Iterable[Document]) -> bytes:
        ((_, body),) = documents
        return bytes(body, "utf-8")

    def read(answer: Answer, count: int) -> list[Values | Failure | None]:
        orjson.loads(answer.body)["fitted"]["centre"]
        return [(answer.body.decode(),)] * count

    return Exchange(_PATH.format(version=wiring.api_version, operation="fit"), write, read, _never)


def _detect_wire(wiring: Wiring) -> Exchange:
    model = bytes(wiring.options["model"], "utf-8")

    def write(documents: Iterable[Document]) -> bytes:
        ((_, body),) = documents
        return b'{"model":' + model + b"," + bytes(body[1:], "utf-8")

    def read(answer: Answer, count: int) -> list[Values | Failure | None]:
        body = orjson.loads(answer.body)
        said = body["interpretation"]
        values: Values = (
            body["isAnomaly"],
            body["severity"],
            [_distance(score) for score in body["score"]],
            [each[0]["variable"] if each else None for each in said],
            [None if each is None else [_contribution(entry) for entry in each] for each in said],
        )
        return [values] * count

    return Exchange(_PATH.format(version=wiring.api_version, operation="detect"), write, read, _never)


def _distance(score: float) -> float:
    """The score, from 0 to 2 and 1 at the threshold, as a multiple of the threshold.

    >>> _distance(0.0), _distance(1.0), _distance(1.5)
    (0.0, 1.0, 3.0)
    """
    return score / (2 - score)


def _contribution(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "variable": entry["variable"],
        "contribution": entry["contributionScore"],
        "changed": entry["correlationChanges"]["changedVariables"],
    }


def _never(_: Sequence[Part]) -> Values:
    raise ValueError("a series is never cut into parts")


def _as_it_is(_: str, value: Any) -> Any:
    return value


_FIT = Service(
    name="fit_anomalies",
    family="decision",
    noun="model",
    inputs=(),
    columns=(Column("", pa.string(), "The model, as JSON."),),
    options=(
        Option("window_points", "request", 1, whole(1, MOST_COLUMNS)),
        Option("align", "request", "outer", choice("outer", "inner")),
        Option("impute", "request", "linear", impute_many),
    ),
    limits=_FIT_LIMITS,
    operation="TrainMultivariateModel",
    wire=_fit_wire,
    api_version=API_VERSION,
    reads="numbers",
    retired=RETIRED,
    shareable=False,
)
_CONTRIBUTIONS = pa.list_(
    pa.struct(
        [
            pa.field("variable", pa.string()),
            pa.field("contribution", pa.float64()),
            pa.field("changed", pa.list_(pa.string())),
        ]
    )
)
_DETECT = Service(
    name="detect_multivariate",
    family="decision",
    noun="anomaly",
    inputs=(),
    columns=(
        Column("", pa.bool_(), "Whether the variables depart from how they usually move together."),
        Column("_severity", pa.float64(), "From 0 (normal) to 1."),
        Column("_distance", pa.float64(), "How far they depart, in thresholds: above 1 for anomalies."),
        Column("_variable", pa.string(), "The variable that contributes most to an anomaly; else null."),
        Column(
            "_contributions",
            _CONTRIBUTIONS,
            "For an anomaly what each variable contributes, the most first; all of them sum to 1. Else null.",
        ),
    ),
    options=(Option("model", "request", None, _as_it_is), Option("top", "request", 10, whole(1, MOST_COLUMNS))),
    limits=_DETECT_LIMITS,
    operation="DetectMultivariateLastAnomaly",
    wire=_detect_wire,
    api_version=API_VERSION,
    reads="numbers",
    retired=RETIRED,
)
