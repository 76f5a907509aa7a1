"""On a Dask cluster a call's limits hold over all workers, whichever host they are on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.dataframe as dd
import pandas as pd
from distributed import Client

import dfai
from cluster.pauses import PAUSE_S, PlannedPause
from counting import CountingServer
from dask_tasks import ask
from dfai_core import Call, services
from dfai_core.settings import resolve
from redis_server import RedisServer
from service import Scene, Service


def test_slots_and_rate_hold_over_the_hosts_of_a_cluster(client: Client) -> None:
    service = services()["sentiment"]
    call = Call(service, ("t",), service.noun, config=resolve([("test", {})])[0])
    with CountingServer(latency_s=0.04) as server:
        client.gather([client.submit(ask, call, server.port, 6.0, 6, 100.0, pure=False) for _ in range(4)])
    began = sorted(server.arrivals)[len(server.arrivals) // 4][0]
    counts = server.counts(began, began + 3.0)

    assert {Path(who.split()[0]).name for who in counts} == {"host0", "host1"}
    # How much of them is used is shown on a clock of its own (tests/core): here the machine's load would decide.
    assert server.most_in_flight <= 6
    assert server.busiest_s() <= 100 * 1.05 + 10  # what may be caught up, and what a busy machine puts off


def call(client: Client, service: Service, pause: PlannedPause | None = None, **settings: Any) -> tuple[int, Scene]:
    scene = service.scene(latency_s=0.1, fault=pause, retry_after_s=PAUSE_S)
    frame = dd.from_pandas(pd.DataFrame({"t": [f"good {n}" for n in range(1_200)]}), npartitions=4)
    answered = frame.ai.sentiment("t", language="en", target=dfai.container(scene.url), **settings)
    result = answered.compute(scheduler=client)
    return int((result["sentiment"] == "positive").sum()), scene


def test_a_call_has_no_more_requests_in_flight_than_it_may(client: Client, service: Service) -> None:
    answered, scene = call(client, service, concurrency=3)

    assert answered == 1_200
    assert scene.most_in_flight == 3


def test_a_call_sends_no_more_requests_a_second_than_it_may(client: Client, service: Service) -> None:
    answered, scene = call(client, service, rate_per_s=20.0)

    assert answered == 1_200
    assert scene.most_in_a_second() <= 20 * 1.05 + 4


def test_what_a_service_refuses_one_host_all_hosts_keep_to(client: Client, service: Service) -> None:
    pause = PlannedPause(at_request=40)
    answered, scene = call(client, service, pause, concurrency=8)

    assert answered == 1_200
    assert pause.began_at > 0
    assert pause.broken(scene.arrivals) == 0


def test_a_redis_keeps_slots_and_rate_for_all_hosts(client: Client, service: Service, redis: RedisServer) -> None:
    answered, scene = call(client, service, concurrency=3, rate_per_s=20.0, store=redis.url)

    assert answered == 1_200
    assert scene.most_in_flight <= 3
    assert scene.most_in_a_second() <= 20 * 1.05 + 4
