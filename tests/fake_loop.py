"""An event loop whose clock jumps to the next thing that is due: hours pass in milliseconds, always the same way."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

__all__ = ["FakeLoop", "run_fast"]

T = TypeVar("T")


class _Selector(selectors.BaseSelector):
    """Waits for nothing: where nothing is ready, the time is up."""

    def __init__(self) -> None:
        self.now = 0.0
        self._inner = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._inner.select(0)
        if not ready:
            assert timeout is not None, "everybody waits, and nothing will ever happen"
            self.now += timeout
        return ready

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()


class FakeLoop(asyncio.SelectorEventLoop):
    """A loop of its own time, which starts at 0."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run_fast(work: Coroutine[Any, Any, T]) -> T:
    """Runs *work* on a loop whose time costs nothing."""
    with asyncio.Runner(loop_factory=FakeLoop) as runner:
        return runner.run(work)
