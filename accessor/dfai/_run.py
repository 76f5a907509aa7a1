"""A run: what was computed, in figures, and the ways to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from dfai_core.billed import TEXT_RECORD, UNMEASURED
from dfai_core.prices import Quote
from dfai_core.report import Figures, length_s, quantile_s

__all__ = ["CallState", "Latencies", "Run", "State", "counted"]


class Latencies(Mapping[float, "float | None"]):
    """How long answers took, in milliseconds, by the share of answers that took no longer.

    Any share can be looked up; those listed are the half, nine tenths and 99 of a hundred. Each is exact to 9 %.
    """

    _LISTED = (0.5, 0.9, 0.99)

    def __init__(self, counts: Mapping[int, int]) -> None:
        self._counts = counts

    def __getitem__(self, share: float) -> float | None:
        if not 0 < share < 1:
            raise KeyError(share)
        seconds = quantile_s(self._counts, share)
        return None if seconds is None else seconds * 1_000

    def __iter__(self) -> Iterator[float]:
        return iter(self._LISTED)

    def __len__(self) -> int:
        return len(self._LISTED)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class CallState:
    """One call's share in a run at one moment."""

    verb: str
    output: str
    backend: str
    target: str
    figures: Figures
    lost: int  # partitions that run, or have ended without a report
    promised: bool  # whether its backend brings home what its workers count
    quote: Quote | None = None  # what its units cost, where that is known

    @property
    def values(self) -> dict[str, Any]:
        """Its numbers by the names that `Run` has them under."""
        return _values_of(self.figures, (self,))


@dataclass(frozen=True, slots=True)
class State:
    """A run at one moment."""

    calls: tuple[CallState, ...] = ()

    @property
    def figures(self) -> Figures:
        """Those of all calls together."""
        return Figures.total(call.figures for call in self.calls)

    @property
    def values(self) -> dict[str, Any]:
        """Their numbers by the names that `Run` has them under."""
        return _values_of(self.figures, self.calls)

    @property
    def missing(self) -> str:
        """Why the figures are not complete; empty where they are."""
        reasons = []
        if waiting := sum(not call.figures.begun for call in self.calls):
            reasons.append(f"{counted(waiting, 'call')} not computed yet, or where nothing can be reported from")
        if lost := sum(call.lost for call in self.calls):
            ended = sum(call.figures.ended for call in self.calls)
            reasons.append(f"{counted(lost, 'partition')} running, or gone without a last report; {ended:,} reported")
        if silent := sorted({call.backend for call in self.calls if not call.promised}):
            reasons.append(f"{', '.join(silent)} may have counted more in other processes")
        return "; ".join(reasons)


def _cost(calls: Sequence[CallState]) -> tuple[float | None, str | None, str | None]:
    """What was sent costs, in which currency, and as of when its prices are; no cost where one price is unknown."""
    computed = [call for call in calls if call.figures.begun]
    quotes = [call.quote for call in computed if call.quote is not None]
    currencies = {quote.currency for quote in quotes}
    unmeasured = any(UNMEASURED in call.figures.units for call in computed if call.quote and call.quote.per_unit)
    if len(quotes) < len(computed) or len(currencies) != 1 or unmeasured:
        return None, None, None
    costs = [
        quote.per_unit * call.figures.units.get(quote.unit.name, 0.0)
        for call, quote in zip(computed, quotes, strict=True)
    ]
    dates = [quote.price.as_of for quote in quotes if quote.price.as_of]
    return sum(costs), currencies.pop(), min(dates, default=None)


def _values_of(figures: Figures, calls: Sequence[CallState]) -> dict[str, Any]:
    cost, currency, as_of = _cost(calls)
    wall_s = length_s(figures.active)
    return {
        "rows": figures.rows,
        "documents": figures.documents,
        "coalesced": figures.coalesced,
        "from_store": figures.from_store,
        "requests": figures.requests,
        "retries": figures.retries,
        "throttled": figures.throttled,
        "maybe_billed": figures.maybe_billed,
        "operations": figures.operations,
        "polls": figures.polls,
        "cancelled": figures.cancelled,
        "errors": _by_size(figures.errors),
        "answers": _by_size(figures.statuses),
        "broken": _by_size(figures.broken),
        "billed": _by_size({meter: _whole(units) for meter, units in figures.billed.items()}),
        "latency_ms": Latencies(figures.latency),
        "sent_bytes": figures.sent_bytes,
        "received_bytes": figures.received_bytes,
        "wall_s": wall_s,
        "cpu_s": figures.cpu_s,
        "rows_per_s": figures.rows / wall_s if wall_s else None,
        "documents_per_s": figures.documents / wall_s if wall_s else None,
        "partitions": figures.ended,
        "units": _by_size({name: _whole(units) for name, units in figures.units.items()}),
        "billed_records": _records(figures.units),
        "cost": cost,
        "currency": currency,
        "prices_as_of": as_of,
    }


class Run:
    """What was computed, in figures: of one call (`dfai.last_run`), or of all that `dfai.track` saw.

    Attributes
    ----------
    calls
        Verbs that were computed; one on several columns counts for each.
    rows
        Rows that were evaluated. A plan that evaluates a row twice counts it twice.
    documents
        Distinct documents that were asked for, in each process. Those that no store knew were sent.
    coalesced, from_store
        Rows that shared another row's document; documents that a store had the answer of.
    requests, retries, throttled
        Requests that were sent, repeated ones and polls included; those that were tried again; answers with 429.
    maybe_billed
        Requests that broke after the service may have read them.
    operations, polls, cancelled
        Long-running operations that the service accepted, requests that asked how one stands, operations given up.
    errors
        Rows without an answer, by their error's code.
    answers, broken
        Answers by HTTP status; requests without an answer by what broke.
    billed
        What the service said that it bills, in its own units; empty where it does not say.
    latency_ms
        How long answers took: ``run.latency_ms[0.5]``, ``[0.9]``, ``[0.99]``, or any other share.
    sent_bytes, received_bytes
        Sizes of the requests' and the answers' bodies.
    wall_s, cpu_s
        Seconds in which anything was computed, pauses left out; processor time of the threads that send and receive.
    rows_per_s, documents_per_s
        None where no time has passed.
    partitions
        Those whose end was reported; a frame that is answered at once counts as one.
    units, billed_records
        What was sent in the units that its service bills, by our own count: a request that may have been billed and is
        sent again counts twice; and the text records alone, None where there are none.
    cost, currency, prices_as_of
        What these cost by the prices that the calls were made with (see `dfai.prices`), and the oldest date of these.
        None where the price of one is not known.
    """

    rows: int
    documents: int
    coalesced: int
    from_store: int
    requests: int
    retries: int
    throttled: int
    maybe_billed: int
    operations: int
    polls: int
    cancelled: int
    errors: dict[str, int]
    answers: dict[int, int]
    broken: dict[str, int]
    billed: dict[str, float]
    latency_ms: Latencies
    sent_bytes: int
    received_bytes: int
    wall_s: float
    cpu_s: float
    rows_per_s: float | None
    documents_per_s: float | None
    partitions: int
    units: dict[str, float]
    billed_records: float | None
    cost: float | None
    currency: str | None
    prices_as_of: str | None

    def __init__(self, look: Callable[[], State]) -> None:
        self._look = look

    def __getattr__(self, name: str) -> Any:
        # All figures are of the moment in which they are read.
        if name in type(self).__annotations__:
            return self._look().values[name]
        raise AttributeError(f"a run has no {name!r}; it has {', '.join(type(self).__annotations__)}.")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *type(self).__annotations__})

    @property
    def calls(self) -> int:
        """Verbs that were computed; one on several columns counts for each."""
        return sum(call.figures.begun > 0 for call in self._look().calls)

    @property
    def complete(self) -> bool:
        """Whether these figures are all: False while something waits or runs, and where counters were lost."""
        return not self.missing

    @property
    def missing(self) -> str:
        """Why the figures are not complete; empty where they are."""
        return self._look().missing

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values that ``json.dumps`` takes, and those of each call under "by_call"."""
        state = self._look()
        return {
            "calls": sum(call.figures.begun > 0 for call in state.calls),
            **_plain(state.values),
            "complete": not state.missing,
            "missing": state.missing,
            "by_call": [
                {
                    "verb": call.verb,
                    "output": call.output,
                    "backend": call.backend,
                    "target": call.target,
                    **_plain(call.values),
                }
                for call in state.calls
            ],
        }

    @overload
    def to_html(self, path: None = None) -> str: ...
    @overload
    def to_html(self, path: str | Path) -> None: ...
    def to_html(self, path: str | Path | None = None) -> str | None:
        """One self-contained page: figures, throughput, latencies, errors; as text, or written to *path* instead."""
        from dfai._run_page import page

        html = page(self._look())
        if path is None:
            return html
        Path(path).write_text(html, encoding="utf-8")
        return None

    def _repr_html_(self) -> str:
        from dfai._run_page import card

        return card(self._look())

    def __repr__(self) -> str:
        from dfai._run_text import text

        return text(self._look())


def counted(number: int, thing: str) -> str:
    """A number of things.

    >>> counted(1, "call"), counted(1200, "row")
    ('1 call', '1,200 rows')
    """
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else value
        for name, value in values.items()
    }


def _by_size(counts: Mapping[Any, Any]) -> dict[Any, Any]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))


def _records(units: Mapping[str, float]) -> float | None:
    records = units.get(TEXT_RECORD.name)
    return None if records is None else _whole(records)


def _whole(units: float) -> float:
    return int(units) if units.is_integer() else units
