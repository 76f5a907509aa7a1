"""A folder of files through a verb: by the core alone, and on pandas, Dask and Spark."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import dfai
from dfai_core import Call, Config, run, services
from dfai_core.transports.base import Answer, Request

__all__ = ["LATENCY_S", "LATE_S", "NOWHERE", "ROOT", "WAYS", "Asking", "Waiting", "imported_by_workers", "streamed"]

LATENCY_S = 0.02
LATE_S = 3.0
NOWHERE = dfai.container("http://null.invalid")
ROOT = Path(__file__).resolve().parents[1]


class Waiting:
    """A service that costs nothing: answers after 20 ms, where *late* first after three seconds, and counts."""

    def __init__(self, body: Callable[[Request], bytes], late: bool = False) -> None:
        self.requests = 0
        self._body = body
        self._late = late

    async def send(self, request: Request) -> Answer:
        late, self._late = self._late, False
        self.requests += 1
        await asyncio.sleep(LATE_S if late else LATENCY_S)
        return Answer(200, {}, self._body(request))

    async def aclose(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class Asking:
    """A verb, and what it is asked of each file."""

    verb: str
    options: Mapping[str, Any] = field(default_factory=dict)
    partitions: int = 1

    @property
    def headline(self) -> str:
        """The column of its answers."""
        return services()[self.verb].noun

    def of(self, frame: Any) -> Any:
        """The frame, answered."""
        return getattr(dfai.on(frame), self.verb)("path", **self.options)


def streamed(asking: Asking, files: list[str], service: Waiting, **settings: Any) -> None:
    """All files through the core, one after the other as they are answered."""
    verb = services()[asking.verb]
    config = Config(target=NOWHERE, transport=service, progress="off", store=None, **settings)
    options = {option.name: option.default for option in verb.options} | dict(asking.options)
    call = Call(verb, ("path",), asking.headline, options=options, config=config)
    batch = pa.record_batch([pa.array(files)], names=["path"])
    answers = (answer.column(asking.headline) for answer in run(call, iter([batch])))
    answered = sum(len(answer) - answer.null_count for answer in answers)
    if answered != len(files):
        raise RuntimeError(f"{answered:,} answers for {len(files):,} files")


Answered = Callable[[list[str]], int]
"""Answers files, and tells how many have an answer."""


@contextmanager
def _on_pandas(asking: Asking) -> Iterator[Answered]:
    yield lambda files: int(asking.of(pd.DataFrame({"path": files}))[asking.headline].count())


def _on_dask(asking: Asking, files: list[str]) -> Any:
    import dask.dataframe as dd

    frame = dd.from_pandas(pd.DataFrame({"path": files}), npartitions=asking.partitions)
    return asking.of(frame)[asking.headline].count()


@contextmanager
def _on_dask_threads(asking: Asking) -> Iterator[Answered]:
    yield lambda files: int(_on_dask(asking, files).compute(scheduler="threads", num_workers=2))


@contextmanager
def _on_dask_processes(asking: Asking) -> Iterator[Answered]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster),
    ):
        yield lambda files: int(_on_dask(asking, files).compute())


@contextmanager
def _on_spark(asking: Asking) -> Iterator[Answered]:
    from pyspark.sql import functions

    from benchmarks.cluster_scaling import spark_session

    session = spark_session("local[2]", 2)

    def answered(files: list[str]) -> int:
        frame = session.createDataFrame([(path,) for path in files], "path string").repartition(asking.partitions)
        return int(asking.of(frame).agg(functions.count(asking.headline).alias("answered")).first()["answered"])

    try:
        yield answered
    finally:
        session.stop()


WAYS: Mapping[str, Callable[[Asking], AbstractContextManager[Answered]]] = {
    "pandas": _on_pandas,
    "Dask, two threads": _on_dask_threads,
    "Dask, two processes": _on_dask_processes,
    "Spark, local[2]": _on_spark,
}


def imported_by_workers(*folders: Path) -> None:
    """Processes that are started from now on import from these folders, and this package."""
    before = filter(None, [os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join([*map(str, folders), str(ROOT), *before])
