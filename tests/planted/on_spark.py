"""What Spark shows and writes down: plans, event logs, the pages and REST of its UI, executors' own output."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import urllib.request
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from planted.libraries import Columns, Library

__all__ = ["Spark"]

MODES = ("simple", "extended", "codegen", "cost", "formatted")
PAGES = ("jobs", "stages", "storage", "environment", "executors", "SQL", "connect", "logs")


class Spark(Library):
    """Classic Spark on executors of their own, or Spark Connect."""

    pickles = False
    slow = True

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(folder)
        self.name = name
        self.connect = name == "spark-connect"

    def __enter__(self) -> Self:
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ["SPARK_CONNECT_LOG_LEVEL"] = "debug"
        # Executors write what they say below Spark's own folder: ours is a copy by links.
        home = self.folder / "spark_home"
        home.mkdir()
        import pyspark

        for entry in Path(pyspark.__file__).parent.iterdir():
            (home / entry.name).symlink_to(entry)
        os.environ["SPARK_HOME"] = str(home)
        (self.folder / "events").mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pyspark.sql import SparkSession

            builder = SparkSession.builder.appName("planted")
            for name, value in self._settings().items():
                builder = builder.config(name, value)
            where = "local[2]" if self.connect else "local-cluster[1,2,1024]"
            self.session = (builder.remote(where) if self.connect else builder.master(where)).getOrCreate()
        return self

    def _settings(self) -> dict[str, str]:
        return {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": "1g",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": f"file://{self.folder}/events",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.rolling.enabled": "false",
            "spark.local.dir": str(self.folder / "local"),
            "spark.log.level": "DEBUG",
            "spark.sql.maxPlanStringLength": "1000000",
            "spark.sql.debug.maxToStringFields": "1000",
            "spark.sql.pyspark.worker.logging.enabled": "true",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.task.maxFailures": "1",
            "spark.ui.enabled": "true",
            "spark.ui.port": "0",
            "spark.ui.showConsoleProgress": "false",
        }

    def build(self, columns: Columns) -> Any:
        import pyarrow as pa

        return self.session.createDataFrame(pa.table(dict(columns))).repartition(2)

    def rows(self, frame: Any, column: str) -> list[Any]:
        values: list[Any] = frame.select(column).toArrow()[column].to_pylist()
        return values

    def show(self, frame: Any, way: str) -> None:
        print(frame, frame.schema, frame.columns)
        for mode in MODES:
            frame.explain(mode=mode)
        frame.printSchema()
        if self.connect:
            # Not the plan itself, which is what is sent: what its own methods tell of it.
            print(frame._plan, repr(frame._plan), frame._plan._repr_html_())
            return
        execution = frame._jdf.queryExecution()
        print(execution.toString(), execution.logical().toJSON(), execution.optimizedPlan().treeString())
        print(execution.executedPlan().treeString(), execution.stringWithStats())

    def finish(self) -> None:
        with contextlib.suppress(Exception):  # only where this Spark has it
            self.write("python-worker-logs", repr(self.session.tvf.python_worker_logs().collect()))
        if (address := self._ui()) is not None:
            self._pages(address)
        with contextlib.suppress(shutil.Error):  # files come and go while the session lives
            shutil.copytree(self.folder / "local", self.folder / "shown" / "local", dirs_exist_ok=True)

    def _ui(self) -> str | None:
        if not self.connect:
            address: str | None = self.session.sparkContext.uiWebUrl
            return address
        from pyspark import SparkContext

        context = SparkContext._active_spark_context  # of the server that runs in this process's own gateway
        return None if context is None else context.uiWebUrl

    def _pages(self, address: str) -> None:
        (application,) = self._fetch(f"{address}/api/v1/applications", "rest-applications")
        rest = f"{address}/api/v1/applications/{application['id']}"
        for place in ("jobs", "stages", "environment", "allexecutors", "storage/rdd", "sql?details=true&length=1000"):
            found = self._fetch(f"{rest}/{place}", f"rest-{place.partition('?')[0].replace('/', '-')}")
            if place.startswith("sql"):
                for query in found:
                    page = f"{address}/SQL/execution/?id={query['id']}"
                    self._fetch(page, f"page-sql-{query['id']}", parse=False)
            if place == "stages":
                for stage in found:
                    self._fetch(f"{rest}/stages/{stage['stageId']}?details=true", f"rest-stage-{stage['stageId']}")
        for page in PAGES:
            with contextlib.suppress(OSError):
                self._fetch(f"{address}/{page}/", f"page-{page}", parse=False)

    def _fetch(self, address: str, name: str, *, parse: bool = True) -> Any:
        text = urllib.request.urlopen(address, timeout=20).read().decode()
        self.write(f"ui-{name}", text)
        return json.loads(text) if parse else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.stop()
