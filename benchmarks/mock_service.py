"""A sentiment service on loopback that costs almost nothing: what a benchmark calls instead of Azure.

It speaks ``POST /language/:analyze-text``, and OpenAI's ``/v1/chat/completions`` and ``/v1/responses``.
``GET /counters`` tells what it saw, ``POST /reset`` starts counting anew, ``PUT /behaviour`` makes it another service.

    python -m benchmarks.mock_service --latency-ms 50 --sigma 0.5
    python -m benchmarks.mock_service --behaviour '{"quota": "bucket", "quota_per_s": 200}'
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from benchmarks.mock_answers import expected
from benchmarks.mock_behaviour import Behaviour, Latency
from benchmarks.mock_counters import Counters
from benchmarks.mock_server import serve

__all__ = ["Behaviour", "Counters", "Latency", "MockService", "expected"]


class MockService:
    """The mock in a process of its own, for the time of a ``with`` block."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        given = json.dumps((behaviour or Behaviour()).as_json())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.mock_service", "--behaviour", given], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the mock service did not start")

    def counters(self) -> Counters:
        """What it saw since `reset` or `behave`."""
        return Counters.from_json(self._ask("GET", "/counters"))

    def reset(self) -> None:
        """Counts from nothing again; quotas and pauses go on."""
        self._ask("POST", "/reset")

    def behave(self, behaviour: Behaviour) -> None:
        """Becomes another service: dice, quota and counters begin anew."""
        self._ask("PUT", "/behaviour", orjson.dumps(behaviour.as_json()))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            if response.status != 200:
                raise RuntimeError(f"the mock service answered {response.status} to {method} {path}")
            return orjson.loads(response.read())
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
    parser.add_argument("--behaviour", type=json.loads, default={}, help="fields of Behaviour as JSON; they win")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    given = parser.parse_args()
    base = Behaviour(Latency(given.latency_ms / 1_000, given.sigma)).as_json()
    behaviour = Behaviour.from_json({**base, **given.behaviour})
    try:
        asyncio.run(serve(behaviour, given.port, lambda line: print(line, flush=True)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
