"""Models that travel: fitted to what a request holds and given back whole, or brought along with what they judge.

Nothing is kept here, so that any of many servers can answer. These two paths are ours, not the service's; the words in
them are its own:

- ``POST …/multivariate/models:fit`` takes one series of several variables, or many of the same, and answers with a
  model as ``GET …/models/{id}:export`` gives it;
- ``POST …/multivariate/models:detect`` takes such a model and a series, and answers for each of its moments.

A series is ``{"times": […], "values": [[…], …]}``: microseconds since 1970, rising, or null for moments that are evenly
spaced; and a list of values for each of the ``variables``, null where one is missing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from dfai_engine import protocol
from dfai_engine.decision import multivariate, multivariate_options, wire
from dfai_engine.decision.correlation import fit, judge, lagged
from dfai_engine.decision.limits import Limits
from dfai_engine.decision.models import Record, record_of
from dfai_engine.decision.numbers import Floats
from dfai_engine.decision.options import whole
from dfai_engine.decision.tables import LARGEST, Alignment, Table, Variable, aligned, stamp
from dfai_engine.decision.timestamps import written
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["Travelling", "routes"]

INVALID = "InvalidData"
# The protocol's times end with the year 9999.
LATEST_MICROS = 253_402_300_799_999_999


def routes(path: str, threads: Threads, limits: Limits) -> list[Route]:
    """The Starlette routes below *path*."""
    from starlette.routing import Route

    served = Travelling(threads, limits)
    return [
        Route(f"{path}/models:fit", wire.endpoint(served.fit), methods=["POST"], include_in_schema=False),
        Route(f"{path}/models:detect", wire.endpoint(served.detect), methods=["POST"], include_in_schema=False),
    ]


class Travelling:
    """What both paths answer."""

    def __init__(self, threads: Threads, limits: Limits) -> None:
        self._threads = threads
        self._limits = limits

    async def fit(self, request: Request) -> Reply:
        """A model of the series in the request."""
        body = await protocol.body_of(request, self._limits.source_bytes)
        return await self._threads.run(self._fit, body)

    def _fit(self, body: bytes) -> Reply:
        asked = wire.json_of(body)
        names = _names(asked.get("variables"), self._limits)
        window = whole(asked, "window", 1, 1, max(1, self._limits.variables // len(names)), "BadArgument")
        how = multivariate_options.alignment(asked.get("alignPolicy"))
        entries = asked.get("series")
        if not isinstance(entries, list) or not entries:
            raise ServiceFailure("The 'series' field must be a list of series.", code=INVALID)
        tables = [_table(entry, names, how) for entry in entries]
        moments = sum(len(table.micros) for table in tables)
        if not multivariate.LEAST_MOMENTS <= moments <= self._limits.train_timestamps:
            raise ServiceFailure(
                f"There are {moments:,} moments to fit a model to; "
                f"there must be {multivariate.LEAST_MOMENTS} to {self._limits.train_timestamps:,}.",
                status=413 if moments > multivariate.LEAST_MOMENTS else 400,
                code=INVALID,
            )
        fitted, passes = fit(np.concatenate([lagged(table.values, window) for table in tables]), window)
        now = written(datetime.now(UTC).replace(microsecond=0))
        info = {
            "dataSource": "data:,",
            "startTime": stamp(min(int(table.micros[0]) for table in tables)),
            "endTime": stamp(max(int(table.micros[-1]) for table in tables)),
            "slidingWindow": window,
            "alignPolicy": asked.get("alignPolicy") or {},
        }
        told = multivariate.diagnostics(passes, tables[0].states() if len(tables) == 1 else [])
        record = Record(str(uuid.uuid4()), now, now, info, names, "READY", (), told, fitted)
        return wire.answer(record.exported())

    async def detect(self, request: Request) -> Reply:
        """What the model in the request says of its series."""
        body = await protocol.body_of(request, self._limits.body_bytes)
        return await self._threads.run(self._detect, body)

    def _detect(self, body: bytes) -> Reply:
        asked = wire.json_of(body)
        try:
            record = record_of(asked.get("model"))
        except ValueError as fault:
            raise ServiceFailure(f"The 'model' field holds no model: {fault}.", code="InvalidModel") from None
        if record.fitted is None:
            raise ServiceFailure("The model is not ready to be used.", code="InvalidModel")
        top = multivariate_options.top_contributors(asked)
        names = _names(asked.get("variables"), self._limits)
        if set(names) != set(record.names):
            other = min(set(names) ^ set(record.names))
            raise ServiceFailure(
                f"The model and the series differ in the variable {other!r}; the model has "
                f"{', '.join(map(repr, record.names))}.",
                code="VariableMismatch",
            )
        how = multivariate_options.alignment(record.info.get("alignPolicy"))
        table = _table(asked.get("series"), names, how)
        if len(table.micros) > self._limits.detect_timestamps:
            raise ServiceFailure(
                f"The series has {len(table.micros):,} moments; "
                f"there may be {self._limits.detect_timestamps:,} in a request.",
                status=413,
                code=INVALID,
            )
        order = [names.index(name) for name in record.names]
        judged = judge(table.values[:, order], record.fitted)
        said: list[Any] = [None] * len(table.micros)
        for at in np.flatnonzero(judged.anomalous).tolist():
            said[at] = multivariate.interpretation(
                record.names, judged.shares[at], judged.scaled[at], record.fitted, top
            )
        return wire.answer(
            {
                "isAnomaly": judged.anomalous,
                "severity": judged.severity,
                "score": judged.score,
                "interpretation": said,
            }
        )


def _names(named: object, limits: Limits) -> tuple[str, ...]:
    if not isinstance(named, list) or not named or not all(isinstance(name, str) for name in named):
        raise ServiceFailure("The 'variables' field must be a list of names.", code=INVALID)
    if len(set(named)) < len(named):
        raise ServiceFailure("A variable stands twice in the request.", code=INVALID)
    if len(named) > limits.variables:
        raise ServiceFailure(
            f"The request has {len(named):,} variables; there may be {limits.variables}.", status=413, code=INVALID
        )
    return tuple(named)


def _table(entry: object, names: Sequence[str], how: Alignment) -> Table:
    """A series with its gaps filled."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("values"), list):
        raise ServiceFailure("A series must be an object with 'values'.", code=INVALID)
    columns = entry["values"]
    if len(columns) != len(names) or not all(isinstance(column, list) for column in columns):
        raise ServiceFailure("A series must have one list of values for each variable.", code=INVALID)
    values = np.stack([_column(name, column) for name, column in zip(names, columns, strict=True)], axis=1)
    micros = _times(entry.get("times"), len(values))
    there = ~np.isnan(values)
    if there.all() and len(values):
        return Table(tuple(names), micros, values, there)
    held = [Variable(name, micros[there[:, at]], values[there[:, at], at]) for at, name in enumerate(names)]
    lacking = next((each.name for each in held if not len(each.micros)), None)
    if lacking is not None:
        raise ServiceFailure(f"Variable {lacking!r} has no values.", code=INVALID)
    table = aligned(held, names, how)
    if how.mode == "Outer" and len(table.micros) < len(micros):
        raise ServiceFailure("A moment of the series has no value of any variable.", code=INVALID)
    return table


def _column(name: str, values: list[Any]) -> Floats:
    if not set(map(type, values)) <= {int, float, type(None)}:
        raise ServiceFailure(f"Variable {name!r} has values that are no numbers.", code=INVALID)
    found = np.array(values, dtype=np.float64)
    if (np.abs(found[~np.isnan(found)]) > LARGEST).any():
        raise ServiceFailure(f"Variable {name!r} has values beyond {LARGEST:g}.", code=INVALID)
    return found


def _times(times: object, count: int) -> Any:
    if times is None:
        return np.arange(count, dtype=np.int64) * 1_000_000
    if not isinstance(times, list) or len(times) != count or not set(map(type, times)) <= {int}:
        raise ServiceFailure("A series must have as many whole 'times' as values.", code=INVALID)
    if times and not 0 <= abs(min(times)) <= max(map(abs, times)) <= LATEST_MICROS:
        raise ServiceFailure("The 'times' of a series lie beyond the year 9999.", code=INVALID)
    found = np.array(times, dtype=np.int64)
    if (np.diff(found) <= 0).any():
        at = int(np.flatnonzero(np.diff(found) <= 0)[0])
        raise ServiceFailure(f"The 'times' of a series must rise; they do not after index {at}.", code=INVALID)
    return found
