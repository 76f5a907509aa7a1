"""Other tools that ask an AI service about the rows of a frame: openaivec and Daft, beside dfai's core.

    python -m benchmarks.frame_tools [--quick]

They need libraries that dfai does not go with (the extra ``bench``), so that each runs in a process of its own, in the
environment ``.venv-bench`` that ``make bench`` makes, or in the Python that ``BENCH_PYTHON`` names. They speak OpenAI's
protocol, dfai Azure's; the same mock answers both, after the same time, with the same labels.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.clients import Client, Dfai, DfaiSingles
from benchmarks.mock_service import Behaviour, Latency, MockService, expected
from benchmarks.table import Table, publish
from benchmarks.texts import reviews

__all__ = ["Figure", "NotMeasured", "main"]

_ROOT = Path(__file__).resolve().parent.parent
_LATENCY_S = 0.05
_IN_FLIGHT = 32
_ROUNDS = 3
_PATIENCE_S = 60.0


class NotMeasured(Exception):
    """A tool is not installed, or did not come to its end; the message says which."""


@dataclass(frozen=True, slots=True)
class Round:
    """One pass over the rows."""

    name: str
    seconds: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One tool: medians of the rounds, or *reason* why there are none."""

    tool: str
    texts_a_request: str
    rows: int
    rows_per_s: float | None = None
    cpu_us_per_row: float | None = None
    max_in_flight: int | None = None  # as the service saw it
    reason: str = ""


def _python() -> str:
    """The Python that has the tools."""
    own = _ROOT / ".venv-bench" / "bin" / "python"
    return os.environ.get("BENCH_PYTHON") or (str(own) if own.exists() else sys.executable)


def _checked(labels: list[Any], rows: int, name: str) -> None:
    if labels != [expected(text)[0] for text in reviews(rows)]:
        raise RuntimeError(f"{name}: wrong labels")


def _tool(module: str, *settings: int) -> Callable[[str, int], Round]:
    """Runs one of the other tools, a process a round."""

    def run(url: str, rows: int) -> Round:
        command = [_python(), "-m", f"benchmarks.{module}", url, *map(str, [rows, *settings])]
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        try:
            done = subprocess.run(
                command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise NotMeasured(f"no end within {_PATIENCE_S:.0f} s") from None
        if done.returncode:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise NotMeasured(f"not installed: {last}" if "ModuleNotFoundError" in last else last)
        found = json.loads(done.stdout.splitlines()[-1])
        _checked(found["labels"], rows, found["version"])
        return Round(found["version"], found["seconds"], found["cpu_s"])

    return run


def _ours(kind: type[Client]) -> Callable[[str, int], Round]:
    def run(url: str, rows: int) -> Round:
        client = kind(url, _IN_FLIGHT)
        client.label(reviews(500, seed=1))  # as the others do
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        labels = client.label(reviews(rows))
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        _checked(labels, rows, kind.name)
        return Round(kind.name, wall_s, cpu_s)

    return run


_TOOLS: list[tuple[str, str, int, Callable[[str, int], Round]]] = [
    ("dfai", "10", 5_000, _ours(Dfai)),
    ("openaivec", "10", 5_000, _tool("peer_openaivec", 10, _IN_FLIGHT)),
    ("openaivec, defaults", "its own choice", 5_000, _tool("peer_openaivec")),
    ("dfai, one a request", "1", 1_000, _ours(DfaiSingles)),
    ("Daft", "1", 1_000, _tool("peer_daft")),
]


def main(rounds: int = _ROUNDS) -> dict[str, Any]:
    """Measures, prints and saves."""
    seen: dict[str, list[Round]] = {tool: [] for tool, _, _, _ in _TOOLS}
    most: dict[str, int] = {}
    reasons: dict[str, str] = {}
    with MockService(Behaviour(Latency(_LATENCY_S))) as service:
        for _ in range(rounds):
            for tool, _, rows, run in _TOOLS:
                if tool in reasons:
                    continue
                service.reset()
                try:
                    seen[tool].append(run(service.url, rows))
                except NotMeasured as error:
                    reasons[tool] = str(error)
                most[tool] = max(most.get(tool, 0), service.counters().max_in_flight)
    figures = []
    for tool, texts, rows, _ in _TOOLS:
        if tool in reasons:
            figures.append(Figure(tool, texts, rows, reason=reasons[tool]))
            continue
        name = seen[tool][0].name if "dfai" not in tool else tool
        if "defaults" in tool:
            name += ", defaults"
        seconds, cpu_s = (median(getattr(one, field) for one in seen[tool]) for field in ("seconds", "cpu_s"))
        figures.append(Figure(name, texts, rows, rows / seconds, cpu_s / rows * 1e6, most[tool]))
    table = Table(
        f"Rows of a frame, {_LATENCY_S * 1_000:.0f} ms a request, {_IN_FLIGHT} in flight where that can be said",
        ["tool", "texts a request", "rows/s", "CPU µs/row", "most in flight", ""],
        [[f.tool, f.texts_a_request, f.rows_per_s, f.cpu_us_per_row, f.max_in_flight, f.reason] for f in figures],
    )
    return publish("frame_tools", [table], {"frame_tools": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="dfai beside other tools for frames.")
    parser.add_argument("--quick", action="store_true", help="one round")
    main(1 if parser.parse_args().quick else _ROUNDS)
