"""An estimate, made of what a survey counted: sharing, scaling, time and cost, and what is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from dfai._run import counted
from dfai_core import Call
from dfai_core.billed import TEXT_RECORD
from dfai_core.estimating import Shares, Tally
from dfai_core.prices import Quote, billing_of, quote
from dfai_core.store import StoreSpec

__all__ = ["Estimate", "Speed", "estimate_of", "together"]


class Speed(NamedTuple):
    """How fast a target is: seconds an answer, or documents a second where it computes on this machine."""

    latency_s: float | None
    measured: bool
    documents_per_s: float | None = None


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
    units
        What would be billed, by the service's own unit.
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
    duration_s: float | None
    cost: float | None
    currency: str | None
    prices_as_of: str | None
    price: str
    latency_s: float | None
    latency_measured: bool
    sampled_rows: int | None
    exact: bool
    stops: tuple[str, ...]
    notes: tuple[str, ...]
    parts: tuple[Estimate, ...]

    @property
    def billed_records(self) -> float | None:
        """The text records alone; None where there are none."""
        return self.units.get(TEXT_RECORD.name)

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values that ``json.dumps`` takes."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "columns": [str(column) for column in self.columns],
            "units": dict(self.units),
            "billed_records": self.billed_records,
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


def estimate_of(call: Call, tally: Tally, *, backend: str, whole: int | None, alone: bool, speed: Speed) -> Estimate:
    """The estimate of *call* by what a survey of its rows counted.

    Parameters
    ----------
    backend
        Whose rows they are.
    whole
        The rows of the frame, where only some were looked at.
    alone
        Whether one process asks for all rows: then it knows by itself what it has asked already.
    speed
        How fast the target is.
    """
    scale = whole / tally.rows if whole and tally.rows and whole > tally.rows else 1.0
    shares = tally.sample.shares() if _remembers(call, alone=alone) else Shares()
    sums = {
        "distinct": tally.documents * shares.documents,
        "asked": tally.asked * shares.asked,
        "sent": tally.sent * shares.sent,
        "characters": tally.characters * shares.characters,
        "requests": tally.requests * shares.sent,
        "documents": tally.documents,
        "coalesced": tally.askers - tally.documents,
        "from_store": tally.documents * shares.documents - tally.asked * shares.asked,
    }
    numbers = {name: _up(scale * count) for name, count in sums.items()}
    billing, price = billing_of(call.service), quote(call.config.prices, call.service, call.target_kind)
    units = _whole(scale * tally.units * shares.units)
    billed = call.target_kind != "local" and billing is not None
    unknown = bool(tally.unmeasured) and billed
    cost = None if price is None or unknown else price.per_unit * units
    duration_s = _duration_s(call, numbers, speed)
    shared = shares != Shares()
    return Estimate(
        verb=call.service.name,
        columns=call.inputs,
        backend=backend,
        target=str(call.config.target.resolve(call.service)),
        rows=_up(scale * tally.rows),
        **numbers,
        units={billing.unit.name: units} if billed and billing is not None and not unknown else {},
        duration_s=duration_s,
        cost=cost,
        currency=None if price is None else price.currency,
        prices_as_of=None if price is None else price.price.as_of,
        price=_price(price),
        latency_s=speed.latency_s,
        latency_measured=speed.measured,
        sampled_rows=int(tally.rows) if scale > 1.0 else None,
        exact=scale == 1.0 and (not shared or tally.sample.whole),
        stops=tuple(_stops(call, numbers, cost)),
        notes=tuple(_notes(call, tally, scale=scale, shared=shared, unknown=unknown, price=price)),
        parts=(),
    )


def together(parts: Sequence[Estimate]) -> Estimate:
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


def _remembers(call: Call, *, alone: bool) -> bool:
    """Whether what one partition has asked another one need not ask: through a store, or through their process."""
    service, store = call.service, call.config.store
    if not service.shareable or store is None:
        return False
    default = isinstance(store, StoreSpec) and store.kind == "default"
    return not (alone and (default or not service.keeps))


def _duration_s(call: Call, numbers: Mapping[str, int], speed: Speed) -> float | None:
    """How long the requests take at the call's limits."""
    if not numbers["requests"]:
        return 0.0
    if speed.documents_per_s is not None:
        return numbers["sent"] / speed.documents_per_s
    if speed.latency_s is None:
        return None
    # Those that one document takes follow one another.
    in_flight = min(call.config.concurrency, max(1, numbers["requests"] // (call.service.asks or 1)))
    times = [numbers["requests"] * speed.latency_s / in_flight]
    if call.config.rate_per_s is not None:
        counts = {"requests": "requests", "documents": "sent", "characters": "characters"}
        paced = counts[call.service.limits_at(call.target_kind).counts]
        times.append(numbers[paced] / call.config.rate_per_s)
    return max(times)


def _price(price: Quote | None) -> str:
    """A price in words."""
    if price is None:
        return ""
    if not price.price.amount:
        return price.price.source
    return f"{price.price.amount:,.2f} {price.currency} for {_a(price.unit.quoted_as)}"


def _a(thing: str) -> str:
    return thing if thing[0].isdigit() else f"an {thing}"


def _notes(call: Call, tally: Tally, *, scale: float, shared: bool, unknown: bool, price: Quote | None) -> list[str]:
    """What the figures leave out."""
    service, config = call.service, call.config
    billing = billing_of(service)
    notes = []
    if scale > 1.0:
        notes.append("scaled from a sample: equal rows are told only where both are in it, so they may be more")
    if shared:
        notes.append("equal rows in several partitions are asked once, so how they share requests depends on the order")
    if tally.long:
        notes.append(f"longer than the service takes, and sent in parts: {counted(_up(scale * tally.long), 'text')}")
    if service.media is not None:
        notes.append("contents were not read: those that are equal, or known to a store, are not told from others")
    if service.asks is None:
        notes.append("an answer may take more requests than one")
    if service.each is not None:
        notes.append("what asking about each group takes is left out")
    if service.long_running:
        notes.append("asking how an operation stands is not counted among the requests")
    if call.target_kind != "local":
        if price is None and billing is not None:
            kind = "" if call.target_kind in ("azure", "web") else f"{call.target_kind}/"
            notes.append(f'no price is known: say it with dfai.prices({{"{kind}{service.name}": …}})')
        elif billing is None:
            notes.append("what the target bills for it is not known")
        if unknown and billing is not None:
            notes.append(f"{billing.unit.plural} are told by the contents, which were not read")
        if billing is not None and billing.beside:
            notes.append(billing.beside)
        if price is not None:
            notes.append(f"the price: {price.price.source}")
        notes.append("requests that have to be repeated are left out")
    return notes if config.service_logs == "off" else [*notes, "the service may keep the inputs: service_logs='on'"]


def _stops(call: Call, numbers: Mapping[str, int], cost: float | None) -> list[str]:
    """Which of the call's own limits it would come to."""
    config, found = call.config, []
    if config.max_documents is not None and numbers["sent"] > config.max_documents:
        found.append(f"max_documents={config.max_documents:,} stops it: the rows past it get 'over_budget'")
    if config.max_cost is not None and cost is not None and cost > config.max_cost:
        found.append(f"max_cost={config.max_cost:g} stops it: the rows past it get 'over_budget'")
    return found


def _up(count: float) -> int:
    """A whole number, not below what was counted; float's own dust is none."""
    return math.ceil(round(count, 6))


def _whole(count: float) -> float:
    return round(count) if abs(count - round(count)) < 1e-6 else round(count, 3)
