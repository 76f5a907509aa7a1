"""Services that are not always equally fast: lognormal latency, stragglers, answers that never come.

    python -m benchmarks.slow_answers [--quick | --full]

Each trial has its own service and its own process. All wait most of the time, so that dfai's run two at a time, and
the windows' beside them: together they keep less than one of two cores busy.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from benchmarks.alone import Outcome, Trial, attempt, processes
from benchmarks.clients import Client, Dfai
from benchmarks.head_of_line import HeadOfLine, HeadOfLineTwo
from benchmarks.mock_service import Behaviour, Latency
from benchmarks.table import Table, publish

__all__ = ["SERVICES", "main"]

_IN_FLIGHT = 50
_MEAN_S = 0.1
_CONSTANT = Latency(_MEAN_S)

SERVICES: dict[str, Behaviour] = {
    "constant 100 ms": Behaviour(_CONSTANT),
    "lognormal, mean 100 ms, sigma 1": Behaviour(Latency.of_mean(_MEAN_S, 1.0)),
    "1 % stragglers of 5 s": Behaviour(_CONSTANT, straggling=0.01, straggler_s=5.0),
    "1 % never answered": Behaviour(_CONSTANT, hanging=0.01),
}
"""By name; all keep a client with as many requests in flight equally busy, but for what they spoil."""

_WINDOWS: list[tuple[type[Client], str]] = [
    (HeadOfLine, "1 % stragglers of 5 s"),
    (HeadOfLineTwo, "1 % stragglers of 5 s"),
    (HeadOfLine, "lognormal, mean 100 ms, sigma 1"),
]


def main(requests: int = 20_000, window_requests: int = 3_000) -> dict[str, Any]:
    """Measures, prints and saves."""
    with processes(2) as ours_pool, processes(len(_WINDOWS)) as windows_pool:
        trials = [
            (name, ours_pool.submit(attempt, Trial(Dfai, behaviour, requests, _IN_FLIGHT)))
            for name, behaviour in SERVICES.items()
        ]
        trials += [
            (name, windows_pool.submit(attempt, Trial(kind, SERVICES[name], window_requests, _IN_FLIGHT)))
            for kind, name in _WINDOWS
        ]
        found = [(name, trial.result()) for name, trial in trials]
    free = found[0][1]
    ours = {name: outcome for name, outcome in found if outcome.client == Dfai.name}
    table = Table(
        f"{_IN_FLIGHT} in flight, mean latency {_MEAN_S * 1_000:.0f} ms",
        [
            "service",
            "client",
            "requests",
            "requests/s",
            "% of fault-free",
            "dfai is × faster",
            "asked again",
            "maybe billed %",
        ],
        [
            [
                name,
                outcome.client,
                outcome.requests,
                outcome.per_s,
                100 * outcome.per_s / free.per_s,
                ours[name].per_s / outcome.per_s,
                outcome.counters.repeated_documents,
                None if outcome.maybe_billed is None else 100 * outcome.maybe_billed / outcome.counters.requests,
            ]
            for name, outcome in found
        ],
    )
    return publish("slow_answers", [table], {"trials": [_figure(name, outcome, free) for name, outcome in found]})


def _figure(name: str, outcome: Outcome, free: Outcome) -> dict[str, Any]:
    return {"service": name, **asdict(outcome), "per_s": outcome.per_s, "of_fault_free": outcome.per_s / free.per_s}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Throughput where answers are not equally fast.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a tenth of the requests")
    size.add_argument("--full", action="store_true", help="the windows, too, make 20,000 requests: about 15 minutes")
    given = parser.parse_args()
    if given.quick:
        main(2_000, 300)
    else:
        main(window_requests=20_000 if given.full else 3_000)
