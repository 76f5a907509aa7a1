"""When to give up an attempt: what that brings where answers never come, and costs where they only take long.

    python -m benchmarks.cutting_simulation

The rules are the core's, the service and the clock are not: minutes are simulated in seconds.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from benchmarks.mock_behaviour import Behaviour, Latency
from benchmarks.table import Table, publish
from dfai_core.flow.adaptive import AttemptTimeout, ConcurrencyWindow

__all__ = ["Figure", "main", "scenarios", "simulate"]

_MEAN_S = 0.05
_ALLOWED = 64
_LONGEST_S = 60.0  # the setting timeout_s
_SECONDS = 60.0
# What is usual is being learned in the first seconds; what is measured comes after them.
_LEARNED_S = 8.0


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of a service's behaviour, the mean of its seeds."""

    service: str
    used: float  # share of what so many in flight can do where nothing is spoilt
    cut: float  # share of what was sent
    cut_early: float  # likewise, though an answer was to come: it may be paid for twice
    timeout_s: float  # in the end


def scenarios() -> Iterator[tuple[str, Behaviour]]:
    """Services of the same mean latency, by name."""
    latencies = {"constant": Latency(_MEAN_S)} | {
        f"lognormal, sigma {sigma:g}": Latency.of_mean(_MEAN_S, sigma) for sigma in (1.0, 1.5, 2.0)
    }
    for name, latency in latencies.items():
        yield name, Behaviour(latency)
        yield f"{name}, 1 % never answered", Behaviour(latency, hanging=0.01)
    yield "constant, 1 % stragglers of 5 s", Behaviour(Latency(_MEAN_S), straggling=0.01)
    yield (
        "constant, 5 % 503, 1 % never answered",
        Behaviour(Latency(_MEAN_S), failing=0.05, failures=(503,), hanging=0.01),
    )


def simulate(name: str, behaviour: Behaviour, seed: int) -> Figure:
    """One client with more work than it may send, against one service."""
    dice, order = random.Random(seed), itertools.count()
    timeout, window = AttemptTimeout(_LONGEST_S), ConcurrencyWindow(_ALLOWED, first=_ALLOWED)
    events: list[tuple[float, int, float, float, bool]] = []  # when, order, since when, the answer's time, overloaded
    in_flight = sent = answered = cut = early = 0
    now = 0.0
    while now < _SECONDS:
        while in_flight < window.limit:
            fate = behaviour.fate(dice)
            ends = now + min(fate.after_s, timeout.timeout_s)
            heapq.heappush(events, (ends, next(order), now, fate.after_s, fate.status == 503))
            in_flight += 1
            sent += now >= _LEARNED_S
        now, _, since, after_s, overloaded = heapq.heappop(events)
        in_flight -= 1
        measured = now >= _LEARNED_S
        if now - since < after_s * 0.999_999:
            cut += measured
            early += measured and after_s < math.inf
            timeout.cut()
            window.ended(now, latency_s=now - since, overloaded=True)
        else:
            answered += measured and not overloaded
            timeout.answered(after_s)
            window.ended(now, latency_s=after_s, overloaded=overloaded)
    could = _ALLOWED / _MEAN_S * (_SECONDS - _LEARNED_S)
    return Figure(name, answered / could, cut / sent, early / sent, timeout.timeout_s)


def main(seeds: int = 3) -> dict[str, Any]:
    """Simulates, prints and saves."""
    figures = []
    for name, behaviour in scenarios():
        found = [simulate(name, behaviour, seed) for seed in range(seeds)]
        shares = [fmean(getattr(one, field) for one in found) for field in ("used", "cut", "cut_early", "timeout_s")]
        figures.append(Figure(name, *shares))
    table = Table(
        f"Simulated: {_ALLOWED} in flight, mean latency {_MEAN_S * 1_000:.0f} ms; from {_LEARNED_S:.0f} s",
        ["service", "used %", "cut %", "cut early %", "timeout s"],
        [[f.service, 100 * f.used, 100 * f.cut, 100 * f.cut_early, f.timeout_s] for f in figures],
    )
    return publish("cutting_simulation", [table], {"figures": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    main()
