"""CPU and throughput of one process: dfai's core against bare aiohttp, httpx, Azure's clients, a head-of-line window.

Rounds are interleaved, so that a neighbour's load falls on all alike; each figure is the median of the rounds.

    python -m benchmarks.core_speed [--quick]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.clients import DOCUMENTS, Aiohttp, AzureAsync, AzureLoop, AzureThreads, Client, Dfai, Httpx
from benchmarks.head_of_line import HeadOfLine
from benchmarks.mock_service import Behaviour, Latency, MockService, expected
from benchmarks.table import Table, publish
from benchmarks.texts import reviews

__all__ = ["Contestant", "Figure", "main", "measure"]

_IN_FLIGHT = (8, 32, 128)
_LATENCY_S = 0.05
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Contestant:
    """A client, how much it may have in flight, how many requests it makes a round."""

    kind: type[Client]
    in_flight: int
    requests: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One contestant: medians of the rounds."""

    client: str
    in_flight: int
    cpu_us_per_request: float
    requests_per_s: float
    max_in_flight: int  # as the service saw it


def _without_latency(in_flight: int) -> list[Contestant]:
    """Requests enough for about half a second a round."""
    counts: dict[type[Client], int] = {Aiohttp: 3_000, Dfai: 3_000, HeadOfLine: 2_000, Httpx: 250, AzureAsync: 250}
    found = [Contestant(kind, in_flight, count) for kind, count in counts.items()]
    if in_flight == 32:
        found += [Contestant(AzureThreads, 32, 250), Contestant(AzureLoop, 1, 100)]
    return found


def _with_latency() -> list[Contestant]:
    """Those that are slow ask less, so that no round takes more than a few seconds."""
    counts: dict[type[Client], int] = {Aiohttp: 2_000, Dfai: 2_000, HeadOfLine: 2_000, Httpx: 1_000, AzureAsync: 1_000}
    found = [Contestant(kind, 128, count) for kind, count in counts.items()]
    return [*found, Contestant(AzureThreads, 32, 300), Contestant(AzureLoop, 1, 50)]


def measure(service: MockService, contestants: Iterable[Contestant], rounds: int = _ROUNDS) -> list[Figure]:
    """Each contestant's figures, in interleaved rounds."""
    opened = [(one, one.kind(service.url, one.in_flight)) for one in contestants]
    texts = {one: reviews(DOCUMENTS * one.requests) for one, _ in opened}
    seen: dict[Contestant, list[tuple[float, float, int]]] = {one: [] for one, _ in opened}
    try:
        for one, client in opened:
            client.label(reviews(2 * DOCUMENTS * one.in_flight, seed=1))  # connections open, code paths are warm
        for _ in range(rounds):
            for one, client in opened:
                seen[one].append(_round(service, client, texts[one]))
    finally:
        for _, client in opened:
            client.close()
    return [
        Figure(
            one.kind.name,
            one.in_flight,
            median(cpu_s for cpu_s, _, _ in times) / one.requests * 1e6,
            one.requests / median(wall_s for _, wall_s, _ in times),
            max(most for _, _, most in times),
        )
        for one, times in seen.items()
    ]


def _round(service: MockService, client: Client, texts: list[str]) -> tuple[float, float, int]:
    service.reset()
    prepared = client.prepare(texts)
    cpu_s, wall_s = time.process_time(), time.perf_counter()  # of all threads of this process
    answers = client.ask(prepared)
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    counters = service.counters()
    labels = client.labels(answers)
    if labels != [expected(text)[0] for text in texts]:
        raise RuntimeError(f"{client.name}: wrong labels")
    if counters.documents != len(texts):
        raise RuntimeError(f"{client.name}: {counters.documents} documents for {len(texts)} texts")
    return cpu_s, wall_s, counters.max_in_flight


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    rounds = 1 if quick else _ROUNDS
    with MockService() as service:
        free = [
            figure
            for in_flight in ((32,) if quick else _IN_FLIGHT)
            for figure in measure(service, _without_latency(in_flight), rounds)
        ]
        service.reset()
        Dfai(service.url, 32).label(reviews(20_000))
        seen = service.counters()
        mock_us = seen.cpu_s / seen.requests * 1e6
        service.behave(Behaviour(Latency(_LATENCY_S)))
        slow = measure(service, _with_latency(), rounds)
    yardsticks = {figure.in_flight: figure.cpu_us_per_request for figure in free if figure.client == Aiohttp.name}
    yardsticks.setdefault(1, yardsticks[32])  # a loop is compared with what costs least
    ours = next(figure for figure in slow if figure.client == Dfai.name)
    tables = [
        Table(
            "Ten documents a request, no latency",
            ["client", "in flight", "CPU µs/request", "× bare aiohttp", "requests/s"],
            [
                [
                    f.client,
                    f.in_flight,
                    f.cpu_us_per_request,
                    f.cpu_us_per_request / yardsticks[f.in_flight],
                    f.requests_per_s,
                ]
                for f in free
            ],
            f"The mock itself took {mock_us:.0f} µs of CPU a request.",
        ),
        Table(
            "Ten documents a request, 50 ms",
            ["client", "in flight", "% of the bound", "rows/s", "dfai is × faster", "CPU µs/request", "most in flight"],
            [
                [
                    f.client,
                    f.in_flight,
                    100 * _share(f),
                    DOCUMENTS * f.requests_per_s,
                    ours.requests_per_s / f.requests_per_s,
                    f.cpu_us_per_request,
                    f.max_in_flight,
                ]
                for f in slow
            ],
        ),
    ]
    figures = {
        "no_latency": [asdict(figure) for figure in free],
        "latency_50_ms": [{**asdict(f), "share_of_bound": _share(f)} for f in slow],
        "mock_cpu_us_per_request": mock_us,
    }
    return publish("core_speed", tables, figures)


def _share(figure: Figure) -> float:
    """Of what as many requests in flight could do at that latency."""
    return figure.requests_per_s * _LATENCY_S / figure.in_flight


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="CPU and throughput of one process, peers side by side.")
    parser.add_argument("--quick", action="store_true", help="one round, 32 in flight alone")
    main(parser.parse_args().quick)
