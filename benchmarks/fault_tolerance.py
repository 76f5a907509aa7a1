"""A service that fails at random: are all rows answered, rightly, and at what speed?

    python -m benchmarks.fault_tolerance [--quick]

The trials take turns in three rounds, each in a process of its own; figures are the medians.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from statistics import median
from typing import Any

from benchmarks.alone import Outcome, Trial, attempt, processes
from benchmarks.clients import DOCUMENTS, Client, Dfai
from benchmarks.head_of_line import HeadOfLine
from benchmarks.mock_service import Behaviour, Latency
from benchmarks.table import Table, publish

__all__ = ["FAULTS", "main"]

_IN_FLIGHT = 64
_ROUNDS = 3
_LATENCY = Latency(0.05)
_NONE = "no faults"
_ALL = "5 % 5xx, 2 % resets, 1 % malformed"

FAULTS: dict[str, Behaviour] = {
    _NONE: Behaviour(_LATENCY),
    "5 % 503": Behaviour(_LATENCY, failing=0.05, failures=(503,)),
    _ALL: Behaviour(_LATENCY, failing=0.05, resetting=0.02, malformed=0.01),
}
"""By name."""


def main(requests: int = 8_000, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Measures, prints and saves."""
    plan: list[tuple[str, type[Client]]] = [(name, Dfai) for name in FAULTS] + [(_NONE, HeadOfLine), (_ALL, HeadOfLine)]
    found: dict[tuple[str, type[Client]], list[Outcome]] = {each: [] for each in plan}
    with processes(1) as pool:
        for number in range(rounds):
            for name, kind in plan:
                behaviour = replace(FAULTS[name], seed=number + 1)
                trial = Trial(kind, behaviour, requests, _IN_FLIGHT)
                found[name, kind].append(pool.submit(attempt, trial).result())
    figures: list[dict[str, Any]] = []
    for (name, kind), outcomes in found.items():
        free = median(outcome.per_s for outcome in found[_NONE, kind])
        per_s = median(outcome.per_s for outcome in outcomes)
        figures.append(
            {
                "faults": name,
                "client": kind.name,
                "per_s": per_s,
                "of_fault_free": per_s / free,
                "rows": DOCUMENTS * requests,
                "lost": max(outcome.lost for outcome in outcomes),
                "repeated_documents": median(outcome.counters.repeated_documents for outcome in outcomes),
                "billed_twice": median(outcome.counters.billed_twice for outcome in outcomes),
                "rounds": [asdict(outcome) for outcome in outcomes],
            }
        )
    columns = ["client", "requests/s", "% of fault-free", "rows", "rows lost", "repeated documents", "billed twice"]
    keys = ["client", "per_s", "of_fault_free", "rows", "lost", "repeated_documents", "billed_twice"]
    rows = [[f["faults"], *(100 * f[key] if key == "of_fault_free" else f[key] for key in keys)] for f in figures]
    table = Table(f"Faults at random, 50 ms, {_IN_FLIGHT} in flight", ["faults", *columns], rows)
    return publish("fault_tolerance", [table], {"faults": figures})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rows, their answers and the speed under random faults.")
    parser.add_argument("--quick", action="store_true", help="one round of a quarter of the requests")
    main(**({"requests": 2_000, "rounds": 1} if parser.parse_args().quick else {}))
