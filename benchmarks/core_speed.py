"""CPU and throughput of one process: dfai's core against bare aiohttp, httpx and Azure's client.

Rounds are interleaved, so that a neighbour's load falls on all alike; each figure is the median of the rounds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.clients import CLIENTS, Aiohttp, AzureSdk, Client, Dfai, Httpx
from benchmarks.mock_service import Latency, MockService, expected
from benchmarks.table import save, show
from benchmarks.texts import reviews

__all__ = ["Figure", "main", "measure"]

_IN_FLIGHT = (8, 32, 128)
_LATENCY_S = 0.05
_ROUNDS = 3
# Requests a round at zero latency: enough for about half a second each.
_REQUESTS: dict[type[Client], int] = {Aiohttp: 3_000, Dfai: 3_000, Httpx: 250, AzureSdk: 300}


@dataclass(frozen=True, slots=True)
class Figure:
    """One client at one number in flight: medians of the rounds."""

    client: str
    in_flight: int
    cpu_us_per_request: float
    requests_per_s: float
    max_in_flight: int  # as the service saw it


def measure(
    url: str, service: MockService, clients: Iterable[type[Client]], in_flight: int, requests: dict[type[Client], int]
) -> list[Figure]:
    """Each client's figures, in interleaved rounds."""
    opened = [(kind, kind(url, in_flight)) for kind in clients]
    texts = {kind: reviews(10 * requests[kind]) for kind, _ in opened}
    seen: dict[type[Client], list[tuple[float, float, int]]] = {kind: [] for kind, _ in opened}
    try:
        for _, client in opened:
            client.label(reviews(20 * in_flight, seed=1))  # connections are open now, code paths are warm
        for _ in range(_ROUNDS):
            for kind, client in opened:
                seen[kind].append(_round(service, client, texts[kind]))
    finally:
        for _, client in opened:
            client.close()
    return [
        Figure(
            kind.name,
            in_flight,
            median(cpu_s for cpu_s, _, _ in rounds) / requests[kind] * 1e6,
            requests[kind] / median(wall_s for _, wall_s, _ in rounds),
            max(most for _, _, most in rounds),
        )
        for kind, rounds in seen.items()
    ]


def _round(service: MockService, client: Client, texts: list[str]) -> tuple[float, float, int]:
    service.reset()
    cpu_s, wall_s = time.process_time(), time.perf_counter()  # of all threads of this process
    labels = client.label(texts)
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    counters = service.counters()
    if labels != [expected(text)[0] for text in texts]:
        raise RuntimeError(f"{client.name}: wrong labels")
    if counters.documents != len(texts):
        raise RuntimeError(f"{client.name}: {counters.documents} documents for {len(texts)} texts")
    return cpu_s, wall_s, counters.max_in_flight


def main() -> dict[str, Any]:
    """Measures, prints and saves."""
    with MockService() as service:
        free = [
            figure
            for in_flight in _IN_FLIGHT
            for figure in measure(service.url, service, CLIENTS, in_flight, _REQUESTS)
        ]
        service.reset()
        Dfai(service.url, 32).label(reviews(20_000))
        seen = service.counters()
        mock_us = seen.cpu_s / seen.requests * 1e6
    with MockService(Latency(_LATENCY_S)) as service:
        slow = measure(service.url, service, CLIENTS, 128, dict.fromkeys(CLIENTS, 2_000))
    yardstick = {figure.in_flight: figure.cpu_us_per_request for figure in free if figure.client == Aiohttp.name}
    print(
        show(
            "Ten documents a request, no latency",
            ["client", "in flight", "CPU us/request", "x bare aiohttp", "requests/s"],
            [
                [
                    f.client,
                    f.in_flight,
                    f.cpu_us_per_request,
                    f.cpu_us_per_request / yardstick[f.in_flight],
                    f.requests_per_s,
                ]
                for f in free
            ],
        ),
        f"(the mock itself: {mock_us:.0f} us CPU a request)",
        sep="\n",
        end="\n\n",
    )
    bound = 128 / _LATENCY_S
    print(
        show(
            "50 ms latency, 128 in flight, 20,000 documents",
            ["client", "% of the bound", "rows/s", "CPU us/request", "most in flight"],
            [
                [f.client, 100 * f.requests_per_s / bound, 10 * f.requests_per_s, f.cpu_us_per_request, f.max_in_flight]
                for f in slow
            ],
        ),
        end="\n\n",
    )
    figures = {
        "no_latency": [asdict(figure) for figure in free],
        "latency_50_ms": [{**asdict(f), "share_of_bound": f.requests_per_s / bound} for f in slow],
        "mock_cpu_us_per_request": mock_us,
    }
    save("core_speed", figures)
    return figures


if __name__ == "__main__":
    main()
