"""Training a model of several variables, and what it says of other data: from sources to answers, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dfai_engine.decision import sources, tables
from dfai_engine.decision.correlation import Fitted, Pass, changed, fit, judge
from dfai_engine.decision.limits import Limits
from dfai_engine.decision.models import Record
from dfai_engine.decision.multivariate_options import Asked, Data, alignment
from dfai_engine.decision.tables import Alignment, Table, Variable
from dfai_engine.failures import ServiceFailure

__all__ = ["LEAST_MOMENTS", "batch", "diagnostics", "interpretation", "newest", "trained"]

LEAST_MOMENTS = 12


def trained(
    data: Data, many: bool, how: Alignment, limits: Limits, folder: Path | None
) -> tuple[tuple[str, ...], Fitted, dict[str, Any]]:
    """The names of the variables, the model, and what the service calls its diagnostics.

    Raises
    ------
    ServiceFailure
        The data cannot be read, or does not do.
    """
    files = sources.read(data.source, many=many, folder=folder, most_bytes=limits.source_bytes)
    variables = tables.from_csv(files, many=many, limits=limits)
    names = tuple(held.name for held in variables)
    table = tables.aligned(variables, names, how).between(data.begin, data.end)
    if not LEAST_MOMENTS <= len(table.micros) <= limits.train_timestamps:
        raise ServiceFailure(
            f"The data has {len(table.micros):,} timestamps from startTime to endTime; "
            f"there must be {LEAST_MOMENTS} to {limits.train_timestamps:,}.",
            status=413 if len(table.micros) > LEAST_MOMENTS else 400,
            code="InvalidData",
        )
    model, passes = fit(table.values)
    return names, model, diagnostics(passes, table.states())


def diagnostics(passes: Sequence[Pass], states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the service tells of a training."""
    return {
        "modelState": {
            "epochIds": list(range(1, len(passes) + 1)),
            "trainLosses": [each.train_loss for each in passes],
            "validationLosses": [each.validation_loss for each in passes],
            "latenciesInSeconds": [each.seconds for each in passes],
        },
        "variableStates": list(states),
    }


def batch(asked: Asked, record: Record, model: Fitted, limits: Limits, folder: Path | None) -> dict[str, Any]:
    """``results`` and ``variableStates`` of a batch.

    Raises
    ------
    ServiceFailure
        The data cannot be read, or is not what the model was trained on.
    """
    many = record.info.get("dataSchema") == "MultiTable" and not sources.is_inline(asked.data.source)
    files = sources.read(asked.data.source, many=many, folder=folder, most_bytes=limits.source_bytes)
    table = _aligned(tables.from_csv(files, many=many, limits=limits), record)
    table = table.between(asked.data.begin, asked.data.end)
    if len(table.micros) > limits.detect_timestamps:
        raise ServiceFailure(
            f"The limit timestamps of one detection request is {limits.detect_timestamps:,}, please change startTime "
            "or endTime parameters.",
            status=413,
            code="InvalidData",
        )
    return {"variableStates": table.states(), "results": _results(table, model, asked.top)}


def newest(variables: Sequence[Variable], record: Record, model: Fitted, top: int, window: int) -> dict[str, Any]:
    """The answer for the moments that a whole window leads to; for the last one if there are fewer."""
    table = _aligned(variables, record)
    first = int(table.micros[min(window, len(table.micros) - 1)])
    states = table.states()
    return {"variableStates": states, "results": _results(table.between(first, int(table.micros[-1])), model, top)}


def _aligned(variables: Sequence[Variable], record: Record) -> Table:
    return tables.aligned(variables, record.names, alignment(record.info.get("alignPolicy")))


def _results(table: Table, model: Fitted, top: int) -> list[dict[str, Any]]:
    judged = judge(table.values, model)
    found = []
    for index, micros in enumerate(table.micros):
        anomalous = bool(judged.severity[index] > 0)
        value: dict[str, Any] = {
            "isAnomaly": anomalous,
            "severity": float(judged.severity[index]),
            "score": float(judged.score[index]),
            "interpretation": [],
        }
        if anomalous:
            value["interpretation"] = interpretation(
                table.names, judged.shares[index], judged.scaled[index], model, top
            )
        found.append({"timestamp": tables.stamp(micros), "value": value, "errors": []})
    return found


def interpretation(
    names: Sequence[str], shares: Any, scaled: Any, model: Fitted, top: int
) -> list[Mapping[str, object]]:
    """The *top* variables of an anomaly, the one that contributes most first."""
    order = np.argsort(-shares, kind="stable")[:top]
    return [
        {
            "variable": names[variable],
            "contributionScore": float(shares[variable]),
            "correlationChanges": {
                "changedVariables": [names[other] for other in changed(scaled, int(variable), model)]
            },
        }
        for variable in order
    ]
