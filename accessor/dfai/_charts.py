"""Small drawings as inline SVG: no script, no library; colours and fonts are those of whoever shows them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from dfai._run_text import milliseconds, number
from dfai_core.report import Timeline, latency_bounds_s, quantile_s

__all__ = ["latencies", "sparkline", "throughput"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 10, 26
_MOST_BARS = 40
_WORD = 42  # between two words below, or they would touch


def throughput(timeline: Timeline, things: str, *, width: int = 860, height: int = 190) -> str:
    """How much was done each second, over time."""
    rates = _rates(timeline)
    if not rates:
        return ""
    step_s = timeline.width_s
    total_s = len(rates) * step_s
    right, bottom = width - _RIGHT, height - _BOTTOM
    ticks = _ticks(max(rates))
    top = ticks[-1]

    def x(seconds: float) -> float:
        return _LEFT + seconds / total_s * (right - _LEFT)

    def y(rate: float) -> float:
        return bottom - rate / top * (bottom - _TOP)

    corners = [(x(place * step_s), y(rate)) for place, rate in enumerate(rates)]
    edge = "".join(f"V{high:.1f}H{x((place + 1) * step_s):.1f}" for place, (_, high) in enumerate(corners))
    line = f"M{_LEFT},{bottom}{edge}V{bottom}"
    hover = "".join(
        f'<rect class="hit" x="{left:.1f}" y="{_TOP}" width="{x(step_s) - _LEFT:.2f}" height="{bottom - _TOP}">'
        f"<title>{number(round(rates[place]))} {things}/s after {_duration(place * step_s, total_s)}</title></rect>"
        for place, (left, _) in enumerate(corners)
        if rates[place]
    )
    marks = [(x(at), _duration(at, total_s)) for at in _ticks(total_s, 8) if at <= total_s]
    label = f"{things.capitalize()} a second over {_duration(total_s, total_s)}, at most {number(round(max(rates)))}"
    inside = f'<path class="area" d="{line}Z"/><path class="line" d="{line}"/>{hover}'
    return _frame(width, height, label, inside, [(y(tick), _level(tick)) for tick in ticks], marks)


def latencies(counts: Mapping[int, int], *, width: int = 420, height: int = 220) -> str:
    """How many answers took how long, on a logarithmic scale, with the half, 90 and 99 % marked."""
    if not counts:
        return ""
    first, last = min(counts) - 1, max(counts) + 1
    together = math.ceil((last - first + 1) / _MOST_BARS)
    bars = [
        (place, sum(counts.get(n, 0) for n in range(place, place + together)))
        for place in range(first, last + 1, together)
    ]
    right, bottom, top = width - _RIGHT, height - _BOTTOM, _TOP + 14
    low, high = math.log(latency_bounds_s(first)[0]), math.log(latency_bounds_s(bars[-1][0] + together - 1)[1])
    ticks = _ticks(max(count for _, count in bars), 4)

    def x(seconds: float) -> float:
        return _LEFT + (math.log(seconds) - low) / (high - low) * (right - _LEFT)

    def y(count: float) -> float:
        return bottom - count / ticks[-1] * (bottom - top)

    drawn = []
    for place, count in bars:
        start_s, end_s = latency_bounds_s(place)[0], latency_bounds_s(place + together - 1)[1]
        if count:
            words = f"{number(count)} within {milliseconds(start_s * 1e3)} to {milliseconds(end_s * 1e3)}"
            drawn.append(
                f'<rect class="bar" x="{x(start_s) + 0.5:.1f}" y="{y(count):.1f}" '
                f'width="{max(1.0, x(end_s) - x(start_s) - 1):.1f}" height="{bottom - y(count):.1f}">'
                f"<title>{words}</title></rect>"
            )
    taken = float("-inf")
    for share, name in ((0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %")):
        seconds = quantile_s(counts, share)
        assert seconds is not None
        at = x(seconds)
        drawn.append(f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP + 6}" y2="{bottom}"/>')
        if at - taken > 30:  # else the words would lie on each other
            drawn.append(f'<text class="name" x="{at:.1f}" y="{_TOP + 2}" text-anchor="middle">{name}</text>')
            taken = at
    marks = [(x(tick), milliseconds(tick * 1e3)) for tick in _log_ticks(math.exp(low), math.exp(high))]
    label = f"Latencies of {number(sum(counts.values()))} answers, half within {milliseconds(_ms(counts, 0.5))}"
    return _frame(width, height, label, "".join(drawn), [(y(tick), _level(tick)) for tick in ticks], marks)


def sparkline(timeline: Timeline, *, width: int = 220, height: int = 32) -> str:
    """The throughput without words, in the colour of the text around it."""
    rates = _rates(timeline)
    if not any(rates):
        return ""
    step, most = width / len(rates), max(rates)
    edge = "".join(
        f"V{height - 1 - rate / most * (height - 3):.1f}H{(place + 1) * step:.1f}" for place, rate in enumerate(rates)
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="throughput over time"><path d="M0,{height - 1}{edge}V{height - 1}Z" fill="currentColor" '
        'fill-opacity="0.18" stroke="currentColor" stroke-opacity="0.55"/></svg>'
    )


def _rates(timeline: Timeline) -> list[float]:
    return [max(0, count) / timeline.width_s for _, count in timeline.series()]


def _ms(counts: Mapping[int, int], share: float) -> float | None:
    seconds = quantile_s(counts, share)
    return None if seconds is None else seconds * 1e3


def _frame(
    width: int,
    height: int,
    label: str,
    inside: str,
    levels: Iterable[tuple[float, str]],
    marks: Sequence[tuple[float, str]],
) -> str:
    """A drawing between its axes: *levels* are lines with their words on the left, *marks* words below."""
    bottom = height - _BOTTOM
    across = "".join(
        f'<line class="level" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(word)}</text>'
        for y, word in levels
    )
    below, taken = "", float("-inf")
    for x, word in marks:
        if x - taken > _WORD:
            below += f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="{_anchor(x, width)}">{escape(word)}</text>'
            taken = x
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f"{across}{below}{inside}</svg>"
    )


def _level(tick: float) -> str:
    return f"{tick:,.0f}" if tick >= 10 or tick == int(tick) else f"{tick:g}"


def _anchor(x: float, width: int) -> str:
    return "end" if x > width - _RIGHT - 14 else "middle"


def _ticks(most: float, wanted: int = 4) -> list[float]:
    """Round numbers from 0 to *most* or a little beyond.

    >>> _ticks(870), _ticks(3)
    ([0.0, 250.0, 500.0, 750.0, 1000.0], [0.0, 1.0, 2.0, 3.0])
    """
    rough = max(most, 1e-9) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)
    count = math.ceil(most / step * 0.999) or 1
    return [step * place for place in range(count + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between *low* and *high*: few where they span much.

    >>> _log_ticks(0.015, 0.3)
    [0.02, 0.05, 0.1, 0.2]
    """
    decades = math.log10(high / low)
    nice = (1, 2, 5) if decades < 2.5 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = 1 if decades < 5 else 2
    ticks = [round(n * 10.0**power, 9) for power in powers if power % every == 0 for n in nice]
    return [tick for tick in ticks if low <= tick <= high]


def _duration(seconds: float, whole_s: float) -> str:
    """A moment of a run that takes *whole_s* in all."""
    if whole_s < 180:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if whole_s < 7_200 else f"{seconds / 3_600:.3g} h"
