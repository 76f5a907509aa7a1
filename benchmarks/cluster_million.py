"""A million rows through a Spark standalone cluster of two workers, against a service with a quota. Linux only.

    python -m benchmarks.cluster_million [--quick]

Told are rows a second, documents that the service billed for the rows, requests that it refused, and resident memory
at the kernel's mark of the peak: of the driver's Python and its JVM, of the largest executor, and of the largest of
their workers of Python.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dfai
from benchmarks.cluster_scaling import spark_session
from benchmarks.clusters import spark_cluster
from benchmarks.mock_service import Behaviour, Latency, MockService, expected
from benchmarks.peaks import Peak, watched
from benchmarks.table import Table, publish
from benchmarks.texts import SHORT

__all__ = ["Figure", "main", "measure"]

_ROWS = 1_000_000
_WORKERS, _CORES, _PARTITIONS = 2, 2, 32
_LATENCY_S = 0.05
_QUOTA_PER_S = 1_000.0
_IN_FLIGHT = 128
_WARM_ROWS = 20_000
_KINDS = {
    "SparkSubmit": "driver's JVM",
    "CoarseGrainedExecutorBackend": "an executor's JVM",
    "pyspark.daemon": "an executor's worker of Python",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One run. Memory in megabytes (10^6 bytes), at the peak, of the largest process of each kind."""

    rows: int
    seconds: float
    quota_used: float  # share
    refused: float  # share of the requests
    in_window: int
    billed_documents: int
    most_in_flight: int
    memory_mb: dict[str, Peak]

    @property
    def rows_per_s(self) -> float:
        """From the action's start to its result, the time in which the rate is learned included."""
        return self.rows / self.seconds


def _right(frame: Any, functions: Any) -> dict[str, int]:
    """Sums of the answers' columns, so that Spark computes all of them and moves none to the driver."""
    labels = [expected("x" * length)[0] for length in range(3)]
    label = functions.element_at(
        functions.array(*map(functions.lit, labels)), (functions.length("text") % 3 + 1).cast("int")
    )
    scores = functions.col("sentiment_positive") + functions.col("sentiment_neutral")
    found = frame.agg(
        functions.count_if(functions.col("sentiment") == label).alias("right"),
        functions.count("sentiment_error").alias("errors"),
        functions.sum(scores + functions.col("sentiment_negative")).alias("scores"),
        functions.count("sentiment_error_message").alias("messages"),
    ).first()
    return {"right": int(found["right"]), "errors": int(found["errors"])}


def measure(rows: int) -> Figure:
    """Asks about *rows* distinct texts."""
    from pyspark.sql import functions

    behaviour = Behaviour(Latency(_LATENCY_S), quota="bucket", quota_per_s=_QUOTA_PER_S, retry_after_s=1.0)
    with (
        MockService(behaviour) as service,
        tempfile.TemporaryDirectory() as folder,
        spark_cluster(Path(folder), workers=_WORKERS, cores=_CORES, memory="2g", environment=os.environ) as cluster,
    ):
        session = spark_session(cluster.url, _WORKERS * _CORES)

        def ask(first: int, count: int) -> dict[str, int]:
            text = functions.concat(functions.lit(SHORT), functions.col("id").cast("string")).alias("text")
            frame = session.range(first, first + count, numPartitions=_PARTITIONS).select(text)
            settings: Any = {"target": dfai.container(service.url), "concurrency": _IN_FLIGHT, "progress": "off"}
            return _right(dfai.on(frame).sentiment("text", language="en", **settings), functions)

        try:
            ask(rows, _WARM_ROWS)
            service.behave(behaviour)
            with watched(_KINDS, [worker.pid for worker in cluster.workers]) as memory_mb:
                start = time.perf_counter()
                found = ask(0, rows)
                seconds = time.perf_counter() - start
            counters = service.counters()
        finally:
            session.stop()
    if found != {"right": rows, "errors": 0}:
        raise RuntimeError(f"{found} of {rows:,} rows")
    return Figure(
        rows,
        seconds,
        counters.answered / (_QUOTA_PER_S * seconds),
        counters.refused / counters.requests,
        counters.in_window,
        rows + counters.billed_twice,  # all are right, so each was billed once at least
        counters.max_in_flight,
        memory_mb,
    )


def main(rows: int = _ROWS) -> dict[str, Any]:
    """Measures, prints and saves."""
    figure = measure(rows)
    speed = Table(
        f"{rows:,} rows, Spark standalone, {_WORKERS} workers, {_LATENCY_S * 1_000:.0f} ms, "
        f"quota {_QUOTA_PER_S:,.0f}/s, {_IN_FLIGHT} in flight",
        ["rows/s", "used %", "refused %", "in window", "billed / rows", "most in flight"],
        [
            [
                figure.rows_per_s,
                100 * figure.quota_used,
                100 * figure.refused,
                figure.in_window,
                figure.billed_documents / rows,
                figure.most_in_flight,
            ]
        ],
    )
    memory = Table(
        "Resident memory at the peak, the largest of its kind",
        ["process", "MB"],
        [[kind, peak.resident_mb] for kind, peak in figure.memory_mb.items()],
    )
    return publish("cluster_million", [speed, memory], {"million": asdict(figure)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A million rows on a Spark cluster.")
    parser.add_argument("--quick", action="store_true", help="fifty thousand rows: whether it works, not how fast")
    main(50_000 if parser.parse_args().quick else _ROWS)
