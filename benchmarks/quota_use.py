"""A service with a quota: how much of it is used, what is refused, who sends although told to wait, who gets how much.

    python -m benchmarks.quota_use [--quick]

Each client runs in a process of its own, with more work than the quota allows; it finds the rate in the first eight
seconds, and what is measured comes after them. Clients are told apart by the mark that their texts begin with.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

from benchmarks.clients import DOCUMENTS, Client, Dfai
from benchmarks.head_of_line import HeadOfLine
from benchmarks.mock_counters import GRACE_S
from benchmarks.mock_service import Behaviour, Latency, MockService
from benchmarks.table import Table, publish
from benchmarks.texts import reviews

__all__ = ["Figure", "main", "measure"]

_QUOTA_PER_S = 200.0
_IN_FLIGHT = 64
_PROCESSES = 8
_FOUND_S = 8.0
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One quota, asked by one or several processes of a client; counts are the mock's, from the eighth second on."""

    quota: str
    client: str
    processes: int
    seconds: float
    used: float  # share of the quota
    refused: float  # share of the requests
    in_window: int
    in_window_of_others: int
    max_over_min: float | None  # of the requests answered, among the processes


def measure(quota: str, kind: type[Client], processes: int, seconds: float) -> Figure:
    """Lets *processes* of *kind* ask a service that keeps *quota*."""
    behaviour = Behaviour(Latency(0.05), quota=quota, quota_per_s=_QUOTA_PER_S, retry_after_s=1.0)
    spawn = get_context("spawn")
    work = int(_QUOTA_PER_S * (_FOUND_S + seconds) * 1.5)  # more than the quota gives, whoever gets most of it
    with ExitStack() as stack:
        service = stack.enter_context(MockService(behaviour))
        ready = spawn.Barrier(processes + 1)
        marks = [f"@{number}" for number in range(processes)]
        asking = [
            spawn.Process(target=_ask, args=(kind, service.url, mark, work, ready), daemon=True) for mark in marks
        ]
        for process in asking:
            process.start()
            stack.callback(process.join)
            stack.callback(process.kill)
        ready.wait(_START_S)
        time.sleep(_FOUND_S)
        service.reset()
        began = time.perf_counter()
        time.sleep(seconds)
        counters = service.counters()
        elapsed_s = time.perf_counter() - began
        if not all(process.is_alive() for process in asking):
            raise RuntimeError(f"{kind.name}, {quota}: a process ended before its work was measured")
    answers = [counters.clients[mark].answered if mark in counters.clients else 0 for mark in marks]
    return Figure(
        quota,
        kind.name,
        processes,
        elapsed_s,
        counters.answered / (_QUOTA_PER_S * elapsed_s),
        counters.refused / max(1, counters.requests),
        counters.in_window,
        counters.in_window_of_others,
        max(answers) / max(1, min(answers)) if processes > 1 else None,
    )


def _ask(kind: type[Client], url: str, mark: str, requests: int, ready: Any) -> None:
    """In a process of its own, until it is killed."""
    client = kind(url, _IN_FLIGHT)
    texts = [f"{mark} {text}" for text in reviews(DOCUMENTS * requests)]
    ready.wait(_START_S)
    client.label(texts)


def main(seconds: float = 32.0) -> dict[str, Any]:
    """Measures, prints and saves. One process leaves most of a core idle, so the quotas are measured side by side."""
    single: list[tuple[str, type[Client]]]
    single = [(quota, kind) for quota in ("bucket", "fixed window", "sliding window") for kind in (Dfai, HeadOfLine)]
    with ThreadPoolExecutor(len(single)) as threads:
        found = [*threads.map(lambda each: measure(each[0], each[1], 1, seconds), single)]
    found.append(measure("bucket", Dfai, _PROCESSES, seconds))
    table = Table(
        f"Quota {_QUOTA_PER_S:.0f}/s, Retry-After 1, 50 ms, {_IN_FLIGHT} in flight each; from {_FOUND_S:.0f} s",
        ["quota", "client", "processes", "used %", "refused %", "in window", "in another's", "max/min"],
        [
            [
                f.quota,
                f.client,
                f.processes,
                100 * f.used,
                100 * f.refused,
                f.in_window,
                f.in_window_of_others,
                f.max_over_min,
            ]
            for f in found
        ],
        f"In window: more than {GRACE_S * 1_000:.0f} ms after a refusal left, before its Retry-After had passed.",
    )
    return publish("quota_use", [table], {"quotas": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How a client lives with a quota.")
    parser.add_argument("--quick", action="store_true", help="five seconds instead of half a minute")
    main(5.0 if parser.parse_args().quick else 32.0)
