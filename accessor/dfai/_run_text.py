"""A run as text: what ``print`` shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dfai._run import State, counted

__all__ = [
    "bytes_of",
    "cost_notes",
    "milliseconds",
    "money",
    "number",
    "place",
    "seconds",
    "share",
    "text",
    "units_of",
    "verbs",
]

_SHOWN = 4  # of a list of codes or meters


def text(state: State) -> str:
    """A few lines: what was asked, what it took, what went wrong; figures that are zero are left out."""
    values = state.values
    here = all(call.target == "local" for call in state.calls)  # its units are counted, but nobody bills them
    rows = [(name, figure, notes) for name, figure, notes in _lines(values, paid=not here) if figure]
    left = max((len(name) for name, _, _ in rows), default=0)
    middle = max((len(figure) for _, figure, _ in rows), default=0)
    lines = [f"  {name:<{left}}  {figure:>{middle}}  {notes}".rstrip() for name, figure, notes in rows]
    end = f"\nnot complete: {state.missing}" if state.missing else ""
    return "\n".join([f"{verbs(state)}  {place(state)}".rstrip(), *lines]) + end


def verbs(state: State) -> str:
    """The verbs of a run."""
    return _few(list(dict.fromkeys(call.verb for call in state.calls))) or "nothing computed"


def place(state: State) -> str:
    """Where it ran and who answered."""
    if not state.calls:
        return ""
    backends = dict.fromkeys(call.backend for call in state.calls)
    targets = dict.fromkeys(call.target for call in state.calls)
    calls = f"{counted(len(state.calls), 'call')} " if len(state.calls) > 1 else ""
    return f"{calls}on {', '.join(backends)}, answered by {_few(list(targets))}"


def _lines(values: Mapping[str, Any], *, paid: bool) -> list[tuple[str, str, str]]:
    latency = values["latency_ms"]
    known = latency[0.5] is not None
    spread = f"median; 90 %: {milliseconds(latency[0.9])}, 99 %: {milliseconds(latency[0.99])}"
    return [
        ("rows", number(values["rows"]), _rate(values["rows_per_s"], "rows")),
        ("documents", number(values["documents"]), _notes(values, coalesced="shared", from_store="from a store")),
        (
            "requests",
            number(values["requests"]),
            _notes(values, "retries", "throttled", "polls", "cancelled", maybe_billed="maybe billed"),
        ),
        ("errors", number(sum(values["errors"].values())), _listed(values["errors"])),
        (
            "latency",
            milliseconds(latency[0.5]) if known else "",
            spread if known and values["requests"] > 1 else "",
        ),
        ("sent", bytes_of(values["sent_bytes"]), f"received {bytes_of(values['received_bytes'])}"),
        ("cost", money(values["cost"], values["currency"]), cost_notes(values["units"], values["prices_as_of"])),
        ("billed", number(sum(values["billed"].values())) if paid else "", _listed(values["billed"])),
        ("time", seconds(values["wall_s"]), f"processor {seconds(values['cpu_s'])}" if values["cpu_s"] else ""),
    ]


def number(value: float) -> str:
    """A count with its thousands apart; nothing for zero."""
    if not value:
        return ""
    return f"{int(value):,}" if value == int(value) else f"{value:,.2f}"


def money(amount: float | None, currency: str | None) -> str:
    """An amount with its currency; nothing where it is not known, or nothing.

    >>> [money(amount, "USD") for amount in (None, 0.0, 0.00042, 12.3, 1234567.8)]
    ['', '', '0.00042 USD', '12.30 USD', '1,234,568 USD']
    """
    if not amount:
        return ""
    text = f"{amount:.2g}" if amount < 0.01 else f"{amount:,.2f}" if amount < 100_000 else f"{amount:,.0f}"
    return f"{text} {currency}"


def cost_notes(units: Mapping[str, float], as_of: str | None) -> str:
    """What a cost is for.

    >>> cost_notes({"text record": 1200.0}, "2026-09-10")
    '1,200 text records, prices of 2026-09-10'
    """
    listed = [f"{units_of(name, count)}" for name, count in units.items()]
    return ", ".join([*listed, *([f"prices of {as_of}"] if as_of else [])])


def units_of(name: str, count: float) -> str:
    """So many of a unit.

    >>> units_of("text record", 1), units_of("second of audio", 90)
    ('1 text record', '90 seconds of audio')
    """
    noun, of, what = name.partition(" of ")
    return f"{number(count) or '0'} {noun}{'' if count == 1 else 's'}{of}{what}"


def milliseconds(value: float | None) -> str:
    """A latency with two or three digits that mean something.

    >>> [milliseconds(value) for value in (None, 0.42, 51.7, 1234.5)]
    ['–', '0.42 ms', '52 ms', '1.23 s']
    """
    if value is None:
        return "–"
    if value >= 999.5:
        return f"{value / 1_000:.3g} s"
    return f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"


def seconds(value: float) -> str:
    """A stretch of time as people say it.

    >>> [seconds(value) for value in (0.0, 0.042, 3.21, 75, 7_260)]
    ['', '0.042 s', '3.2 s', '1 min 15 s', '2 h 1 min']
    """
    if not value:
        return ""
    if value < 60:
        return f"{value:.2g} s" if value < 0.995 else f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def bytes_of(value: int) -> str:
    """A size in decimal units.

    >>> [bytes_of(value) for value in (0, 999, 12_345, 1_200_000)]
    ['', '999 B', '12 kB', '1.2 MB']
    """
    if not value:
        return ""
    size, unit = float(value), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1_000, larger
    return f"{size:.0f} {unit}" if unit == "B" or size >= 9.95 else f"{size:.1f} {unit}"


def _rate(value: float | None, things: str) -> str:
    if not value:
        return ""
    return f"{value:,.0f} {things}/s" if value >= 10 else f"{value:.2g} {things}/s"


def _notes(values: Mapping[str, Any], *plain: str, **named: str) -> str:
    words = {**{name: name for name in plain}, **named}
    return ", ".join(f"{values[name]:,} {word}" for name, word in words.items() if values[name])


def share(part: float, whole: float) -> str:
    """How much of it.

    >>> share(3, 4), share(1, 99_999), share(0, 5)
    ('75 %', '< 0.01 %', '0 %')
    """
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.01:
        return "< 0.01 %"
    return f"{percent:.3g} %" if percent >= 1 else f"{percent:.2g} %"


def _listed(counts: Mapping[Any, float]) -> str:
    if len(counts) == 1:  # its number stands there already
        return str(next(iter(counts)))
    shown = [f"{name} {number(count)}" for name, count in list(counts.items())[:_SHOWN]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _few(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
