"""Rows a second of one worker and of two, on a Spark standalone cluster and on Dask distributed, when latency decides.

    python -m benchmarks.cluster_scaling [spark] [dask] [--quick]

The call may have twice as many requests in flight on two workers as on one: as many for each worker. The mock takes so
long that neither it nor the workers come near to filling the machine's cores. Each round asks other texts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

import dfai
from benchmarks.clusters import dask_cluster, spark_cluster
from benchmarks.mock_service import Behaviour, Counters, Latency, MockService
from benchmarks.table import Table, publish
from benchmarks.texts import SHORT, short_texts

__all__ = ["CLUSTERS", "Figure", "main", "measure", "spark_session"]

_LATENCY_S = 0.2
_IN_FLIGHT = 16  # requests of each worker
_ROUNDS = 3
_ROWS = 16_000
_PARTITIONS = 8
_CORES = 2  # tasks of each worker at a time

Ask = Callable[[int, int, dict[str, Any]], int]
"""Asks so many texts from the given number on, under the settings, and tells how many rows came out with an answer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians over rounds, after a small one that warms up."""

    cluster: str
    workers: int
    in_flight: int
    rows: int
    rows_per_s: float
    bound: float  # the share of what latency allows
    most_in_flight: int


def spark_session(master: str, cores: int, **conf: str) -> Any:
    """A classic session that waits for its executors; *cores* are all that it takes."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master(master).appName("dfai benchmarks")
    for name, value in {
        "spark.cores.max": str(cores),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.executor.memory": "1g",
        "spark.log.level": "ERROR",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **conf,
    }.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


@contextmanager
def _spark(folder: Path, workers: int) -> Iterator[Ask]:
    from pyspark.sql import functions

    with spark_cluster(folder, workers=workers, cores=_CORES, memory="2g", environment=os.environ) as cluster:
        session = spark_session(cluster.url, workers * _CORES)

        def ask(first: int, rows: int, settings: dict[str, Any]) -> int:
            text = functions.concat(functions.lit(SHORT), functions.col("id").cast("string")).alias("text")
            frame = session.range(first, first + rows, numPartitions=_PARTITIONS).select(text)
            found = dfai.on(frame).sentiment("text", language="en", **settings)
            return int(found.agg(functions.count("sentiment").alias("answers")).first()["answers"])

        try:
            yield ask
        finally:
            session.stop()


@contextmanager
def _dask(folder: Path, workers: int) -> Iterator[Ask]:
    import dask.dataframe as dd
    from distributed import Client

    with (
        dask_cluster(folder, workers=workers, threads=_CORES, environment=os.environ) as cluster,
        Client(cluster.address, set_as_default=False) as client,
    ):
        client.wait_for_workers(workers)

        def ask(first: int, rows: int, settings: dict[str, Any]) -> int:
            frame = dd.from_pandas(pd.DataFrame({"text": short_texts(rows, first)}), npartitions=_PARTITIONS)
            found = dfai.on(frame).sentiment("text", language="en", **settings)
            return int(found["sentiment"].count().compute(scheduler=client))

        yield ask


CLUSTERS: dict[str, Callable[[Path, int], AbstractContextManager[Ask]]] = {"spark": _spark, "dask": _dask}


def measure(cluster: str, workers: int, rows: int, rounds: int, service: MockService) -> Figure:
    """The rows a second of a cluster with so many workers."""
    in_flight = workers * _IN_FLIGHT
    settings = {"target": dfai.container(service.url), "concurrency": in_flight, "progress": "off"}
    seconds, seen = [], []
    with tempfile.TemporaryDirectory() as folder, CLUSTERS[cluster](Path(folder), workers) as ask:
        ask(0, _PARTITIONS * _IN_FLIGHT, settings)
        for number in range(1, 1 + rounds):
            service.reset()
            start = time.perf_counter()
            answers = ask(number * rows, rows, settings)
            seconds.append(time.perf_counter() - start)
            seen.append(_checked(service.counters(), rows, answers))
    rate = rows / median(seconds)
    most = max(counters.max_in_flight for counters in seen)
    return Figure(cluster, workers, in_flight, rows, rate, rate * _LATENCY_S / (10 * in_flight), most)


def _checked(counters: Counters, rows: int, answers: int) -> Counters:
    if answers != rows or counters.documents != rows:
        raise RuntimeError(f"{answers:,} answers and {counters.documents:,} documents for {rows:,} rows")
    return counters


def main(clusters: list[str] | None = None, quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    figures: list[Figure] = []
    rows, rounds = (2_000, 1) if quick else (_ROWS, _ROUNDS)
    with MockService(Behaviour(Latency(_LATENCY_S))) as service:
        figures += [
            measure(cluster, workers, rows, rounds, service) for cluster in clusters or CLUSTERS for workers in (1, 2)
        ]
    alone = {figure.cluster: figure.rows_per_s for figure in figures if figure.workers == 1}
    table = Table(
        f"{_IN_FLIGHT} requests in flight a worker, {_LATENCY_S * 1_000:.0f} ms",
        ["cluster", "workers", "rows/s", "× one worker", "% of the bound", "most in flight"],
        [
            [f.cluster, f.workers, f.rows_per_s, f.rows_per_s / alone[f.cluster], 100 * f.bound, f.most_in_flight]
            for f in figures
        ],
    )
    return publish("cluster_scaling", [table], {"scaling": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rows a second of one worker and of two.")
    parser.add_argument("clusters", nargs="*", choices=[[], *CLUSTERS], metavar="cluster")
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds: whether it works, not how fast")
    given = parser.parse_args()
    main(given.clusters, given.quick)
