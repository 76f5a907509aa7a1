"""Who keeps a call's limits on Spark: decided on the driver, from where the session's executors are."""

from __future__ import annotations

import threading
import warnings
from typing import Any

from dfai_core.call import Call
from dfai_core.errors import LimitsApart
from dfai_core.flow.budget import BudgetSpec
from dfai_core.flow.channels import Listener, listen
from dfai_core.loop import after_fork, before_exit, loop_thread
from dfai_core.store import budget_beside

__all__ = ["budget_for"]


def budget_for(session: Any, call: Call) -> BudgetSpec:
    """Who keeps the limits of *call* in the workers of *session*.

    A Redis that is there anyway; else, with a local master, the one host; on a cluster of classic Spark this driver,
    to which every executor has a way. A Connect client is not the driver and knows of no hosts but by ``hosts=``.
    """
    hosts = call.config.hosts
    shared = budget_beside(call.config.store, hosts=hosts)
    if shared is not None:
        return shared
    context = getattr(session, "_sc", None)
    if context is None:
        return BudgetSpec("host", hosts=hosts)
    if context.master.startswith("local"):
        return BudgetSpec("host")
    conf = context.getConf()
    host = conf.get("spark.driver.host")
    try:
        listener = _listener(conf.get("spark.driver.bindAddress", host))
    except OSError as error:
        warnings.warn(
            f"this driver cannot listen for its executors ({error}): each host holds concurrency and rate_per_s / "
            f'{hosts} by itself. Say hosts=… for as many as there are, or share a Redis: store="redis://host".',
            LimitsApart,
            stacklevel=2,
        )
        return BudgetSpec("host", hosts=hosts)
    return BudgetSpec("coordinator", f"{host}:{listener.port}", listener.token, hosts)


_one_at_a_time = threading.Lock()
_listeners: dict[str, Listener] = {}
# A child must not collect its parent's sockets.
_inherited: list[dict[str, Listener]] = []


def _listener(bound_to: str) -> Listener:
    """This driver's coordinator, started on first use."""
    with _one_at_a_time:
        listener = _listeners.get(bound_to)
        if listener is None:
            listener = _listeners[bound_to] = loop_thread().run(listen(bound_to))
        return listener


async def _close() -> None:
    for listener in _listeners.values():
        await listener.aclose()


def _forget() -> None:
    global _listeners, _one_at_a_time
    _one_at_a_time = threading.Lock()
    _inherited.append(_listeners)
    _listeners = {}


after_fork(_forget)
before_exit(_close)
