"""A hundred thousand short series through `detect_anomalies`, on Spark local[2] and on Dask distributed (Linux).

    python -m benchmarks.many_series [spark] [dask] [--series 100000] [--points 24] [--quick]

The rows of a series lie in every partition, so that all of them have to move. Told are series a second, the largest
part of the rows that one task got, and resident memory at the kernel's mark of the peak. Every series has one spike:
the run fails where rows are lost, or where spikes are not found. Settings are the defaults, stores included.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

import dfai
from benchmarks.peaks import Peak, watched
from benchmarks.table import Table, publish

__all__ = ["RUNS", "Figure", "main"]

_SERIES, _POINTS, _QUICK_SERIES = 100_000, 24, 1_000
_PARTITIONS, _WORKERS = 32, 2
_SPIKE, _LEAST_FOUND = 15.0, 0.95
_EPOCH = 1_700_006_400
_SETTINGS: dict[str, Any] = {"target": "local", "progress": "off"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One run. Memory in megabytes, at the peak, of the largest process of each kind."""

    where: str
    series: int
    points: int
    seconds: float
    largest_task: float  # its share of the rows
    found: float  # the share of the spikes
    anomalies: int
    memory_mb: dict[str, Peak]


def _values(row: Any, series: int, points: int) -> Any:
    """A level of its own for each series, noise, and one spike; the same for the same row, whoever asks."""
    device, hour = row % series, row // series
    noise = np.sin(row * 12.9898) * 43_758.5453  # the shaders' hash: even enough for a spike to be one
    return device % 50 + (noise - np.floor(noise)) * 2 + _SPIKE * (hour == _hour_of_spike(device, points))


def _hour_of_spike(device: Any, points: int) -> Any:
    return 3 + device % (points - 3)


def _frame(start: int, stop: int, series: int, points: int) -> pd.DataFrame:
    row = np.arange(start, stop)
    return pd.DataFrame(
        {
            "device": row % series,
            "at": _EPOCH + 3_600 * (row // series),
            "value": _values(row, series, points),
            "spike": row // series == _hour_of_spike(row % series, points),
        }
    )


def _dask(series: int, points: int) -> Figure:
    import dask
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    rows = series * points
    edges = np.linspace(0, rows, _PARTITIONS + 1).astype(int).tolist()
    with (
        LocalCluster(
            n_workers=_WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        Client(cluster),
    ):
        frame = dd.from_map(_frame, edges[:-1], edges[1:], series=series, points=points)
        small = dfai.on(frame.partitions[0].head(24, compute=False)).detect_anomalies(
            "value", timestamp="at", **_SETTINGS
        )
        small.compute()  # workers load what they load once
        with watched({"dask worker": "a worker", "multiprocessing.spawn": "a worker"}) as memory_mb:
            start = time.perf_counter()
            answered = dfai.on(frame).detect_anomalies("value", timestamp="at", by="device", **_SETTINGS)
            spikes = answered["anomaly"].fillna(False) & answered["spike"]
            found, anomalies, failed, whole = dask.compute(
                spikes.sum(), answered["anomaly"].sum(), answered["anomaly_error"].count(), answered["anomaly"].count()
            )
            seconds = time.perf_counter() - start
        tasks = frame[["device"]].shuffle(on=["device"]).map_partitions(len).compute()
    _check(rows, int(whole), int(failed))
    return Figure(
        f"Dask distributed, {_WORKERS} workers",
        series,
        points,
        seconds,
        max(tasks) / rows,
        int(found) / series,
        int(anomalies),
        memory_mb,
    )


def _spark(series: int, points: int) -> Figure:
    from pyspark.sql import SparkSession, functions

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master(f"local[{_WORKERS}]").appName("dfai benchmarks")
    for name, value in {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.log.level": "ERROR",
        "spark.sql.adaptive.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    rows = series * points
    row, device = functions.col("id"), functions.col("id") % series
    hour = functions.floor(row / series)
    spike = hour == 3 + device % (points - 3)
    noise = functions.sin(row * 12.9898) * 43_758.5453
    level = device % 50 + (noise - functions.floor(noise)) * 2
    frame = session.range(0, rows, numPartitions=_PARTITIONS).select(
        device.alias("device"),
        (_EPOCH + 3_600 * hour).alias("at"),
        (level + functions.when(spike, _SPIKE).otherwise(0.0)).alias("value"),
        spike.alias("spike"),
    )
    answered = dfai.on(frame).detect_anomalies("value", timestamp="at", by="device", **_SETTINGS)
    try:
        _counts(dfai.on(frame.limit(24)).detect_anomalies("value", timestamp="at", **_SETTINGS)).collect()
        with watched({"SparkSubmit": "the JVM", "pyspark.daemon": "a worker of Python"}) as memory_mb:
            start = time.perf_counter()
            tasks = _counts(answered).collect()
            seconds = time.perf_counter() - start
    finally:
        session.stop()
    _check(rows, sum(task["answered"] for task in tasks), sum(task["failed"] for task in tasks))
    largest = max(task["answered"] for task in tasks) / rows
    found, anomalies = (sum(task[name] for task in tasks) for name in ("found", "anomalies"))
    return Figure(f"Spark local[{_WORKERS}]", series, points, seconds, largest, found / series, anomalies, memory_mb)


def _counts(answered: Any) -> Any:
    """What each task answered."""
    from pyspark.sql import functions

    return answered.groupBy(functions.spark_partition_id()).agg(
        functions.count("anomaly").alias("answered"),
        functions.count("anomaly_error").alias("failed"),
        functions.count_if("anomaly").alias("anomalies"),
        functions.count_if(functions.col("anomaly") & functions.col("spike")).alias("found"),
    )


def _check(rows: int, answered: int, failed: int) -> None:
    if (answered, failed) != (rows, 0):
        raise RuntimeError(f"{answered:,} answers and {failed:,} errors for {rows:,} rows")


RUNS: dict[str, Callable[[int, int], Figure]] = {"spark": _spark, "dask": _dask}


def main(where: list[str], series: int, points: int) -> dict[str, Any]:
    """Measures, prints and saves."""
    figures = [RUNS[name](series, points) for name in where]
    for figure in figures:
        if figure.found < _LEAST_FOUND:
            raise RuntimeError(f"{figure.where}: {figure.found:.0%} of the spikes were found")
    speed = Table(
        f"{series:,} series of {points} points",
        ["where", "seconds", "series/s", "largest task, % of the rows", "spikes found, %"],
        [
            [
                figure.where,
                figure.seconds,
                figure.series / figure.seconds,
                100 * figure.largest_task,
                100 * figure.found,
            ]
            for figure in figures
        ],
    )
    memory = Table(
        "Resident memory at the peak, the largest of its kind",
        ["where", "process", "MB", "of it no file's, MB"],
        [[figure.where, kind, *peak] for figure in figures for kind, peak in figure.memory_mb.items()],
    )
    return publish("many_series", [speed, memory], {"figures": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Very many short series on Spark and Dask.")
    parser.add_argument("where", nargs="*", help=f"{', '.join(RUNS)}; all if none is named")
    parser.add_argument("--series", type=int, default=_SERIES)
    parser.add_argument("--points", type=int, default=_POINTS)
    parser.add_argument("--quick", action="store_true", help="a thousand series: whether it works, not how fast")
    chosen = parser.parse_args()
    main(chosen.where or list(RUNS), _QUICK_SERIES if chosen.quick else chosen.series, chosen.points)
