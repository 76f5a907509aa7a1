"""A coordinator and connections to it in memory, on whichever loop's clock: messages take a while, and may be lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any

from dfai_core.flow.budget import Budget, BudgetSpec, open_budget
from dfai_core.flow.coordinator import Coordinator
from dfai_core.flow.refusals import Refusal

__all__ = ["End", "Wires"]


class End:
    """One end of a connection in memory, on which every message takes a while."""

    def __init__(self, delay_s: float, draw: random.Random) -> None:
        self._delay_s, self._draw = delay_s, draw
        self._came: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._last = 0.0
        self.other: End = self

    async def read(self) -> dict[str, Any]:
        message = await self._came.get()
        if message is None:
            raise ConnectionResetError
        return message

    async def write(self, message: dict[str, Any]) -> None:
        self._send(dict(message))

    def abort(self) -> None:
        self._send(None)
        self._came.put_nowait(None)

    def _send(self, message: dict[str, Any] | None) -> None:
        loop = asyncio.get_running_loop()
        self._last = max(self._last, loop.time() + self._delay_s * self._draw.uniform(0.5, 1.5))  # in order
        loop.call_at(self._last, self.other._came.put_nowait, message)


class Wires:
    """A coordinator, and the connections to it."""

    def __init__(self, delay_s: float = 0.001, seed: int = 0) -> None:
        self.coordinator = Coordinator(clock=asyncio.get_running_loop().time)
        self.ends: list[End] = []
        self.serving: list[asyncio.Task[None]] = []
        self._delay_s, self._draw = delay_s, random.Random(seed)

    async def dial(self, hello: Mapping[str, Any]) -> End:
        here, there = End(self._delay_s, self._draw), End(self._delay_s, self._draw)
        here.other, there.other = there, here
        self.ends.append(here)
        self.serving.append(asyncio.create_task(self.coordinator.serve(there, dict(hello))))
        return here

    def budget(
        self,
        concurrency: int,
        rate_per_s: float | None = None,
        name: str = "one",
        heard: Callable[[Refusal], None] = lambda refusal: None,
    ) -> Budget:
        """One process's end of the budget *name*."""
        spec = BudgetSpec("coordinator", dial=self.dial)
        return open_budget(spec, name=name, concurrency=concurrency, rate_per_s=rate_per_s, heard=heard)
