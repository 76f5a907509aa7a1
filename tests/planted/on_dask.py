"""What Dask shows and writes down: graphs, keys, drawings, and the logs, events and state of a cluster."""

from __future__ import annotations

import contextlib
import logging
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self

from planted.libraries import Columns, Library

__all__ = ["DASK"]


class Dask(Library):
    """Any of Dask's schedulers."""

    def build(self, columns: Columns) -> Any:
        import dask.dataframe as dd
        import pandas as pd

        return dd.from_pandas(pd.DataFrame(columns), npartitions=2)

    def rows(self, frame: Any, column: str) -> list[Any]:
        return list(self.compute(frame[column]))

    def compute(self, frame: Any) -> Any:
        return frame.compute(scheduler="threads")

    def show(self, frame: Any, way: str) -> None:
        from dask.dot import to_graphviz

        super().show(frame, way)
        for stage in (frame, frame.optimize(fuse=False), frame.optimize()):
            print(repr(stage.expr), str(stage.expr), stage.expr.tree_repr())
            stage.pprint()
            graph = stage.__dask_graph__()
            print(stage.__dask_keys__(), list(graph), [*map(repr, graph.values())], [*map(str, graph.values())])
            for node in graph.values():
                print([repr(getattr(node, name, None)) for name in dir(node) if not name.startswith("__")])
            print(to_graphviz(dict(graph), verbose=True).source)
            with contextlib.suppress(Exception):  # drawn by a program that need not be here
                stage.visualize(filename=str(self.folder / "shown" / "drawn"), tasks=True)
            with contextlib.suppress(Exception):
                print(stage.expr._explain().source)


class Threads(Dask):
    name = "dask-threads"


class Processes(Dask):
    name = "dask-processes"

    def __enter__(self) -> Self:
        self.pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
        return self

    def compute(self, frame: Any) -> Any:
        return frame.compute(scheduler="processes", pool=self.pool)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.shutdown()


class Distributed(Dask):
    name = "dask-distributed"

    def __enter__(self) -> Self:
        import dask
        from distributed import Client, LocalCluster

        dask.config.set({"distributed.logging.distributed": "debug", "distributed.admin.log-length": 100_000})
        cluster = LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.DEBUG,
            local_directory=str(self.folder / "workers"),
        )
        self.client = Client(cluster, set_as_default=False)
        self.client.run(_tell_all)
        return self

    def compute(self, frame: Any) -> Any:
        return frame.compute(scheduler=self.client)

    def show(self, frame: Any, way: str) -> None:
        super().show(frame, way)
        future = self.client.compute(frame)
        print(repr(future), future._repr_html_())
        future.result()
        self.write(f"task-{way}", self.client.run_on_scheduler(_tasks))

    def finish(self) -> None:
        client = self.client
        self.write("scheduler-logs", client.get_scheduler_logs())
        self.write("worker-logs", client.get_worker_logs())
        self.write("nanny-logs", client.get_worker_logs(nanny=True))
        self.write("events", client.get_events())
        self.write("cluster-logs", str(client.cluster.get_logs()))
        self.write("call-stack", client.call_stack())
        self.write("scheduler-info", client.scheduler_info())
        self.write("profile", client.profile())
        self.write("client", repr(client) + client._repr_html_() + repr(client.cluster) + client.cluster._repr_html_())
        client.dump_cluster_state(str(self.folder / "shown" / "state"), format="yaml")
        for page in ("health", "metrics", "sitemap.json", "info/main/workers.html", "info/logs.html", "status"):
            with contextlib.suppress(OSError):
                address = f"{client.dashboard_link.rpartition('/')[0]}/{page}"
                self.write(
                    f"page-{page.replace('/', '-')}", urllib.request.urlopen(address, timeout=10).read().decode()
                )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cluster = self.client.cluster
        self.client.close()
        cluster.close()


def _tell_all() -> None:
    import warnings

    warnings.simplefilter("always")
    logging.captureWarnings(True)
    logging.getLogger().setLevel(logging.DEBUG)


def _tasks(dask_scheduler: Any) -> list[str]:
    """What the scheduler can tell of its tasks; a task's payload, which it hands on, is not told."""
    told = []
    for task in dask_scheduler.tasks.values():
        told += [repr(task), str(task), repr(getattr(task, "run_spec", None)), repr(task.annotations)]
    return told


DASK: dict[str, type[Dask]] = {cls.name: cls for cls in (Threads, Processes, Distributed)}
