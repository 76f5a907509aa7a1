"""A run as HTML: one self-contained page, and a card for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from dfai._charts import latencies, sparkline, throughput
from dfai._run import State, counted
from dfai._run_text import bytes_of, milliseconds, money, number, place, seconds, share, units_of, verbs

__all__ = ["card", "page"]

_ROWS = 100  # of the table of calls

_STYLE = """
:root { color-scheme: light dark; --paper: #fcfcfb; --card: #ffffff; --ink: #1d2129; --soft: #5d6470; --hair: #e4e5e3;
  --blue: #2b6cb0; --wash: #2b6cb022; --red: #b03a1e; --green: #2f6f4f; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --card: #1b1f24; --ink: #e8eaed; --soft: #9aa3af; --hair: #2d333b;
    --blue: #7db3e8; --wash: #7db3e826; --red: #f0937a; --green: #84c7a2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 940px; margin: 0 auto; padding: 48px 24px 64px; }
header p { margin: 0; color: var(--soft); }
h1 { margin: 2px 0 6px; font-size: 30px; line-height: 1.2; font-weight: 620; letter-spacing: -0.015em; }
h2 { margin: 0 0 12px; font-size: 13px; font-weight: 600; color: var(--soft); letter-spacing: 0.01em; }
.state { margin-top: 12px !important; font-size: 13.5px; }
.state b { font-weight: 600; color: var(--green); } .state.not b { color: var(--red); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 1px; margin: 32px 0 20px;
  background: var(--hair); border: 1px solid var(--hair); border-radius: 12px; overflow: hidden; }
.tiles.wide { grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); }
.tile { background: var(--card); padding: 16px 18px 14px; }
.tile .of { color: var(--soft); font-size: 13px; }
.tile .is { font-size: 25px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }
.tile .but { color: var(--soft); font-size: 12.5px; line-height: 1.45; white-space: nowrap; }
.tile .bad { color: var(--red); }
section { background: var(--card); border: 1px solid var(--hair); border-radius: 12px; padding: 18px 20px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 20px; margin: 20px 0; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { fill: var(--soft); font-size: 11.5px; }
.chart .level { stroke: var(--hair); } .chart .area { fill: var(--wash); }
.chart .line { fill: none; stroke: var(--blue); stroke-width: 1.5; stroke-linejoin: round; }
.chart .bar { fill: var(--blue); } .chart .hit { fill: transparent; } .chart .hit:hover { fill: var(--wash); }
.chart .mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 3; opacity: 0.6; }
.chart .name { fill: var(--ink); }
.scroll { overflow-x: auto; } .scroll > .chart { min-width: 520px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12.5px; padding: 0 14px 8px 0; }
td { padding: 7px 14px 7px 0; border-top: 1px solid var(--hair); vertical-align: top; overflow-wrap: anywhere; }
th.n, td.n { text-align: right; white-space: nowrap; }
th, .calls td { white-space: nowrap; } tr > :last-child { padding-right: 0; }
td .soft { color: var(--soft); font-size: 12.5px; } .none { color: var(--soft); margin: 6px 0 0; }
.share { height: 5px; border-radius: 3px; background: var(--red); margin-top: 5px; min-width: 2px; }
footer { margin-top: 28px; color: var(--soft); font-size: 12.5px; }
@media print { body { background: #fff; } main { padding: 0; } section, .tiles { break-inside: avoid; } }
"""


def page(state: State) -> str:
    """The whole page."""
    values = state.values
    title = escape(verbs(state))
    timeline = throughput(state.figures.timeline, "documents")
    flow = f'<section><h2>Documents a second</h2><div class="scroll">{timeline}</div></section>' if timeline else ""
    tiles = "".join(_tile(*tile) for tile in _tiles(values))
    chart = latencies(state.figures.latency) or '<p class="none">No request was answered.</p>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} – dfai run</title><style>{_STYLE}</style></head><body><main>"
        f"<header><p>{escape(_when(state))}</p><h1>{title}</h1><p>{escape(place(state))}</p>"
        f"{_completeness(state)}</header>"
        f'<div class="{"tiles wide" if values["cost"] else "tiles"}">{tiles}</div>{flow}'
        f'<div class="two"><section><h2>Latency of answers</h2>{chart}</section>'
        f"<section><h2>Rows without an answer</h2>{_errors(values)}</section></div>"
        f"{_calls(state)}{_exchange(values)}"
        f"<footer>{counted(values['partitions'], 'partition')} reported to dfai. Latencies are exact to 9 %.</footer>"
        "</main></body></html>\n"
    )


def card(state: State) -> str:
    """The same in brief, in the colours of the notebook around it; its styles touch nothing else."""
    values = state.values
    soft = "opacity:.65"
    cells = "".join(
        f'<div><div style="font-size:12px;{soft}">{escape(name)}</div>'
        f'<div style="font-size:18px;font-weight:600;white-space:nowrap{";color:#c2573c" if bad else ""}">'
        f"{escape(figure)}</div>"
        f'<div style="font-size:12px;{soft}">{_lines(notes)}</div></div>'
        for name, figure, notes, bad in _tiles(values)
    )
    width_px = 180 if values["cost"] else 104
    line = sparkline(state.figures.timeline)
    words = f"not complete: {state.missing}" if state.missing else ""
    errors = ", ".join(f"{code} {count:,}" for code, count in values["errors"].items())
    below = "".join(
        f'<div style="font-size:12.5px;margin-top:6px;{soft}">{escape(text)}</div>'
        for text in (f"errors: {errors}" if errors else "", words)
        if text
    )
    return (
        '<div style="font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums;line-height:1.4;'
        'border:1px solid rgba(128,128,128,.3);border-radius:10px;padding:14px 16px;max-width:860px;color:inherit">'
        '<div style="display:flex;justify-content:space-between;align-items:flex-end;gap:24px;margin-bottom:10px">'
        f'<div><div style="font-size:15px;font-weight:600">{escape(verbs(state))}</div>'
        f'<div style="font-size:12.5px;overflow-wrap:anywhere;{soft}">{escape(place(state))}</div></div>{line}</div>'
        f'<div style="display:grid;grid-template-columns:repeat(auto-fit,minmax({width_px}px,1fr));gap:10px 18px">'
        f"{cells}</div>{below}</div>"
    )


def _tiles(values: Mapping[str, Any]) -> list[tuple[str, str, list[str], bool]]:
    """Name, figure, notes, and whether it is bad news."""
    latency = values["latency_ms"]
    failed = sum(values["errors"].values())
    rate = values["rows_per_s"]
    asked = _noted(values, coalesced="shared", from_store="from a store")
    sent = _noted(values, retries="retries", throttled="throttled", maybe_billed="maybe billed")
    tail = [f"{name}: {milliseconds(latency[part])}" for part, name in ((0.9, "90 %"), (0.99, "99 %"))]
    return [
        ("Rows", number(values["rows"]) or "0", [f"{rate:,.0f} a second"] if rate else [], False),
        ("Documents", number(values["documents"]) or "0", asked, False),
        ("Requests", number(values["requests"]) or "0", sent, False),
        ("Failed rows", number(failed) or "0", [share(failed, values["rows"])] if failed else [], failed > 0),
        ("Median latency", milliseconds(latency[0.5]), [] if latency[0.5] is None else tail, False),
        ("Time", seconds(values["wall_s"]) or "0 s", [f"processor {seconds(values['cpu_s']) or '0 s'}"], False),
        *_cost(values),
    ]


def _cost(values: Mapping[str, Any]) -> list[tuple[str, str, list[str], bool]]:
    """What was paid for and what that cost, where it cost anything."""
    if not values["cost"]:
        return []
    dated = [f"prices of {values['prices_as_of']}"] if values["prices_as_of"] else []
    units = [units_of(name, count).partition(" ") for name, count in values["units"].items()]
    return [
        ("Sent", units[0][0], [units[0][2], *(" ".join(one) for one in units[1:])], False),
        ("Cost", money(values["cost"], values["currency"]), dated, False),
    ]


def _tile(name: str, figure: str, notes: list[str], bad: bool) -> str:
    tone = ' class="is bad"' if bad else ' class="is"'
    return (
        f'<div class="tile"><div class="of">{escape(name)}</div><div{tone}>{escape(figure)}</div>'
        f'<div class="but">{_lines(notes)}</div></div>'
    )


def _lines(notes: Iterable[str]) -> str:
    return "<br>".join(map(escape, notes)) or "&nbsp;"


def _noted(values: Mapping[str, Any], **words: str) -> list[str]:
    return [f"{values[name]:,} {word}" for name, word in words.items() if values[name]]


def _when(state: State) -> str:
    active = state.figures.active
    if not active:
        return "dfai run"
    start = datetime.fromtimestamp(min(start for start, _ in active), UTC).astimezone()
    end = datetime.fromtimestamp(max(end for _, end in active), UTC).astimezone()
    last = f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end:%d %B %Y, %H:%M:%S}"
    return f"{start:%d %B %Y, %H:%M:%S} – {last} {end:%Z}".lstrip("0")


def _completeness(state: State) -> str:
    if not state.calls:
        return ""
    if state.missing:
        return f'<p class="state not"><b>Not complete.</b> {escape(state.missing[0].upper() + state.missing[1:])}.</p>'
    return '<p class="state"><b>Complete.</b> Every process has reported.</p>'


def _errors(values: Mapping[str, Any]) -> str:
    errors = values["errors"]
    if not errors:
        return '<p class="none">None: every row that asked has its answer.</p>'
    most = max(errors.values())
    rows = [
        (
            f'{escape(code)}<div class="share" style="width:{max(0.5, 100 * count / most):.1f}%"></div>',
            number(count),
            share(count, values["rows"]),
        )
        for code, count in errors.items()
    ]
    return _table(("code", "rows", "of all"), rows)


def _calls(state: State) -> str:
    rows = []
    for call in state.calls[:_ROWS]:
        values = call.values
        waits = "" if call.figures.begun else '<div class="soft">not computed</div>'
        rows.append(
            (
                f"{escape(call.verb)}{waits}",
                escape(call.output),
                f'{escape(call.backend)}<div class="soft">{escape(_host(call.target))}</div>',
                number(values["rows"]),
                number(values["documents"]),
                number(values["requests"]),
                number(sum(values["errors"].values())),
                milliseconds(values["latency_ms"][0.5]),
                seconds(values["wall_s"]),
            )
        )
    if not rows:
        return ""
    more = len(state.calls) - len(rows)
    rest = f'<p class="none">and {counted(more, "call")} more</p>' if more else ""
    names = ("verb", "column", "on", "rows", "documents", "requests", "failed", "latency", "time")
    return f'<section class="calls"><h2>Calls</h2>{_table(names, rows, text=3)}{rest}</section>'


def _host(target: str) -> str:
    return target.partition("://")[2] or target


def _exchange(values: Mapping[str, Any]) -> str:
    answers = [(f"answers with status {status}", number(count)) for status, count in values["answers"].items()]
    broken = [(f"no answer: {escape(kind)}", number(count)) for kind, count in values["broken"].items()]
    billed = [(f"billed, {escape(meter)}", number(units)) for meter, units in values["billed"].items()]
    named = [
        (word, number(values[name]))
        for name, word in (
            ("operations", "long-running operations"),
            ("polls", "requests that asked how one stands"),
            ("cancelled", "operations given up"),
        )
        if values[name]
    ]
    sizes = [("sent", bytes_of(values["sent_bytes"])), ("received", bytes_of(values["received_bytes"]))]
    rows = [*answers, *broken, *named, *[size for size in sizes if size[1]], *billed]
    if not rows:
        return ""
    return f'<section style="margin-top:20px"><h2>With the service</h2>{_table(("", ""), rows)}</section>'


def _table(names: Iterable[str], rows: Iterable[tuple[str, ...]], text: int = 1) -> str:
    """A table whose first *text* columns are words and whose others are figures; cells are HTML."""

    def cells(tag: str, values: Iterable[str]) -> str:
        return "".join(
            f"<{tag}{'' if place < text else ' class=n'}>{value}</{tag}>" for place, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = f"<thead><tr>{cells('th', names)}</tr></thead>" if any(names) else ""
    return f'<div class="scroll"><table>{head}<tbody>{body}</tbody></table></div>'
