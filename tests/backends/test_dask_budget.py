"""Who keeps a call's limits on Dask, by what runs a partition."""

from __future__ import annotations

import asyncio
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import dask
import pytest

from counting import CountingServer
from dask_tasks import ask, seen_from, take_all
from dfai_core import Call, services
from dfai_core.errors import LimitsApart
from dfai_core.flow.budget import BudgetSpec, open_budget
from dfai_core.settings import resolve
from dfai_dask.application import here
from dfai_dask.budget import _dial


def call_of(**settings: Any) -> Call:
    service = services()["sentiment"]
    return Call(service, ("t",), service.noun, config=resolve([("test", settings)])[0])


def test_threads_share_the_count_of_their_process() -> None:
    task = dask.delayed(seen_from)(call_of(), here())

    assert task.compute(scheduler="threads") is None
    assert task.compute(scheduler="synchronous") is None


def test_processes_share_files_whatever_the_store() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for settings in ({}, {"store": "redis://cache"}):
            task = dask.delayed(seen_from)(call_of(**settings), here())

            assert task.compute(scheduler="processes", pool=pool) == ("host", 1, False)


def test_a_forked_child_is_another_process() -> None:
    home = here()
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        assert pool.submit(seen_from, call_of(), home).result() == ("host", 1, False)
    assert seen_from(call_of(), home) is None


@pytest.fixture(scope="module")
def cluster() -> Any:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as found:
        yield found


@pytest.fixture
def client(cluster: Any) -> Any:
    from distributed import Client

    with Client(cluster, set_as_default=False) as found:
        yield found


def test_workers_of_a_cluster_share_what_the_scheduler_or_a_redis_keeps(client: Any) -> None:
    found = [
        client.submit(seen_from, call_of(**settings), here()).result()
        for settings in ({}, {"hosts": 3}, {"store": "redis://cache", "hosts": 2})
    ]

    assert found == [("coordinator", 1, True), ("coordinator", 3, True), ("redis", 2, False)]


def test_workers_that_are_threads_of_this_process_share_its_count() -> None:
    from distributed import Client

    with Client(processes=False, n_workers=2, dashboard_address=None, set_as_default=False) as client:
        assert client.submit(seen_from, call_of(), here()).result() is None


def test_the_scheduler_keeps_slots_and_rate(client: Any) -> None:
    spent = []
    for _ in range(
        3
    ):  # a busy machine may spoil a round: what is due is due in each, what is spent and how evenly in one
        with CountingServer(latency_s=0.05) as server:
            call = call_of()
            counts = client.gather([client.submit(ask, call, server.port, 2.0, 5, 100.0, pure=False) for _ in range(2)])

        assert server.most_in_flight <= 5
        assert sum(counts) <= 2 * 100 + 8
        spent.append((server.most_in_flight, len(server.counts()), counts))
        # 5 slots of 50 ms would be as many: the rate is what holds, and neither is wasted.
        if sum(counts) >= 0.75 * 2 * 100 and min(counts) >= 0.7 * max(counts):
            break
    else:
        pytest.fail(f"neither evenly nor whole in any round: {spent}")

    assert spent[-1][:2] == (5, 2)


def test_what_one_task_held_the_next_can_have(client: Any) -> None:
    call = call_of()
    for _ in range(3):
        assert client.submit(take_all, call, pure=False).result() is False


def test_a_scheduler_that_takes_no_plugin_is_done_without(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def refuse(comm: Any) -> None:
        raise OSError("Dask's scheduler does not take the plugin")

    monkeypatch.setattr("dfai_dask.scheduler.install", refuse)
    monkeypatch.setattr("dfai_core.flow.budget._warned", set())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dial = partial(_dial, client.scheduler.address, {})

    async def main() -> bool:
        spec = BudgetSpec("coordinator", dial=dial, hosts=2)
        budget = open_budget(spec, name="call", concurrency=2, rate_per_s=None)
        await budget.acquire()
        more = budget.try_acquire()
        await budget.aclose()
        return more

    with pytest.warns(LimitsApart, match="Dask's scheduler, which keeps .* cannot be reached .*1/2"):
        assert asyncio.run(main()) is False


def test_a_spec_that_was_decided_here_stays_here() -> None:
    # What travels is the call as it was made; who keeps its limits is found out where it arrives.
    assert pickle.loads(pickle.dumps(call_of())).budget is None
    assert BudgetSpec("host") == BudgetSpec("host", dial=None)
