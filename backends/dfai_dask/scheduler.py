"""What runs in Dask's scheduler: the coordinator of the limits of all calls on its workers.

The scheduler reads every graph, so dfai is installed there wherever a frame of ours is computed.
"""

from __future__ import annotations

from typing import Any

from distributed.core import send_recv
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.protocol.pickle import dumps

from dfai_core.flow.coordinator import Coordinator

__all__ = ["OPERATION", "CoordinatorPlugin", "install"]

OPERATION = "dfai_budget"
"""The operation by which a connection to the scheduler becomes one to the coordinator."""

_NAME = "dfai-budgets"


class CoordinatorPlugin(SchedulerPlugin):  # type: ignore[misc]  # Dask ships no types
    """Serves budgets beside the scheduler's own operations; registered by whichever worker comes first."""

    idempotent = True

    async def start(self, scheduler: Any) -> None:
        if OPERATION in scheduler.handlers:
            return
        budgets = Coordinator()

        async def serve(comm: Any, **hello: Any) -> None:
            await budgets.serve(comm, hello)

        scheduler.handlers[OPERATION] = serve


async def install(comm: Any) -> None:
    """Sees, over the connection *comm*, that the scheduler has the plugin.

    Raises
    ------
    OSError
        The scheduler does not take it.
    """
    plugin = dumps(CoordinatorPlugin())
    try:
        await send_recv(comm, op="register_scheduler_plugin", plugin=plugin, name=_NAME, idempotent=True)
    except Exception as error:  # whatever went wrong in the scheduler is raised here
        raise OSError(f"Dask's scheduler does not take the plugin {_NAME} ({type(error).__name__}: {error})") from error
