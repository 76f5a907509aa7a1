"""What the tests of limits run inside Dask's tasks, in processes that can import no test."""

from __future__ import annotations

import asyncio
import os
import tempfile

from counting import ask_for
from dfai_core import Call
from dfai_core.flow.budget import open_budget
from dfai_dask.budget import budget_here

__all__ = ["ask", "seen_from", "take_all"]

_ELSEWHERE = "another process"


def seen_from(call: Call, home: str) -> tuple[str, int, bool] | None:
    """What a task finds: the kind of budget, the hosts, and whether there is a way to its keeper."""
    spec = budget_here(call, home)
    return None if spec is None else (spec.kind, spec.hosts, spec.dial is not None)


def ask(call: Call, port: int, seconds: float, concurrency: int, rate_per_s: float) -> int:
    """Asks a counting server within the limits of *call*; it is told the host and the process."""
    who = f"{tempfile.gettempdir()} {os.getpid()}"
    spec = budget_here(call, _ELSEWHERE)
    return ask_for(seconds, spec, port, who, concurrency=concurrency, rate_per_s=rate_per_s, name=call.id)


def take_all(call: Call) -> bool:
    """Takes the only slot there is; whether there was another."""

    async def main() -> bool:
        budget = open_budget(budget_here(call, _ELSEWHERE), name=call.id, concurrency=1, rate_per_s=None)
        async with asyncio.timeout(10):
            await budget.acquire()
        more = budget.try_acquire()
        await budget.aclose()
        return more

    return asyncio.run(main())
