"""Executors and workers killed -9 in the middle of a call: every row is right, and little is paid for twice.

The hosts share a Redis here. Folders are a host's own: what a dead host had been answered is lost with it.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import dask.dataframe as dd
import pandas as pd
import psutil
from distributed import Client

import dfai
from cluster.driver import Driver
from cluster.servers import HOSTS, dask_worker
from killing import killing
from redis_server import RedisServer
from service import Scene, Service, sentiment_of

TEXTS = [f"{'good' if number % 2 else 'bad'} {number}" for number in range(1_200)]
CONCURRENCY = 8
IN_FLIGHT = CONCURRENCY * 10  # documents of the whole call


def repeated(scene: Scene) -> int:
    """How many documents were asked more than once; all were asked."""
    assert set(scene.texts) == set(TEXTS)
    return len(scene.texts) - len(TEXTS)


def test_a_dask_worker_is_killed_and_the_others_do_its_work(
    client: Client, dask_scheduler: str, service: Service, redis: RedisServer, tmp_path: Path
) -> None:
    scene = service.scene(latency_s=0.1)
    frame = dd.from_pandas(pd.DataFrame({"t": TEXTS}), npartitions=24, sort=False)  # enough for a queue
    target = dfai.container(scene.url)
    answer = frame.ai.sentiment("t", language="en", target=target, concurrency=CONCURRENCY, store=redis.url)
    with dask_worker(tmp_path, dask_scheduler, HOSTS) as one_more:
        client.wait_for_workers(HOSTS + 1)
        pids = client.run(os.getpid)
        [address] = [address for address, pid in pids.items() if pid == one_more.pid]
        client.run(import_module, "dfai_core.dispatch")  # all three begin at once
        lost: list[Any] = []

        def the_newest() -> list[psutil.Process]:
            lost.extend(client.processing()[address])
            return [psutil.Process(one_more.pid)]

        with killing(lambda: len(scene.documents), len(TEXTS) // 3, the_newest) as killed:
            result = answer.compute(scheduler=client)

    assert [process.pid for process in killed] == [one_more.pid]
    assert lost
    assert result["sentiment"].tolist() == [sentiment_of(text) for text in TEXTS]
    assert result["sentiment_error"].isna().all()
    assert repeated(scene) <= IN_FLIGHT


CALL = """
import dfai
frame = session.createDataFrame([(text,) for text in texts], "t string").repartition(4)
rows = frame.ai.sentiment("t", language="en", **settings).collect()
found = [[row["t"], row["sentiment"], row["sentiment_error"]] for row in rows]
"""
ALL_THERE = """
import time
while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 3:
    time.sleep(0.1)
found = session.sparkContext.applicationId
"""


def executors(application: str) -> list[psutil.Process]:
    """The executors of a Spark application that run on this machine."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if {"org.apache.spark.executor.CoarseGrainedExecutorBackend", application} <= set(process.info["cmdline"] or ())
    ]


def test_a_spark_executor_is_killed_with_its_python_and_the_others_do_its_work(
    driver: Driver, service: Service, redis: RedisServer
) -> None:
    scene = service.scene(latency_s=0.1)
    application = driver.run(ALL_THERE)
    settings: dict[str, Any] = {
        "target": f"container:{scene.url}",
        "concurrency": CONCURRENCY,
        "store": redis.url,
    }

    def an_executor() -> list[psutil.Process]:
        first, *others = executors(application)
        assert len(others) == HOSTS - 1
        return [first, *first.children(recursive=True)]

    with killing(lambda: len(scene.documents), len(TEXTS) // 3, an_executor) as killed:
        rows = driver.run(CALL, texts=TEXTS, settings=settings)
    driver.run(ALL_THERE)  # its worker starts another

    assert len(killed) >= 3  # the executor, Python's daemon, a worker of it
    assert sorted(rows) == sorted([text, sentiment_of(text), None] for text in TEXTS)
    assert repeated(scene) <= IN_FLIGHT
