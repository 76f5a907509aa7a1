"""One cluster of each kind for all tests here: starting one takes longer than most of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from distributed import Client

from cluster.driver import Driver, spark_driver
from cluster.servers import dask_cluster, spark_cluster
from redis_server import RedisServer, redis_server


@pytest.fixture(scope="session")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a standalone master with two workers; sessions share it, so each says how many cores it takes."""
    with spark_cluster(tmp_path_factory.mktemp("spark")) as master:
        yield master


@pytest.fixture(scope="session")
def driver(spark_master: str) -> Iterator[Driver]:
    """A session whose executors run this very Python, two cores on each host."""
    with spark_driver(spark_master, sys.executable, {"spark.cores.max": "4"}) as found:
        yield found


@pytest.fixture(scope="session")
def dask_scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as address:
        yield address


@pytest.fixture(scope="session")
def client(dask_scheduler: str) -> Iterator[Client]:
    """A client of the Dask cluster, once both workers are there."""
    with Client(dask_scheduler, set_as_default=False) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that all hosts reach."""
    with redis_server(tmp_path_factory.mktemp("redis")) as found:
        yield found
