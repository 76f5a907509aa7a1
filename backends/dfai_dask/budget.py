"""Who keeps a call's limits on Dask: decided where a partition is answered, since only there one sees what runs it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from dfai_core.call import Call
from dfai_core.flow.budget import BudgetSpec
from dfai_core.store import budget_beside
from dfai_dask.application import here

__all__ = ["budget_here"]


def budget_here(call: Call, home: str) -> BudgetSpec | None:
    """Who keeps the limits of *call*, which was made in the process *home*, as seen from a thread that answers for it.

    Threads share this process's own count. Processes of the "processes" scheduler are on one host. Workers of a
    cluster share what its scheduler keeps for them, or a Redis that is there anyway.
    """
    worker = _worker()
    if worker is None:
        return None if home == here() else BudgetSpec("host")
    if worker.address.startswith("inproc:"):  # all workers of such a cluster are in this process
        return None
    hosts = call.config.hosts
    dial = partial(_dial, worker.scheduler.address, dict(worker.connection_args))
    return budget_beside(call.config.store, hosts=hosts) or BudgetSpec("coordinator", hosts=hosts, dial=dial)


def _worker() -> Any:
    """The Dask worker that runs this task, if one does."""
    if "distributed.worker" not in sys.modules:
        return None
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


async def _dial(address: str, connection_args: Mapping[str, Any], hello: Mapping[str, Any]) -> Any:
    """A connection of Dask's own to the scheduler, with its encryption and through its gateways."""
    from distributed.comm import connect

    from dfai_dask.scheduler import OPERATION, install

    comm = await connect(address, **connection_args)
    try:
        await install(comm)
        await comm.write({"op": OPERATION, "reply": False, **hello})
    except BaseException:
        comm.abort()
        raise
    return comm
