"""Workers killed -9 in the middle of a job: it goes on without them, and what they were answered is not asked again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import orjson
import pandas as pd
import psutil
import pyspark
import pytest

import dfai
from faults.server import Server, Step, Turn, answered
from killing import killing

TEXTS = [f"text {number}" for number in range(1_200)]
CONCURRENCY = 4  # requests of each process
IN_FLIGHT = CONCURRENCY * 10  # documents of the worker that is killed
WORKERS = 2


async def _slowly(turn: Turn) -> None:
    await asyncio.sleep(0.1)
    await turn.answer(200, answered(turn.received.documents))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(then=Step(_slowly)) as found:
        yield found


def repeated(server: Server) -> int:
    """How many documents were asked more than once; all were asked."""
    assert set(server.asked) == set(TEXTS)
    return len(server.asked) - len(TEXTS)


def test_a_dask_worker_is_killed_and_its_nanny_starts_another(server: Server) -> None:
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        victim = psutil.Process(min(client.run(os.getpid).values()))
        frame = dd.from_pandas(pd.DataFrame({"t": TEXTS}), npartitions=8, sort=False)
        answer = frame.ai.key_phrases(
            "t", language="en", target=dfai.container(server.url), concurrency=CONCURRENCY, progress="off"
        )
        with killing(lambda: len(server.asked), len(TEXTS) // 3, lambda: [victim]) as killed:
            result = answer.compute(scheduler=client)
        client.wait_for_workers(WORKERS, timeout=60)

    assert killed == [victim]
    assert [list(phrases) for phrases in result["key_phrases"]] == [[text] for text in TEXTS]
    assert result["key_phrases_error"].isna().all()
    assert repeated(server) <= IN_FLIGHT


def runs(process: psutil.Process, program: str) -> bool:
    try:
        return any(program in word for word in process.cmdline())
    except psutil.ZombieProcess:
        return False


SPARK = """
import sys, warnings
warnings.simplefilter("ignore")
from pyspark.sql import SparkSession
import dfai
import orjson

builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("dfai tests")
for name, value in {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.log.level": "OFF",
    # Both executors are there before the first text is asked.
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}.items():
    builder = builder.config(name, value)
session = builder.getOrCreate()
url, concurrency, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
frame = session.createDataFrame([(f"text {n}",) for n in range(rows)], ["t"]).repartition(8)
scored = frame.ai.key_phrases("t", language="en", target=dfai.container(url), concurrency=concurrency)
found = [(row["t"], row["key_phrases"], row["key_phrases_error"]) for row in scored.collect()]
print(orjson.dumps(found).decode())
session.stop()
"""


def test_a_spark_executor_is_killed_with_its_python_and_another_is_started(server: Server, tmp_path: Path) -> None:
    home = tmp_path / "spark"  # workers write below it
    home.mkdir()
    for part in ("bin", "jars", "python"):
        (home / part).symlink_to(Path(pyspark.__file__).parent / part)
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [sys.executable, "-c", textwrap.dedent(SPARK), server.url, str(CONCURRENCY), str(len(TEXTS))]
    job = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def an_executor() -> list[psutil.Process]:
        executors = [
            process
            for process in psutil.Process(job.pid).children(recursive=True)
            if runs(process, "CoarseGrainedExecutorBackend")
        ]
        assert len(executors) == WORKERS
        victim = min(executors, key=lambda process: process.pid)
        return [victim, *victim.children(recursive=True)]

    try:
        with killing(lambda: len(server.asked), len(TEXTS) // 3, an_executor) as killed:
            said, complained = job.communicate(timeout=400)
    finally:
        job.kill()
        job.communicate()
    assert job.returncode == 0, complained
    rows = orjson.loads(said)

    assert len(killed) >= 3  # the executor, Python's daemon, a worker of it
    assert sorted(rows) == sorted([text, [text], None] for text in TEXTS)
    assert repeated(server) <= IN_FLIGHT
