"""An estimate to look at: a few lines of text, and a card for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from dfai._run_text import money, number, seconds

if TYPE_CHECKING:
    from dfai._estimated import Estimate

__all__ = ["card", "text"]


_ALARM = "color:#c2573c;list-style:'!  '"


def text(estimate: Estimate) -> str:
    """What would be sent, what it takes, what it costs."""
    lines = _lines(estimate)
    left = max(len(name) for name, _, _ in lines)
    middle = max(len(figure) for _, figure, _ in lines)
    shown = [f"  {name:<{left}}  {figure:>{middle}}  {notes}".rstrip() for name, figure, notes in lines]
    notes = [f"  {_sentence(note)}" for note in (*estimate.stops, *estimate.notes)]
    return "\n".join([f"{_title(estimate)}  {_place(estimate)}", *shown, *notes])


def card(estimate: Estimate) -> str:
    """The same in the colours of the notebook around it; its styles touch nothing else."""
    soft = "opacity:.65"
    cells = "".join(
        f'<div><div style="font-size:12px;{soft}">{escape(name[0].upper() + name[1:])}</div>'
        f'<div style="font-size:18px;font-weight:600;white-space:nowrap">{escape(figure)}</div>'
        f'<div style="font-size:12px;{soft}">{escape(notes) or "&nbsp;"}</div></div>'
        for name, figure, notes in _lines(estimate)
    )
    notes = "".join(
        f'<li style="margin:2px 0;{_ALARM if place < len(estimate.stops) else soft}">{escape(_sentence(note))}</li>'
        for place, note in enumerate([*estimate.stops, *estimate.notes])
    )
    below = f'<ul style="font-size:12.5px;margin:12px 0 0;padding-left:18px">{notes}</ul>' if notes else ""
    return (
        '<div style="font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums;line-height:1.4;'
        'border:1px solid rgba(128,128,128,.3);border-radius:10px;padding:14px 16px;max-width:860px;color:inherit">'
        f'<div style="margin-bottom:10px"><div style="font-size:15px;font-weight:600">{escape(_title(estimate))}</div>'
        f'<div style="font-size:12.5px;overflow-wrap:anywhere;{soft}">{escape(_place(estimate))}</div></div>'
        '<div style="display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:14px 24px">'
        f"{cells}</div>{below}</div>"
    )


def _sentence(words: str) -> str:
    first, _, _ = words.partition(" ")
    return f"{words}." if "=" in first else f"{words[0].upper()}{words[1:]}."  # a setting is written as it is


def _title(estimate: Estimate) -> str:
    return f"{estimate.verb} of {', '.join(map(str, estimate.columns))}, estimated"


def _place(estimate: Estimate) -> str:
    looked = f"; {estimate.sampled_rows:,} rows looked at" if estimate.sampled_rows is not None else ""
    return f"on {estimate.backend}, to be answered by {estimate.target}; nothing was sent{looked}"


def _lines(estimate: Estimate) -> list[tuple[str, str, str]]:
    """Name, figure and remark of each line."""
    about = "" if estimate.exact else "about "
    return [
        ("rows", _count(estimate.rows), _idle(estimate)),
        ("to be asked", about + _count(estimate.asked), _saved(estimate)),
        ("requests", about + _count(estimate.requests), _characters(estimate)),
        *(("billed", about + _count(count), _plural(name)) for name, count in estimate.units.items()),
        ("cost", _cost(estimate, about), _cost_note(estimate)),
        ("time", _time(estimate), _speed(estimate)),
    ]


def _idle(estimate: Estimate) -> str:
    idle = estimate.rows * max(1, len(estimate.parts)) - estimate.documents - estimate.coalesced
    return f"{idle:,} with nothing to ask" if idle > 0 else ""


def _saved(estimate: Estimate) -> str:
    shared = estimate.documents + estimate.coalesced - estimate.distinct
    saved = [(shared, "equal to another"), (estimate.from_store, "in the store")]
    parts = "" if estimate.sent == estimate.asked else f"sent as {estimate.sent:,}, by the parts of long texts"
    return ", ".join([*(f"{count:,} {words}" for count, words in saved if count), *filter(None, [parts])])


def _characters(estimate: Estimate) -> str:
    return f"{estimate.characters:,} characters" if estimate.characters else ""


def _plural(unit: str) -> str:
    noun, of, what = unit.partition(" of ")
    return f"{noun}s{of}{what}"


def _count(value: float) -> str:
    return number(value) or "0"


def _cost(estimate: Estimate, about: str) -> str:
    if estimate.cost is None:
        return "not known"
    return about + money(estimate.cost, estimate.currency) if estimate.cost else "nothing"


def _cost_note(estimate: Estimate) -> str:
    if estimate.cost is None:
        return ""
    return f"{estimate.price}, as of {estimate.prices_as_of}" if estimate.prices_as_of else estimate.price


def _time(estimate: Estimate) -> str:
    if estimate.duration_s is None:
        return "not known"
    return f"about {seconds(estimate.duration_s)}" if estimate.duration_s else "none"


def _speed(estimate: Estimate) -> str:
    if not estimate.duration_s:
        return ""
    if estimate.latency_s is None:
        return "as fast as before in this process"
    return f"{seconds(estimate.latency_s)} an answer, {'as measured here' if estimate.latency_measured else 'assumed'}"
