"""Computes a frame whose first partition ends badly at first, and prints what its run says, as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from typing import Any

import dfai
from dfai import _frame
from dfai_core.transports.aiohttp import AiohttpTransport


class Unlucky(AiohttpTransport):
    """Ends its first partition after two requests, when that is tried for the first time."""

    how = "fail"
    harmless = 2

    async def send(self, request: Any) -> Any:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        if context.partitionId() == 0 and context.attemptNumber() == 0:
            self.harmless -= 1
            if self.harmless < 0:
                if self.how == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise RuntimeError("planned")
        return await super().send(request)


class Killed(Unlucky):
    how = "kill"


def main(spark: str, how: str, by_files: str, url: str) -> None:
    warnings.simplefilter("ignore")
    if by_files == "0":
        _frame.host_channel = lambda: None
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_TESTING"] = "1"  # any free port for the Connect server, since another may be running
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("dfai retries")
    for name, value in {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.log.level": "OFF",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(name, value)
    # The second number: how often a task is tried.
    where = "local[2,3]"
    session = (builder.remote(where) if spark == "connect" else builder.master(where)).getOrCreate()
    frame = session.createDataFrame([(f"good {number}",) for number in range(80)], "t string").repartition(2)
    unlucky = Killed if how == "kill" else Unlucky
    with dfai.using(target=f"container:{url}", transport=unlucky, concurrency=1, store=None), dfai.track() as run:
        answered = frame.ai.sentiment("t", language="en").groupBy("sentiment").count().collect()
    sentiments = {row["sentiment"]: row["count"] for row in answered}
    print(json.dumps({**run.to_dict(), "sentiments": sentiments}))
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
