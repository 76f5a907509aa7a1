"""On a cluster of classic Spark a call's limits hold over all executors, whichever host they are on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cluster.servers import spark_cluster
from counting import CountingServer
from processes import process, said
from service import Scene, Service

DRIVER = """
import warnings
warnings.simplefilter("ignore")
from pyspark.sql import SparkSession
session = (
    SparkSession.builder.master(sys.argv[1]).appName("dfai cluster tests")
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.executor.memory", "512m").config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    .config("spark.sql.shuffle.partitions", "4").config("spark.sql.adaptive.enabled", "false").getOrCreate()
)
while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 3:  # two executors and the driver
    time.sleep(0.1)
for line in sys.stdin:
    names = {"session": session, **json.loads(line)}
    exec(names["code"], names)
    print("found " + json.dumps(names["found"]), flush=True)
"""


@dataclass
class Driver:
    """A classic session on the cluster, in a process of its own: this one may have another."""

    process: subprocess.Popen[str]

    def run(self, code: str, **names: Any) -> Any:
        """What *code* calls ``found``."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"code": code, **names}) + "\n")
        self.process.stdin.flush()
        line = said(self.process)
        assert line.startswith("found "), line
        return json.loads(line.removeprefix("found "))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    here = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    with (
        spark_cluster(tmp_path_factory.mktemp("spark")) as master,
        process(DRIVER, master, environment=here) as started,
    ):
        yield Driver(started)


ASKING = """
import os, tempfile
from dataclasses import replace
from counting import ask_for
from dfai_core import Call, services
from dfai_core.settings import resolve
from dfai_spark.budget import budget_for
service = services()["sentiment"]
call = Call(service, ("t",), service.noun, config=resolve([("test", settings)])[0])
spec = budget_for(session, call)
kind = spec.kind
if not reachable:
    spec = replace(spec, place="127.0.0.1:1")

def ask(_):
    who = f"{tempfile.gettempdir()} {os.getpid()}"
    return ask_for(6.0, spec, port, who, concurrency=6, rate_per_s=100.0, name=call.id)

session.sparkContext.parallelize(range(4), 4).map(ask).collect()
found = kind
"""


@pytest.mark.parametrize(
    ("settings", "reachable"),
    [({}, True), ({"hosts": 2}, False)],
    ids=["the driver keeps them", "each host has its share, since none can reach the driver"],
)
def test_slots_and_rate_hold_over_the_hosts_of_a_cluster(
    driver: Driver, settings: dict[str, Any], reachable: bool
) -> None:
    with CountingServer(latency_s=0.04) as server:
        kind = driver.run(ASKING, port=server.port, settings=settings, reachable=reachable)
    began = sorted(server.arrivals)[len(server.arrivals) // 4][0]
    counts = server.counts(began, began + 3.0)

    assert kind == "coordinator"
    assert {Path(who.split()[0]).name for who in counts} == {"host0", "host1"}
    assert server.most_in_flight <= 6
    assert server.busiest_s() <= 100 * 1.05 + 10  # what may be caught up, and what a busy machine puts off
    assert sum(counts.values()) >= 0.8 * 3.0 * 100


CALL = """
import dfai
frame = session.createDataFrame([(f"good {n}",) for n in range(1200)], "t string").repartition(4)
rows = frame.ai.sentiment("t", language="en", **settings).collect()
found = len([row for row in rows if row["sentiment"] == "positive"])
"""


def call(driver: Driver, service: Service, **settings: Any) -> tuple[int, Scene]:
    scene = service.scene(latency_s=0.1)
    found: int = driver.run(CALL, settings={"target": f"container:{scene.url}", **settings})
    return found, scene


def test_a_call_has_no_more_requests_in_flight_than_it_may(driver: Driver, service: Service) -> None:
    answered, scene = call(driver, service, concurrency=3)

    assert answered == 1_200
    assert scene.most_in_flight == 3


def test_a_call_sends_no_more_requests_a_second_than_it_may(driver: Driver, service: Service) -> None:
    answered, scene = call(driver, service, rate_per_s=20.0)

    assert answered == 1_200
    assert scene.most_in_a_second() <= 20 * 1.05 + 4
