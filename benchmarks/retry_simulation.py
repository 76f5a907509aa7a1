"""How soon to ask again what failed amid others that were answered: what that brings a call that ends.

    python -m benchmarks.retry_simulation

The rule is the core's, the service and the clock are not. The whole call counts, its last retries too: with nothing
else left to send, it waits for them alone.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any

from benchmarks.table import Table, publish
from dfai_core.flow.retry import Retry

__all__ = ["Figure", "main", "seconds"]

_REQUESTS = 20_000
_IN_FLIGHT = 64
_LATENCY_S = 0.05
_FAILING = 0.08  # as `fault_tolerance` has it: 5 % 5xx, 2 % resets, 1 % malformed


@dataclass(frozen=True, slots=True)
class Figure:
    """What a rule makes of a call, the mean of its seeds."""

    first_amid_s: float
    of_fault_free: float


def seconds(rule: Retry, failing: float, seed: int) -> float:
    """How long a call takes of whose attempts the share *failing* fails, each amid others that are answered."""
    dice = random.Random(seed)
    fresh = deque(range(_REQUESTS))
    waiting: list[tuple[float, int, int]] = []  # when it may leave, which, its attempts so far
    under_way: list[tuple[float, int, int]] = []  # when it ends, which, the attempts that it is
    now, done = 0.0, 0
    while done < _REQUESTS:
        while len(under_way) < _IN_FLIGHT and (fresh or (waiting and waiting[0][0] <= now)):
            if waiting and waiting[0][0] <= now:
                _, request, tries = heapq.heappop(waiting)
            else:
                request, tries = fresh.popleft(), 0
            heapq.heappush(under_way, (now + _LATENCY_S, request, tries + 1))
        free = len(under_way) < _IN_FLIGHT
        now = min(([under_way[0][0]] if under_way else []) + ([waiting[0][0]] if waiting and free else []))
        while under_way and under_way[0][0] <= now:
            _, request, tries = heapq.heappop(under_way)
            if dice.random() >= failing:
                done += 1
                continue
            wait_s = rule.wait_s(tries, retry_after_s=None, draw=dice.random(), alone=True, amid=True)
            if wait_s is None:  # its tries are used up
                done += 1
            else:
                heapq.heappush(waiting, (now + wait_s, request, tries))
    return now


def main(seeds: int = 5) -> dict[str, Any]:
    """Simulates, prints and saves."""
    ours = Retry()
    figures = []
    for first_s in sorted({ours.first_amid_s, 0.2, ours.first_wait_s}):
        rule = replace(ours, first_amid_s=first_s)
        shares = [seconds(rule, 0.0, seed) / seconds(rule, _FAILING, seed) for seed in range(seeds)]
        figures.append(Figure(first_s, fmean(shares)))
    table = Table(
        f"Simulated: {_REQUESTS:,} requests, {_IN_FLIGHT} in flight, {_LATENCY_S * 1_000:.0f} ms, {_FAILING:.0%} fail",
        ["first wait s", "% of fault-free"],
        [[f.first_amid_s, 100 * f.of_fault_free] for f in figures],
    )
    return publish("retry_simulation", [table], {"figures": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    main()
