"""A service that fails at random: are all rows answered, rightly, and at what speed?

    python -m benchmarks.fault_tolerance [--quick]

One long round each, in a process of its own: what the last retries wait for should not outweigh all the rest.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from benchmarks.alone import Outcome, Trial, attempt, processes
from benchmarks.clients import DOCUMENTS, Client, Dfai
from benchmarks.head_of_line import HeadOfLine
from benchmarks.mock_service import Behaviour, Latency
from benchmarks.table import Table, publish

__all__ = ["FAULTS", "main"]

_IN_FLIGHT = 64
_LATENCY = Latency(0.05)
_NONE = "none"
_ALL = "5 % 5xx, 2 % resets, 1 % malformed"

FAULTS: dict[str, Behaviour] = {
    _NONE: Behaviour(_LATENCY),
    "5 % 503": Behaviour(_LATENCY, failing=0.05, failures=(503,)),
    _ALL: Behaviour(_LATENCY, failing=0.05, resetting=0.02, malformed=0.01),
    f"{_ALL}, 1 % never answered": Behaviour(_LATENCY, failing=0.05, resetting=0.02, malformed=0.01, hanging=0.01),
}
"""By name."""


def main(requests: int = 20_000, window_requests: int = 3_000) -> dict[str, Any]:
    """Measures, prints and saves."""
    plan: list[tuple[str, type[Client], int]] = [(name, Dfai, requests) for name in FAULTS]
    plan += [(name, HeadOfLine, window_requests) for name in (_NONE, _ALL)]
    with processes(1) as pool:
        found = [
            (name, pool.submit(attempt, Trial(kind, FAULTS[name], count, _IN_FLIGHT)).result())
            for name, kind, count in plan
        ]
    free = {outcome.client: outcome.per_s for name, outcome in found if name == _NONE}
    table = Table(
        f"Faults at random, 50 ms, {_IN_FLIGHT} in flight",
        [
            "faults",
            "client",
            "requests/s",
            "% of fault-free",
            "rows",
            "rows lost",
            "repeated documents",
            "billed twice",
            "requests billed unread",
            "told as maybe billed",
        ],
        [
            [
                name,
                outcome.client,
                outcome.per_s,
                100 * outcome.per_s / free[outcome.client],
                DOCUMENTS * outcome.requests,
                outcome.lost,
                outcome.counters.repeated_documents,
                outcome.counters.billed_twice,
                outcome.counters.unread,
                outcome.maybe_billed,
            ]
            for name, outcome in found
        ],
    )
    return publish("fault_tolerance", [table], {"faults": [_figure(name, outcome, free) for name, outcome in found]})


def _figure(name: str, outcome: Outcome, free: dict[str, float]) -> dict[str, Any]:
    share = outcome.per_s / free[outcome.client]
    return {"faults": name, **asdict(outcome), "per_s": outcome.per_s, "of_fault_free": share}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rows, their answers and the speed under random faults.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    main(*[2_000, 300] if parser.parse_args().quick else [])
