"""On a cluster of classic Spark a call's limits hold over all executors, whichever host they are on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cluster.driver import Driver
from cluster.pauses import PAUSE_S, PlannedPause
from counting import CountingServer
from redis_server import RedisServer
from service import Scene, Service

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
    # How much of them is used is shown on a clock of its own (tests/core): here the machine's load would decide.
    assert server.most_in_flight <= 6
    assert server.busiest_s() <= 100 * 1.05 + 10  # what may be caught up, and what a busy machine puts off


CALL = """
import dfai
frame = session.createDataFrame([(f"good {n}",) for n in range(1200)], "t string").repartition(4)
rows = frame.ai.sentiment("t", language="en", **settings).collect()
found = len([row for row in rows if row["sentiment"] == "positive"])
"""


def call(driver: Driver, service: Service, pause: PlannedPause | None = None, **settings: Any) -> tuple[int, Scene]:
    scene = service.scene(latency_s=0.1, fault=pause, retry_after_s=PAUSE_S)
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


def test_what_a_service_refuses_one_host_all_hosts_keep_to(driver: Driver, service: Service) -> None:
    pause = PlannedPause(at_request=40)
    answered, scene = call(driver, service, pause, concurrency=8)

    assert answered == 1_200
    assert pause.began_at > 0
    assert pause.broken(scene.arrivals) == 0


def test_a_redis_keeps_slots_and_rate_for_all_hosts(driver: Driver, service: Service, redis: RedisServer) -> None:
    answered, scene = call(driver, service, concurrency=3, rate_per_s=20.0, store=redis.url)

    assert answered == 1_200
    assert scene.most_in_flight <= 3
    assert scene.most_in_a_second() <= 20 * 1.05 + 4
