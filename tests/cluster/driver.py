"""A classic Spark session on a cluster, in a process of its own: the tests' own process may have another."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from processes import process, said

__all__ = ["Driver", "spark_driver"]

_CODE = """
import warnings
warnings.simplefilter("ignore")
from pyspark.sql import SparkSession
builder = SparkSession.builder.master(sys.argv[1]).appName("dfai cluster tests")
for name, value in json.loads(sys.argv[2]).items():
    builder = builder.config(name, value)
session = builder.getOrCreate()
if hasattr(session, "_sc"):
    while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 3:  # two executors and the driver
        time.sleep(0.1)
for line in sys.stdin:
    names = {"session": session, **json.loads(line)}
    exec(names["code"], names)
    print("found " + json.dumps(names["found"]), flush=True)
"""
_CONF = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.cores.max": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.adaptive.enabled": "false",
}


@dataclass
class Driver:
    """The session's process: what it runs has ``session`` and the given names."""

    process: subprocess.Popen[str]

    def run(self, code: str, **names: Any) -> Any:
        """What *code* calls ``found``."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"code": code, **names}) + "\n")
        self.process.stdin.flush()
        line = said(self.process)
        assert line.startswith("found "), line
        return json.loads(line.removeprefix("found "))


@contextmanager
def spark_driver(master: str, python: str, conf: Mapping[str, str]) -> Iterator[Driver]:
    """A session at *master*, of which executors run *python*; by default on one core of each host."""
    here = {"PYSPARK_PYTHON": python, "SPARK_LOCAL_IP": "127.0.0.1"}
    with process(_CODE, master, json.dumps({**_CONF, **conf}), environment=here) as started:
        yield Driver(started)
