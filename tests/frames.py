"""Builds frames of every library, and reads them back as plain lists: what the behaviour tests stand on."""

from __future__ import annotations

import math
import os
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

__all__ = [
    "DEFAULT",
    "EVERYWHERE",
    "KINDS",
    "PARTITIONS",
    "DaskFrames",
    "DaskThreads",
    "Frames",
    "SparkFrames",
    "frames_for",
]

PARTITIONS = 2
ROW = "__row"

Columns = Mapping[str, Sequence[Any]]


class Frames(ABC):
    """Frames of one library under one way of running. *processes*: how many send requests at most."""

    name: str
    lazy = True
    processes = 1
    holds_objects = True  # columns of any Python objects

    @abstractmethod
    def build(self, columns: Columns, *, objects: bool = False, partitions: int = PARTITIONS) -> Any:
        """A frame of several partitions; with *objects* its columns hold the very objects given."""

    @abstractmethod
    def read(self, frame: Any) -> dict[str, list[Any]]:
        """The computed frame, column by column, rows in the order in which they were built."""

    def columns(self, frame: Any) -> list[Any]:
        """The names of the columns that a user sees."""
        return list(frame.columns)

    def only(self, frame: Any, names: Sequence[str]) -> Any:
        """These columns of the frame."""
        return frame[list(names)]

    def keep(self, frame: Any, wanted: Any) -> Any:
        """Only the rows in which the truth column *wanted* says so."""
        return frame[frame[wanted]]

    @abstractmethod
    def write(self, frame: Any, folder: Path) -> Path:
        """The computed frame as Parquet in *folder*, or in a file of that name."""

    def end(self) -> None:
        """Ends what was started; by default nothing was."""
        return


class PandasFrames(Frames):
    name = "pandas"
    lazy = False

    def build(self, columns: Columns, *, objects: bool = False, partitions: int = PARTITIONS) -> Any:
        return _pandas(columns, objects)

    def read(self, frame: Any) -> dict[str, list[Any]]:
        return {name: [_plain(value) for value in frame[name]] for name in frame.columns}

    def write(self, frame: Any, folder: Path) -> Path:
        frame.to_parquet(folder)
        return folder


class PolarsFrames(Frames):
    name = "polars"
    lazy = False

    def build(self, columns: Columns, *, objects: bool = False, partitions: int = PARTITIONS) -> Any:
        import polars as pl

        # Without a value polars would call a column of texts one of nothing.
        return pl.DataFrame(
            [
                pl.Series(name, list(values), dtype=pl.Object if objects else None if len(values) else pl.String)
                for name, values in columns.items()
            ]
        )

    def read(self, frame: Any) -> dict[str, list[Any]]:
        return {series.name: [_plain(value) for value in series.to_list()] for series in frame.get_columns()}

    def columns(self, frame: Any) -> list[Any]:
        return list(frame.collect_schema())

    def only(self, frame: Any, names: Sequence[str]) -> Any:
        return frame.select(names)

    def keep(self, frame: Any, wanted: Any) -> Any:
        return frame.filter(wanted)

    def write(self, frame: Any, folder: Path) -> Path:
        frame.write_parquet(folder)
        return folder


class PolarsLazyFrames(PolarsFrames):
    """Lazy frames. The streaming engine, polars' own choice, cuts them into as many parts as it has threads."""

    name = "polars-lazy"
    lazy = True
    engine = "auto"

    def build(self, columns: Columns, *, objects: bool = False, partitions: int = PARTITIONS) -> Any:
        self.engine = "auto" if partitions > 1 else "in-memory"
        return super().build(columns, objects=objects).lazy()

    def read(self, frame: Any) -> dict[str, list[Any]]:
        return super().read(frame.collect(engine=self.engine))

    def write(self, frame: Any, folder: Path) -> Path:
        frame.sink_parquet(folder)
        return folder


class DaskFrames(Frames):
    """Dask frames; how they are computed is a subclass's."""

    def build(self, columns: Columns, *, objects: bool = False, partitions: int = PARTITIONS) -> Any:
        import dask
        import dask.dataframe as dd

        # Dask turns object columns into text of its own accord, misfits and all.
        with dask.config.set({"dataframe.convert-string": not objects}):
            return dd.from_pandas(_pandas(columns, objects), npartitions=partitions, sort=False)

    def read(self, frame: Any) -> dict[str, list[Any]]:
        computed = self.compute(frame)
        return {name: [_plain(value) for value in computed[name]] for name in computed.columns}

    def write(self, frame: Any, folder: Path) -> Path:
        self.compute(frame.to_parquet(folder, compute=False))
        return folder

    def compute(self, frame: Any) -> Any:
        # Not by Dask's configuration, which all threads share: tests compute in several at once.
        return frame.compute(**self.scheduler())

    @abstractmethod
    def scheduler(self) -> dict[str, Any]:
        """What ``compute`` is told."""

    def scheduling(self) -> AbstractContextManager[Any]:
        """Makes the context in which all that Dask computes is computed so."""
        import dask

        context: AbstractContextManager[Any] = dask.config.set(**self.scheduler())
        return context


class DaskThreads(DaskFrames):
    name = "dask-threads"

    def scheduler(self) -> dict[str, Any]:
        return {"scheduler": "threads"}


class DaskProcesses(DaskFrames):
    name = "dask-processes"
    processes = PARTITIONS

    @cached_property
    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(PARTITIONS, mp_context=get_context("spawn"))

    def scheduler(self) -> dict[str, Any]:
        return {"scheduler": "processes", "pool": self._pool}

    def end(self) -> None:
        if "_pool" in self.__dict__:
            self._pool.shutdown()


class DaskDistributed(DaskFrames):
    name = "dask-distributed"
    processes = PARTITIONS

    @cached_property
    def client(self) -> Any:
        from distributed import Client, LocalCluster

        cluster = LocalCluster(
            n_workers=PARTITIONS,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        )
        return Client(cluster, set_as_default=False)

    def scheduler(self) -> dict[str, Any]:
        return {"scheduler": self.client}

    def end(self) -> None:
        if "client" in self.__dict__:
            cluster = self.client.cluster
            self.client.close()
            cluster.close()


class SparkFrames(Frames):
    """Spark frames, classic or Connect. A row's number rides along, since Spark promises no order."""

    processes = PARTITIONS
    holds_objects = False

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def session(self) -> Any:
        return _spark_session(connect=self.name == "spark-connect")

    def build(self, columns: Columns, *, objects: bool = False, partitions: int = PARTITIONS) -> Any:
        arrays = {name: pa.array(list(values)) for name, values in columns.items()}
        # A column without values has no type of its own.
        arrays = {name: a.cast(pa.string()) if pa.types.is_null(a.type) else a for name, a in arrays.items()}
        rows = max((len(array) for array in arrays.values()), default=0)
        if not rows:
            # Connect infers no types from nothing.
            kinds = ", ".join(f"`{name}` string" for name in columns)
            return self.session.createDataFrame([], f"{kinds}, {ROW} bigint")
        table = pa.table({**arrays, ROW: pa.array(range(rows), pa.int64())})
        return self.session.createDataFrame(table).repartition(partitions)

    def read(self, frame: Any) -> dict[str, list[Any]]:
        table = frame.toArrow()
        if ROW in table.column_names:
            table = table.sort_by(ROW).drop_columns(ROW)
        columns: dict[str, list[Any]] = table.to_pydict()
        return {name: [_plain(value) for value in values] for name, values in columns.items()}

    def columns(self, frame: Any) -> list[Any]:
        return [name for name in frame.columns if name != ROW]

    def write(self, frame: Any, folder: Path) -> Path:
        frame.write.parquet(str(folder))
        return folder

    def end(self) -> None:
        if "session" in self.__dict__:
            self.session.stop()


def _spark_session(*, connect: bool) -> Any:
    """A small local session that listens on the loopback interface only."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # Where functions stand that tests send to workers, which are not told of pytest's own paths.
    tests = Path(__file__).resolve().parent
    places = [str(tests), str(tests.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, places))
    if connect:
        # The server, not we, chooses its workers' Python; a classic session leaves that to the backend.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark warns of pandas 3, and of settings that only its server may have
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("dfai tests")
        for name, value in {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": "1g",
            "spark.log.level": "ERROR",
            "spark.sql.shuffle.partitions": str(PARTITIONS),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }.items():
            builder = builder.config(name, value)
        where = f"local[{PARTITIONS}]"
        return (builder.remote(where) if connect else builder.master(where)).getOrCreate()


def _pandas(columns: Columns, objects: bool) -> pd.DataFrame:
    kind = object if objects else None
    # Without a value pandas would call a column of texts one of numbers.
    return pd.DataFrame(
        {name: pd.Series(values, dtype=kind if len(values) else "str") for name, values in columns.items()}
    )


def _plain(value: Any) -> Any:
    """A value as Python has it; every kind of missing value is None."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (str, bytes)):
        return value
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        value = value.tolist()
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


_MAKERS: dict[str, Any] = {
    "pandas": PandasFrames,
    "polars": PolarsFrames,
    "polars-lazy": PolarsLazyFrames,
    "dask-threads": DaskThreads,
    "dask-processes": DaskProcesses,
    "dask-distributed": DaskDistributed,
    "spark": lambda: SparkFrames("spark"),
    "spark-connect": lambda: SparkFrames("spark-connect"),
}
KINDS = tuple(_MAKERS)
# Classic Spark and Connect cannot live in one process.
DEFAULT = tuple(name for name in KINDS if name != "spark-connect")
# Where tests run that do not say it. An eager polars frame goes to the core as the parts of a lazy one do.
EVERYWHERE = tuple(name for name in KINDS if name != "polars")


def frames_for(name: str) -> Frames:
    """The frames called *name*."""
    frames: Frames = _MAKERS[name]()
    return frames
