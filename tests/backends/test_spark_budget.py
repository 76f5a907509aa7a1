"""Who keeps a call's limits on Spark, by where the executors are."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from dfai_core import Call, services
from dfai_core.errors import LimitsApart
from dfai_core.flow.budget import open_budget
from dfai_core.settings import resolve
from dfai_spark.budget import budget_for


def call_of(**settings: Any) -> Call:
    service = services()["sentiment"]
    return Call(service, ("t",), service.noun, config=resolve([("test", settings)])[0])


def classic(master: str, **conf: str) -> Any:
    """As much of a classic session as is looked at."""
    held = {name.replace("_", "."): value for name, value in conf.items()}
    context = SimpleNamespace(master=master, getConf=lambda: held)
    return SimpleNamespace(_sc=context)


CONNECT = SimpleNamespace()


@pytest.mark.parametrize(
    ("session", "settings", "kind", "hosts"),
    [
        (classic("local[4]"), {"hosts": 9}, "host", 1),
        (classic("local-cluster[2,1,1024]"), {}, "host", 1),
        (CONNECT, {}, "host", 1),
        (CONNECT, {"hosts": 4}, "host", 4),
        (CONNECT, {"hosts": 4, "store": "redis://cache"}, "redis", 4),
        (classic("spark://master:7077"), {"store": "rediss://cache"}, "redis", 1),
        (classic("local[2]"), {"store": "redis://cache"}, "redis", 1),
    ],
)
def test_limits_are_kept_where_all_executors_reach_them(
    session: Any, settings: dict[str, Any], kind: str, hosts: int
) -> None:
    spec = budget_for(session, call_of(**settings))

    assert (spec.kind, spec.hosts) == (kind, hosts)


def test_the_driver_of_a_cluster_keeps_them_itself() -> None:
    session = classic("spark://master:7077", spark_driver_host="localhost", spark_driver_bindAddress="127.0.0.1")
    one, other = budget_for(session, call_of()), budget_for(session, call_of(hosts=2))

    async def taken() -> bool:
        budget = open_budget(one, name="call", concurrency=1, rate_per_s=None)
        async with asyncio.timeout(10):
            await budget.acquire()
        more = budget.try_acquire()
        await budget.aclose()
        return more

    assert one.kind == "coordinator"
    assert one.place.startswith("localhost:")
    assert (one.place, one.token) == (other.place, other.token)
    assert one.token not in repr(one)
    assert asyncio.run(taken()) is False


def test_a_driver_that_cannot_listen_says_so() -> None:
    session = classic("yarn", spark_driver_host="192.0.2.1")  # an address for documentation: nobody's own

    with pytest.warns(LimitsApart, match=r"cannot listen for its executors .*hosts="):
        spec = budget_for(session, call_of(hosts=3))
    assert (spec.kind, spec.hosts) == ("host", 3)
