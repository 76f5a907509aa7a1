"""What sharing a call's limits costs, and how well slots and rate are used by several processes of this machine.

A request is a sleep here: what is measured is the budget alone. Rounds go through all kinds in turn, so that a
neighbour's load falls on all alike; each figure is the median.
"""

from __future__ import annotations

import asyncio
import math
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.store_speed import redis_url
from benchmarks.table import Table, publish
from dfai_core.flow.adaptive import LearnedRate
from dfai_core.flow.budget import Budget, BudgetSpec, open_budget
from dfai_core.flow.channels import listen
from dfai_core.flow.host.files import host_file
from dfai_core.flow.host.rate import HostRate
from dfai_core.loop import loop_thread

__all__ = ["main"]

_ROUNDS = 3
_SECONDS = 2.0
_SLOTS, _LATENCY_S, _RATE_PER_S = 16, 0.05, 200.0
_REPEATS = 20_000


def _us(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(_REPEATS):
        function()
    return (time.perf_counter() - began) / _REPEATS * 1e6


def _learned_us() -> dict[str, float]:
    """Microseconds a request for asking what a target bears, while nothing is learned."""

    def asked(rate: LearnedRate | HostRate) -> Callable[[], object]:
        return lambda: rate.is_free(now := time.monotonic()) and rate.reserve(now)

    shared = HostRate(host_file(f"benchmark {os.getpid()}", "rate"))
    figures = {"alone": _us(asked(LearnedRate())), "shared by the host": _us(asked(shared))}
    shared.close()
    return figures


async def _costs_us(spec: BudgetSpec) -> tuple[float, float]:
    """Microseconds for taking and giving back a slot, and for pacing at a rate that nobody reaches."""
    budget = open_budget(spec, name=f"cost {os.getpid()} {time.time()}", concurrency=_SLOTS, rate_per_s=1e9)
    await budget.acquire()
    await budget.acquire()
    budget.release()  # one slot stays in use, and one comes and goes
    slot_us = _us(lambda: budget.try_acquire() and budget.release())
    began = time.perf_counter()
    for _ in range(_REPEATS):
        await budget.pace()
    pace_us = (time.perf_counter() - began) / _REPEATS * 1e6
    await budget.aclose()
    return slot_us, pace_us


def _worker() -> None:
    """A process that does as it is told, line by line; prints how much it got done."""
    print("ready", flush=True)
    for line in sys.stdin:
        specification, name, rated = line.split()
        spec: BudgetSpec = pickle.loads(bytes.fromhex(specification))
        print(asyncio.run(_work(spec, name, _RATE_PER_S if rated == "rated" else None)), flush=True)


async def _work(spec: BudgetSpec, name: str, rate_per_s: float | None) -> int:
    concurrency = _SLOTS if rate_per_s is None else 64
    budget = open_budget(spec, name=name, concurrency=concurrency, rate_per_s=rate_per_s)
    until, line, done = time.monotonic() + _SECONDS, asyncio.Lock(), 0
    tasks: set[asyncio.Task[None]] = set()

    async def request() -> None:
        nonlocal done
        since = time.monotonic()
        while time.monotonic() < until:
            async with line:
                await budget.pace()
            await asyncio.sleep(_LATENCY_S)
            done += time.monotonic() < until
            if time.monotonic() - since >= budget.turn_s:
                break
        budget.release()

    async def fill(budget: Budget) -> None:
        while True:
            if not budget.try_acquire():
                await budget.acquire()
            task = asyncio.create_task(request())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    filling = asyncio.create_task(fill(budget))
    await asyncio.sleep(_SECONDS)
    filling.cancel()
    await asyncio.gather(filling, *tasks, return_exceptions=True)
    await budget.aclose()
    return done


Worker = subprocess.Popen[str]


@contextmanager
def _workers(count: int) -> Iterator[list[Worker]]:
    command = [sys.executable, "-m", "benchmarks.shared_limits", "worker"]
    with ExitStack() as started:
        running = [
            started.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(count)
        ]
        for one in running:
            _said(one)
        try:
            yield running
        finally:
            for one in running:
                one.kill()


def _said(worker: Worker) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def _used(spec: BudgetSpec, workers: list[Worker], *, rated: bool) -> tuple[float, float]:
    """The share of what the limit allows that was used, and how much more the busiest process did than the idlest."""
    line = f"{pickle.dumps(spec).hex()} use-{os.getpid()}-{time.time()} {'rated' if rated else 'unrated'}\n"
    for one in workers:
        assert one.stdin is not None
        one.stdin.write(line)
        one.stdin.flush()
    counts = [int(_said(one)) for one in workers]
    bound = _RATE_PER_S if rated else _SLOTS / _LATENCY_S
    return sum(counts) / (bound * _SECONDS), max(counts) / min(counts) if min(counts) else math.inf


@contextmanager
def _specs() -> Iterator[dict[str, BudgetSpec]]:
    """One of each kind, and whoever keeps it."""
    listener = loop_thread().run(listen("127.0.0.1"))
    with tempfile.TemporaryDirectory() as folder, redis_url(Path(folder)) as url:
        found = {
            "process": BudgetSpec("process"),
            "host": BudgetSpec("host"),
            "coordinator": BudgetSpec("coordinator", f"127.0.0.1:{listener.port}", listener.token),
        }
        if url is not None:
            found["redis"] = BudgetSpec("redis", url)
        yield found
    loop_thread().run(listener.aclose())


def main() -> None:
    """Measures all kinds and shows the tables."""
    learned = [_learned_us() for _ in range(_ROUNDS)]
    bears = Table(
        "Asking what a target bears, nothing learned",
        ["learned", "µs a request"],
        [[name, median(one[name] for one in learned)] for name in learned[0]],
    )
    with _specs() as specs, _workers(8) as workers:
        costs = {name: [loop_thread().run(_costs_us(spec)) for _ in range(_ROUNDS)] for name, spec in specs.items()}
        takes = Table(
            "Taking what is free",
            ["kept by", "µs a slot", "µs a place"],
            [[name, *(median(column) for column in zip(*rounds, strict=True))] for name, rounds in costs.items()],
        )
        rows = []
        for processes in (2, 8):
            for name, spec in specs.items():
                if name == "process":
                    continue
                slots = [_used(spec, workers[:processes], rated=False) for _ in range(_ROUNDS)]
                rates = [_used(spec, workers[:processes], rated=True) for _ in range(_ROUNDS)]
                figures = [median(column) for column in (*zip(*slots, strict=True), *zip(*rates, strict=True))]
                rows.append([name, processes, 100 * figures[0], figures[1], 100 * figures[2], figures[3]])
    headings = ["kept by", "processes", "slots used %", "max/min", "rate used %", "max/min"]
    title = f"{_SLOTS} slots of {_LATENCY_S * 1000:.0f} ms; {_RATE_PER_S:.0f} requests a second"
    publish("shared_limits", [bears, takes, Table(title, headings, rows)], {"costs_us": costs, "used": rows})


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        _worker()
    else:
        main()
