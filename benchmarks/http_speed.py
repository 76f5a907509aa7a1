"""One request a row: ``df.ai.http`` on pandas against bare aiohttp with workers, and against httpx.

python -m benchmarks.http_speed [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import aiohttp
import httpx
import orjson
import pandas as pd
from yarl import URL

import dfai
from benchmarks.table import Table, publish

__all__ = ["main"]

_IN_FLIGHT = 32
_BODY = b'[{"page":1},[{"id":"BR","name":"Brazil","capitalCity":"Brasilia"}]]'
# A server that does nothing but answer, in a process of its own.
_SERVER = f"""
import asyncio
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: {len(_BODY)}\\r\\n\\r\\n"
ANSWER = HEAD + {_BODY!r}
class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(ANSWER * data.count(b"\\r\\n\\r\\n"))
async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def _served() -> Iterator[str]:
    server = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def _with_dfai(url: str, rows: list[str]) -> list[str]:
    frame = pd.DataFrame({"iso": rows})
    answered = frame.ai.http(
        url + "/v2/country/{iso}?format=json", parse={"name": "$[1][0].name"}, concurrency=_IN_FLIGHT, progress="off"
    )
    names: list[str] = answered["response_name"].tolist()
    return names


def _with_aiohttp(url: str, rows: list[str]) -> list[str]:
    async def ask() -> list[str]:
        names = [""] * len(rows)
        places = iter(range(len(rows)))
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=None), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:

            async def work() -> None:
                for place in places:
                    where = URL(f"{url}/v2/country/{rows[place]}?format=json", encoded=True)
                    async with session.get(where) as response:
                        names[place] = orjson.loads(await response.read())[1][0]["name"]

            await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
        return names

    return asyncio.run(ask())


def _with_httpx(url: str, rows: list[str]) -> list[str]:
    async def ask() -> list[str]:
        names = [""] * len(rows)
        places = iter(range(len(rows)))
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=_IN_FLIGHT)) as client:

            async def work() -> None:
                for place in places:
                    response = await client.get(f"{url}/v2/country/{rows[place]}", params={"format": "json"})
                    names[place] = orjson.loads(response.content)[1][0]["name"]

            await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
        return names

    return asyncio.run(ask())


_CLIENTS: dict[str, tuple[Callable[[str, list[str]], list[str]], int]] = {
    "bare aiohttp": (_with_aiohttp, 8_000),
    "dfai": (_with_dfai, 8_000),
    "httpx": (_with_httpx, 1_000),
}


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in _CLIENTS}
    with _served() as url, dfai.using(store=None):
        for number in range(2 if quick else 6):
            for name, (client, count) in _CLIENTS.items():
                rows = [f"c{number}x{place}" for place in range(count // 10 if quick else count)]
                cpu_s, wall_s = time.process_time(), time.perf_counter()
                names = client(url, rows)
                cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
                if names != ["Brazil"] * len(rows):
                    raise RuntimeError(f"{name}: wrong answers")
                if number:  # the first warms up
                    seen[name].append((cpu_s / len(rows) * 1e6, len(rows) / wall_s))
    figures = {
        name: (median(cpu for cpu, _ in runs), median(speed for _, speed in runs)) for name, runs in seen.items()
    }
    bare_us = figures["bare aiohttp"][0]
    table = Table(
        "One request a row, no latency, 32 in flight",
        ["client", "CPU µs/request", "× bare aiohttp", "requests/s"],
        [[name, cpu_us, cpu_us / bare_us, speed] for name, (cpu_us, speed) in figures.items()],
        "Each answer's JSON is read, and one name taken out of it.",
    )
    return publish("http_speed", [table], {"figures": figures})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="fewer rows: whether it works, not how fast")
    main(parser.parse_args().quick)
