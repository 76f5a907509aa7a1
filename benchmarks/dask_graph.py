"""What a verb adds to each partition of a Dask graph of many small ones, with a service that costs nothing.

    python -m benchmarks.dask_graph [--partitions 1000]

Beside it stands the same graph with a step that gives back each partition as it is: what Dask itself takes. Rows are
counted where they are: to send an answer home is no part of asking for it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from benchmarks.null_service import answered
from benchmarks.table import Table, publish
from benchmarks.texts import short_texts

__all__ = ["Figure", "main"]

_ROUNDS = 3
_ROWS = 10  # of a partition


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds a partition: medians over rounds, after one that warms up."""

    scheduler: str
    partitions: int
    build_ms: float  # calling the verb and making the graph
    without_ms: float  # building and running, without the verb
    with_ms: float

    @property
    def added_ms(self) -> float:
        return self.with_ms - self.without_ms


def _part(first: int) -> pd.DataFrame:
    return pd.DataFrame({"text": short_texts(_ROWS, first)})


def _as_it_is(part: pd.DataFrame) -> pd.DataFrame:
    return part


def _count(part: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"rows": [len(part)]})


def _without(frame: Any) -> Any:
    return frame.map_partitions(_as_it_is)


def _with(frame: Any) -> Any:
    return answered(frame, "text", store=None)


@contextmanager
def _threads() -> Iterator[Any]:
    yield "threads"


@contextmanager
def _distributed() -> Iterator[Any]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


_SCHEDULERS = {"threads": _threads, "distributed, two workers": _distributed}


def _round(step: Callable[[Any], Any], partitions: int, number: int, scheduler: Any) -> tuple[float, float]:
    """Seconds for the graph alone, and for the graph and its run."""
    import dask.dataframe as dd

    first = number * partitions * _ROWS
    frame = dd.from_map(_part, range(first, first + partitions * _ROWS, _ROWS))
    start = time.perf_counter()
    stepped = step(frame).map_partitions(_count, meta={"rows": int})
    dict(stepped.optimize().dask)
    built = time.perf_counter()
    rows = int(stepped.compute(scheduler=scheduler)["rows"].sum())
    if rows != partitions * _ROWS:
        raise RuntimeError(f"{rows:,} rows of {partitions * _ROWS:,}")
    return built - start, time.perf_counter() - start


def measure(name: str, partitions: int) -> Figure:
    """One scheduler's figures; the graphs with and without the verb take turns."""
    rounds = []
    with _SCHEDULERS[name]() as scheduler:
        for number in range(1 + _ROUNDS):
            without = _round(_without, partitions, number, scheduler)
            rounds.append((*without, *_round(_with, partitions, number, scheduler)))
    _, plain, build, whole = (median(column) / partitions * 1e3 for column in zip(*rounds[1:], strict=True))
    return Figure(name, partitions, build, plain, whole)


def main(partitions: int = 1_000) -> dict[str, Any]:
    """Measures, prints and saves."""
    # Workers import this package by its name.
    root = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    figures = [measure(name, partitions) for name in _SCHEDULERS]
    table = Table(
        f"A Dask graph of {partitions:,} partitions of {_ROWS} rows, a service that costs nothing; ms a partition",
        ["scheduler", "graph", "without the verb", "with it", "added"],
        [[f.scheduler, f.build_ms, f.without_ms, f.with_ms, f.added_ms] for f in figures],
    )
    return publish("dask_graph", [table], {"graphs": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a verb adds to each partition of a Dask graph.")
    parser.add_argument("--partitions", type=int, default=1_000)
    main(parser.parse_args().partitions)
