"""A sentiment service on loopback that costs almost nothing: what a benchmark calls instead of Azure.

It speaks ``POST /language/:analyze-text`` over a bare `asyncio.Protocol`, since a web framework would be slower
than the clients under test. ``GET /counters`` tells what it saw, ``POST /reset`` starts counting anew.

    python -m benchmarks.mock_service --latency-ms 50 --sigma 0.5
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

__all__ = ["Counters", "Latency", "MockService", "expected"]

_SCORES = (
    ("positive", {"positive": 0.98, "neutral": 0.01, "negative": 0.01}),
    ("neutral", {"positive": 0.05, "neutral": 0.9, "negative": 0.05}),
    ("negative", {"positive": 0.02, "neutral": 0.08, "negative": 0.9}),
)
_PATH = b"/language/:analyze-text"
_KEPT_HEADERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\napim-request-id: mock\r\nContent-Length: "
)


@dataclass(slots=True)
class Counters:
    """What the service saw since it started or was reset."""

    requests: int = 0
    documents: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    connections: int = 0
    cpu_s: float = 0.0  # of its process


@dataclass(frozen=True, slots=True)
class Latency:
    """How long an answer takes: always the median, or lognormal around it. Times in seconds."""

    median_s: float = 0.0
    sigma: float = 0.0

    def draw(self, dice: random.Random) -> float:
        """One answer's time.

        >>> Latency(0.05).draw(random.Random(1))
        0.05
        """
        return self.median_s * math.exp(dice.gauss(0.0, self.sigma)) if self.sigma else self.median_s


def expected(text: str) -> tuple[str, dict[str, float]]:
    """The label and scores that the service gives *text*: by its length, so that a wrong join shows."""
    return _SCORES[len(text) % 3]


def _answer(body: bytes) -> tuple[bytes, int]:
    """The answer's body and how many documents it holds."""
    asked = orjson.loads(body)["analysisInput"]["documents"]
    documents = []
    for document in asked:
        text = document["text"]
        label, scores = expected(text)
        sentence = {"sentiment": label, "confidenceScores": scores, "offset": 0, "length": len(text), "text": text}
        documents.append(
            {
                "id": document["id"],
                "sentiment": label,
                "confidenceScores": scores,
                "sentences": [sentence],
                "warnings": [],
            }
        )
    results = {"documents": documents, "errors": [], "modelVersion": "2022-11-01"}
    return orjson.dumps({"kind": "SentimentAnalysisResults", "results": results}), len(documents)


class _Connection(asyncio.Protocol):
    """One client's connection: whole requests in, answers out, one after the other."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._buffer = b""
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._service.counters.connections += 1

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        """Starts on the first request in the buffer, once all of it is there."""
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = buffer[:end].lower()
        place = head.find(b"\r\ncontent-length:")
        size = int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        stop = end + 4 + size
        if len(buffer) < stop:
            return
        self._buffer = buffer[stop:]
        method, path, _ = buffer[: buffer.index(b"\r\n")].split(b" ", 2)
        body = buffer[end + 4 : stop]
        if method == b"POST" and path.startswith(_PATH):
            self._analyze(body)
        else:
            self._write(*self._service.control(method, path))

    def _analyze(self, body: bytes) -> None:
        service = self._service
        counters = service.counters
        counters.requests += 1
        counters.in_flight += 1
        if counters.in_flight > counters.max_in_flight:
            counters.max_in_flight = counters.in_flight
        answer, count = _answer(body)
        counters.documents += count
        self._busy = True
        wait_s = service.latency.draw(service.dice)
        if wait_s:
            service.loop.call_later(wait_s, self._end, answer)
        else:
            self._end(answer)

    def _end(self, answer: bytes) -> None:
        self._service.counters.in_flight -= 1
        self._busy = False
        self._write(answer)
        if self._buffer:
            self._next()

    def _write(self, body: bytes, status: bytes = b"") -> None:
        if self._transport.is_closing():
            return
        head = b"HTTP/1.1 " + status + b"\r\nContent-Length: " if status else _KEPT_HEADERS
        self._transport.write(b"%b%d\r\n\r\n%b" % (head, len(body), body))


class _Service:
    """What all connections share."""

    def __init__(self, latency: Latency, seed: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.latency = latency
        self.dice = random.Random(seed)
        self.counters = Counters()
        self._cpu_start_s = time.process_time()

    def control(self, method: bytes, path: bytes) -> tuple[bytes, bytes]:
        """Anything but an analysis: body and status."""
        if (method, path) == (b"GET", b"/counters"):
            self.counters.cpu_s = time.process_time() - self._cpu_start_s
            return orjson.dumps(asdict(self.counters)), b"200 OK"
        if (method, path) == (b"POST", b"/reset"):
            self.counters = Counters(in_flight=self.counters.in_flight)
            self._cpu_start_s = time.process_time()
            return b"{}", b"200 OK"
        return b'{"error":{"code":"NotFound","message":"there is no such path"}}', b"404 Not Found"


async def _serve(latency: Latency, port: int, seed: int, announce: Callable[[str], None]) -> None:
    service = _Service(latency, seed)
    server = await service.loop.create_server(lambda: _Connection(service), "127.0.0.1", port, backlog=1_024)
    announce(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    gc.collect()
    gc.freeze()
    async with server:
        await server.serve_forever()


class MockService:
    """The mock in a process of its own, for the time of a ``with`` block."""

    def __init__(self, latency: Latency | None = None, seed: int = 1) -> None:
        latency = latency or Latency()
        command = [sys.executable, "-m", "benchmarks.mock_service", "--latency-ms", str(latency.median_s * 1_000)]
        self._process = subprocess.Popen(
            [*command, "--sigma", str(latency.sigma), "--seed", str(seed)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the mock service did not start")

    def counters(self) -> Counters:
        """What it saw since `reset`."""
        return Counters(**self._ask("GET", "/counters"))

    def reset(self) -> None:
        """Counts from nothing again."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request(method, path)
            return orjson.loads(connection.getresponse().read())
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def main() -> None:
    """Serves until it is interrupted; the first line printed is the address."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="median time of an answer")
    parser.add_argument("--sigma", type=float, default=0.0, help="spread of a lognormal latency; 0: always the median")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    latency = Latency(given.latency_ms / 1_000, given.sigma)
    try:
        asyncio.run(_serve(latency, given.port, given.seed, lambda line: print(line, flush=True)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
