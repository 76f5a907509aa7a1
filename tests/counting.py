"""A server that counts what is asked at once and when, and a client that asks as fast as a budget lets it.

The client is what the tests of shared limits run in other processes: it knows nothing of frames and calls.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from dfai_core.flow.budget import Budget, BudgetSpec, open_budget

__all__ = ["CountingServer", "ask_for", "asking"]


@dataclass
class CountingServer:
    """Answers each line with "yes" after *latency_s*. A line holds the name of who asks.

    With *quota_per_s* it answers "no" at once to what is more than that, counted by a bucket of one second's worth.
    """

    latency_s: float = 0.02
    quota_per_s: float | None = None
    refusals: list[tuple[float, str]] = field(default_factory=list)
    most_in_flight: int = 0
    in_flight: int = 0
    arrivals: list[tuple[float, str]] = field(default_factory=list)
    port: int = 0
    _tokens: float = 0.0
    _counted_at: float = 0.0

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def counts(self, begin: float = float("-inf"), end: float = float("inf")) -> Counter[str]:
        """How often each asked from *begin* to *end*."""
        return Counter(who for at, who in self.arrivals if begin <= at < end)

    def busiest_s(self, window_s: float = 1.0) -> int:
        """The most arrivals in any window of that length."""
        times = sorted(at for at, _ in self.arrivals)
        most = first = 0
        for last, at in enumerate(times):
            while times[first] <= at - window_s:
                first += 1
            most = max(most, last - first + 1)
        return most

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        open_ones: set[asyncio.StreamWriter] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            open_ones.add(writer)
            with suppress(OSError):
                while line := await reader.readline():
                    writer.write(await self._answer(line.decode().strip()))
                    await writer.drain()
            open_ones.discard(writer)
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=2_000)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._over.wait()
        server.close()
        for writer in list(open_ones):
            writer.transport.abort()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*others, return_exceptions=True)

    async def _answer(self, who: str) -> bytes:
        now = time.monotonic()
        if self.quota_per_s is not None:
            self._tokens = min(self.quota_per_s, self._tokens + (now - self._counted_at) * self.quota_per_s)
            self._counted_at = now
            if self._tokens < 1:
                self.refusals.append((now, who))
                return b"no\n"
            self._tokens -= 1
        self.arrivals.append((now, who))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency_s)
        finally:
            self.in_flight -= 1
        return b"yes\n"


async def asking(budget: Budget, port: int, who: str, *, until: float, workers: int) -> int:
    """Asks the server at *port* until *until*, by up to *workers* at once; how often it was answered."""
    running: set[asyncio.Task[None]] = set()
    answers = itertools.count()
    line = asyncio.Lock()  # one at a time has a place, as in a dispatcher

    async def worker() -> None:
        since = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.monotonic() < until:
                async with line:
                    await budget.pace()
                writer.write(f"{who}\n".encode())
                if not await reader.readline():
                    return
                next(answers)
                if time.monotonic() - since >= budget.turn_s:
                    break
            writer.close()
        finally:
            budget.release()

    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            while True:
                if len(running) >= workers:
                    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                if not budget.try_acquire():
                    await budget.acquire()
                task = asyncio.create_task(worker())
                running.add(task)
                task.add_done_callback(running.discard)
    except TimeoutError:
        pass
    if running:
        await asyncio.wait(running)
    return next(answers)


def ask_for(
    seconds: float,
    spec: BudgetSpec | None,
    port: int,
    who: str,
    *,
    concurrency: int,
    rate_per_s: float | None = None,
    workers: int = 16,
    name: str = "a call, a target",
) -> int:
    """A whole process's share of a call: how often the server answered it."""

    async def main() -> int:
        budget = open_budget(spec, name=name, concurrency=concurrency, rate_per_s=rate_per_s)
        try:
            return await asking(budget, port, who, until=time.monotonic() + seconds, workers=workers)
        finally:
            await budget.aclose()

    return asyncio.run(main())
