"""What a verb would send, take and cost, before anything is sent: the verbs that estimate, and what they give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NoReturn

from dfai import _hints
from dfai._estimated import Speed, figures_of
from dfai._frame import calls_for
from dfai._verbs import VerbCall, Verbs, verb_names
from dfai_core import Backend, Call, backend_of
from dfai_core.backend import Surveying
from dfai_core.billed import TEXT_RECORD
from dfai_core.errors import BackendNotFound, ConfigError
from dfai_core.estimating import TALLY, Tally, joined, survey
from dfai_core.ledger import LEDGER, collect
from dfai_core.report import Figures, length_s, quantile_s

__all__ = ["Estimate", "EstimateAI"]

ASSUMED_LATENCY_S = 0.1


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """What a verb would send, take and cost. It names things as a `Run` does, so that the two can be compared.

    Attributes
    ----------
    verb, columns, backend, target
        What was estimated; a verb on several columns is one estimate of all.
    rows
        Of the frame.
    documents, coalesced
        Distinct documents in each partition; rows that share another row's.
    distinct
        Distinct documents of the whole frame.
    from_store
        Documents that the store has the answer of: they cost nothing.
    asked, sent
        Documents that would be asked; and documents as they are sent, where each part of a long text is one. It is
        these that ``max_documents`` counts.
    requests
        Retries, and polls of long-running operations, aside.
    characters
        Of the texts that are sent: Unicode code points.
    units, billed_records
        What would be billed, by the service's own unit; and the text records alone, None where there are none.
    duration_s
        By the call's limits and *latency_s*. None where nothing tells how fast the target is.
    cost, currency, prices_as_of
        By `dfai.prices`. None where no price is known: then nothing is known, not that it costs nothing.
    price
        By which price, in words.
    latency_s, latency_measured
        What an answer is taken to take: as this process measured it at this target, or assumed.
    sampled_rows
        How many rows were looked at, where not all of them.
    exact
        Whether every count is: not of a sample, and not where equal rows in several partitions were too many to keep.
    stops
        Which of the call's own limits it would come to, in words.
    notes
        What the numbers leave out, in words.
    parts
        Of several columns: the estimate of each.
    """

    verb: str
    columns: tuple[Any, ...]
    backend: str
    target: str
    rows: int
    documents: int
    coalesced: int
    distinct: int
    from_store: int
    asked: int
    sent: int
    requests: int
    characters: int
    units: Mapping[str, float]
    billed_records: float | None
    duration_s: float | None
    cost: float | None
    currency: str | None
    prices_as_of: str | None
    price: str
    latency_s: float | None
    latency_measured: bool
    sampled_rows: int | None
    exact: bool
    stops: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[Estimate, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values that ``json.dumps`` takes."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "columns": [str(column) for column in self.columns],
            "units": dict(self.units),
            "stops": list(self.stops),
            "notes": list(self.notes),
            "parts": [part.to_dict() for part in self.parts],
        }

    def _repr_html_(self) -> str:
        from dfai._estimate_view import card

        return card(self)

    def __repr__(self) -> str:
        from dfai._estimate_view import text

        return text(self)


class EstimateAI(Verbs[Estimate]):
    """Every verb on one frame, estimated. Made by ``df.ai.estimate`` and ``dfai.on(df).estimate``.

    Parameters
    ----------
    frame
        Of any library that is served.
    sample_rows
        How many rows to look at, chosen at random; the numbers are scaled up. Default: all of them.
    latency_s
        How long an answer takes. Default: as this process measured it at the same target, else 0.1 s, assumed.
    """

    def __init__(self, frame: Any, *, sample_rows: int | None = None, latency_s: float | None = None) -> None:
        self._frame = frame
        self._backend = backend_of(frame)
        if reason := self._backend.declines(frame):
            raise BackendNotFound(reason)
        self._sample_rows = _positive("sample_rows", sample_rows, int)
        self._latency_s = _positive("latency_s", latency_s, (int, float))

    def __call__(self, *, sample_rows: int | None = None, latency_s: float | None = None) -> EstimateAI:
        """The same with other rows looked at, or another latency."""
        return EstimateAI(self._frame, sample_rows=sample_rows, latency_s=latency_s)

    def _carry_out(self, asked: VerbCall) -> Estimate:
        given: Any = dict(asked.settings)
        how = {name: given.pop(name) for name in ("sample_rows", "latency_s") if name in given}
        if how:  # said in the call itself
            return self(**how)._carry_out(replace(asked, settings=given))
        backend, frame = self._backend, self._frame
        calls = calls_for(backend, frame, asked)
        if not isinstance(backend, Surveying):
            raise ConfigError(f"the backend of {backend.name} frames cannot estimate yet.")
        whole = None
        if self._sample_rows is not None:
            frame, whole = backend.sampled(frame, self._sample_rows)
        return _together([_estimated(backend, frame, call, whole, self._latency_s) for call, _ in calls])

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(_hints.missing_verb(name))

    def __dir__(self) -> list[str]:
        return [*verb_names(), "call"]

    def __repr__(self) -> str:
        return f"<dfai estimates for a {self._backend.name} frame: {', '.join(verb_names())}>"


def _positive(name: str, value: Any, kind: Any) -> Any:
    if value is None or (isinstance(value, kind) and not isinstance(value, bool) and 0 < value < math.inf):
        return value
    raise ConfigError(f"{name}={value!r}: expected a number above 0.")


def _estimated(backend: Backend, frame: Any, call: Call, whole: int | None, latency_s: float | None) -> Estimate:
    assert isinstance(backend, Surveying)
    tally = Tally.total([backend.surveyed(frame, call, survey, joined, TALLY)])
    speed = Speed(latency_s, measured=False) if latency_s is not None else _speed(call)
    found = figures_of(call, tally, whole=whole, alone=not backend.is_lazy(frame), speed=speed)
    records = found.units.get(TEXT_RECORD.name)
    return Estimate(
        verb=call.service.name,
        columns=call.inputs,
        backend=backend.name,
        target=str(call.config.target.resolve(call.service)),
        billed_records=records,
        **{one.name: getattr(found, one.name) for one in fields(found)},
    )


def _speed(call: Call) -> Speed:
    """How fast the target of *call* answered this process's calls of the same verb, or what is assumed."""
    target = str(call.config.target.resolve(call.service))
    entries = [one for one in LEDGER.entries() if (one.verb, one.target) == (call.service.name, target)]
    collect([one for one in entries if one.lazy])
    figures = Figures.total(one.figures() for one in entries)
    median_s, wall_s = quantile_s(figures.latency, 0.5), length_s(figures.active)
    if call.target_kind == "local":  # it computes: what counts is how much, not how long one waits
        answered = figures.documents - figures.from_store
        return Speed(None, measured=True, documents_per_s=answered / wall_s if answered and wall_s else None)
    if call.service.long_running:
        return Speed(None, measured=False)
    return Speed(ASSUMED_LATENCY_S, measured=False) if median_s is None else Speed(median_s, measured=True)


def _together(parts: Sequence[Estimate]) -> Estimate:
    """One estimate of several columns."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    units: dict[str, float] = {}
    for part in parts:
        for name, count in part.units.items():
            units[name] = units.get(name, 0.0) + count
    counts = ("documents", "coalesced", "distinct", "from_store", "asked", "sent", "requests", "characters")
    return Estimate(
        verb=first.verb,
        columns=tuple(column for part in parts for column in part.columns),
        backend=first.backend,
        target=first.target,
        rows=first.rows,
        **{name: sum(getattr(part, name) for part in parts) for name in counts},
        units=units,
        billed_records=units.get(TEXT_RECORD.name),
        duration_s=_sum([part.duration_s for part in parts]),
        cost=_sum([part.cost for part in parts]),
        currency=first.currency,
        prices_as_of=first.prices_as_of,
        price=first.price,
        latency_s=first.latency_s,
        latency_measured=first.latency_measured,
        sampled_rows=first.sampled_rows,
        exact=all(part.exact for part in parts),
        stops=tuple(dict.fromkeys(stop for part in parts for stop in part.stops)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        parts=tuple(parts),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
