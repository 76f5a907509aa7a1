"""What it costs to count, and to send the counters home.

python -m benchmarks.report_speed                     # microseconds, then rows a second with reports and without
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.accessor_speed import BACKENDS
from benchmarks.table import Table, publish
from dfai_core.host_reports import host_channel
from dfai_core.report import Counters
from dfai_core.transports.asgi import Headers
from dfai_core.transports.base import Answer, Request

__all__ = ["main"]

_TIMES = 100_000
_ROUNDS = 9
_WORKERS_ELSEWHERE = ("dask distributed", "spark local[2]")
_REQUEST = Request("POST", "http://127.0.0.1:9/language/:analyze-text", {}, b"x" * 1_500)
_USAGE = "CognitiveServices.TextAnalytics.TextRecords=10"


def _microseconds(work: Callable[[], object], times: int) -> float:
    """What *work* takes, the fastest of five rounds: the others were disturbed."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append(time.perf_counter() - start)
    return min(rounds) / times * 1e6


def small() -> list[tuple[str, float]]:
    """Each step in microseconds."""
    counters = Counters()
    counters.begin()
    plain, priced = (Answer(200, Headers(headers), b"x" * 3_000) for headers in ({}, {"csp-billing-usage": _USAGE}))

    def count(answer: Answer) -> None:
        counters.settled += 10
        counters.answered(_REQUEST, answer, 0.05)

    found = [
        ("an answer is counted", _microseconds(lambda: count(plain), _TIMES)),
        ("an answer with billed units is counted", _microseconds(lambda: count(priced), _TIMES)),
        ("a report is made", _microseconds(lambda: counters.report("call"), 2_000)),
    ]
    channel, report = host_channel(), counters.report("call")
    if channel is not None:
        found.append(("a report is written to a file", _microseconds(lambda: channel.reporter.send(report), 2_000)))
        channel.forget("call")
    return found


def whole(backend: str, rows: int) -> tuple[float, float]:
    """Rows a second with reports and without, in rounds that take turns."""
    seconds: dict[str, list[float]] = {"on": [], "off": []}
    open_backend, _ = BACKENDS[backend]
    with open_backend(rows, None) as prepare:
        prepare(0)()
        for turn in range(2 * _ROUNDS):
            word = ("on", "off")[(turn + turn // 2) % 2]  # on off off on on off …: what grows falls on both alike
            os.environ["DFAI_REPORT"] = word
            run = prepare(1 + turn)
            start = time.perf_counter()
            if run() != rows:
                raise RuntimeError(f"{backend}: not every row has its answer")
            seconds[word].append(time.perf_counter() - start)
    del os.environ["DFAI_REPORT"]
    return rows / median(seconds["on"]), rows / median(seconds["off"])


def main(backends: list[str] | None = None, rows: int = 500_000) -> dict[str, Any]:
    """Measures, prints and saves."""
    root = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    steps = small()
    speeds = [(backend, *whole(backend, rows)) for backend in backends or _WORKERS_ELSEWHERE]
    head = ["backend", "rows/s, reports", "rows/s, none", "ratio"]
    table = [[backend, on, off, on / off] for backend, on, off in speeds]
    tables = [
        Table("Counting and reporting", ["step", "us"], steps),
        Table("A service that costs nothing", head, table),
    ]
    found = {
        "steps_us": dict(steps),
        "rows_per_s": {backend: {"on": on, "off": off} for backend, on, off in speeds},
    }
    return publish("report_speed", tables, found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("backends", nargs="*", choices=[[], *BACKENDS], metavar="backend")
    parser.add_argument("--rows", type=int, default=500_000)
    given = parser.parse_args()
    main(given.backends, given.rows)
