"""Rows a second through the accessor of each backend, with a service that costs nothing.

python -m benchmarks.accessor_speed pandas "dask threads" --rows 1000000
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from benchmarks.null_service import answered
from benchmarks.table import Table, publish
from benchmarks.texts import SHORT, short_texts
from dfai_core.store import StoreSpec

__all__ = ["BACKENDS", "Figure", "main", "measure"]

_ROWS = 1_000_000
_ROUNDS = 3
_PARTITIONS = 8
_COLUMN = "text"

Round = Callable[[], int]
"""Answers a whole frame, which exists already, and tells how many rows came out with an answer."""
Prepared = Callable[[int], Round]
"""Makes the frame of a round: in each, from 0, other texts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One backend: the median of the rounds, after one that warms up."""

    backend: str
    store: str
    rows: int
    rows_per_s: float


def _answers(frame: Any) -> int:
    """Rows of a pandas frame that hold an answer: all columns are there by now."""
    return int(frame["null"].notna().sum())


def _part(start: int, rows: int) -> pd.DataFrame:
    return pd.DataFrame({_COLUMN: short_texts(rows, start)})


@contextmanager
def _pandas(rows: int, store: Any) -> Iterator[Prepared]:
    def prepare(number: int) -> Round:
        frame = _part(number * rows, rows)
        return lambda: _answers(answered(frame, _COLUMN, store=store))

    yield prepare


@contextmanager
def _polars(rows: int, store: Any) -> Iterator[Prepared]:
    import polars as pl

    def prepare(number: int) -> Round:
        frame = pl.DataFrame(_part(number * rows, rows))
        return lambda: int(answered(frame, _COLUMN, store=store)["null"].count())

    yield prepare


@contextmanager
def _polars_lazy(rows: int, store: Any) -> Iterator[Prepared]:
    import polars as pl

    def prepare(number: int) -> Round:
        frame = pl.DataFrame(_part(number * rows, rows)).lazy()
        return lambda: int(answered(frame, _COLUMN, store=store).collect()["null"].count())

    yield prepare


@contextmanager
def _dask_threads(rows: int, store: Any) -> Iterator[Prepared]:
    import dask.dataframe as dd

    def prepare(number: int) -> Round:
        frame = dd.from_pandas(_part(number * rows, rows), npartitions=_PARTITIONS)
        return lambda: _answers(answered(frame, _COLUMN, store=store).compute(scheduler="threads"))

    yield prepare


@contextmanager
def _dask_distributed(rows: int, store: Any) -> Iterator[Prepared]:
    import dask.dataframe as dd
    from distributed import Client, LocalCluster, wait

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):

        def prepare(number: int) -> Round:
            size = -(-rows // _PARTITIONS)
            starts = range(0, rows, size)
            sizes = [min(size, rows - start) for start in starts]
            # On the workers already: what it costs to send a frame there is Dask's own business.
            frame = dd.from_map(_part, [number * rows + start for start in starts], sizes).persist()
            wait(frame)
            return lambda: _answers(client.compute(answered(frame, _COLUMN, store=store)).result())

        yield prepare


@contextmanager
def _spark(rows: int, store: Any) -> Iterator[Prepared]:
    from pyspark.sql import SparkSession, functions

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[2]")
        .appName("dfai benchmarks")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")

    def prepare(number: int) -> Round:
        text = functions.concat(functions.lit(SHORT), functions.col("id").cast("string"))
        numbers = session.range(number * rows, (number + 1) * rows, numPartitions=2)
        frame = numbers.select(text.alias(_COLUMN)).cache()
        frame.count()

        def run() -> int:
            # All columns are summed up in the engine: moving a million rows to the driver is not the verb's work.
            scores = functions.col("null_positive") + functions.col("null_neutral") + functions.col("null_negative")
            errors = functions.count("null_error") + functions.count("null_error_message")
            answers = functions.count("null").alias("answers")
            found = answered(frame, _COLUMN, store=store).agg(answers, functions.sum(scores), errors).first()
            frame.unpersist()
            return int(found["answers"])

        return run

    try:
        yield prepare
    finally:
        session.stop()


_OWN = StoreSpec("default")
BACKENDS: dict[str, tuple[Callable[[int, Any], AbstractContextManager[Prepared]], bool]] = {
    # whether the backend's calls have a store of their own
    "pandas": (_pandas, False),
    "polars": (_polars, False),
    "polars lazy": (_polars_lazy, False),
    "dask threads": (_dask_threads, False),
    "dask distributed": (_dask_distributed, True),
    "spark local[2]": (_spark, True),
}


def measure(backend: str, rows: int = _ROWS) -> list[Figure]:
    """One backend's figures over *rows* distinct short texts, other ones in each round."""
    open_backend, has_store = BACKENDS[backend]
    figures = []
    for name, store in [("none", None)] + ([("its own", _OWN)] if has_store else []):
        seconds = []
        with open_backend(rows, store) as prepare:
            for number in range(1 + _ROUNDS):
                run = prepare(number)
                start = time.perf_counter()
                found = run()
                seconds.append(time.perf_counter() - start)
                if found != rows:
                    raise RuntimeError(f"{backend}: {found:,} answers for {rows:,} rows")
        figures.append(Figure(backend, name, rows, rows / median(seconds[1:])))
    return figures


def main(backends: list[str] | None = None, rows: int = _ROWS) -> dict[str, Any]:
    """Measures, prints and saves."""
    # Workers import this package by its name.
    root = str(Path(__file__).resolve().parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    figures = [figure for backend in backends or BACKENDS for figure in measure(backend, rows)]
    table = [[figure.backend, figure.store, figure.rows, figure.rows_per_s] for figure in figures]
    title = "Rows through the accessor, a service that costs nothing"
    tables = [Table(title, ["backend", "store", "rows", "rows/s"], table)]
    return publish("accessor_speed", tables, {"accessor": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rows a second through the accessor of each backend.")
    parser.add_argument("backends", nargs="*", choices=[[], *BACKENDS], metavar="backend")
    parser.add_argument("--rows", type=int, default=_ROWS)
    given = parser.parse_args()
    main(given.backends, given.rows)
