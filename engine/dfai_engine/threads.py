"""Models compute in threads, never on the event loop; and only so many requests may wait for them."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from weakref import WeakSet

from dfai_engine.cores import usable_cores
from dfai_engine.failures import ServiceFailure

__all__ = ["Threads"]

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A pool of threads and a bounded queue before it.

    Parameters
    ----------
    workers
        Computations at a time. The models' own libraries are told nothing: a model that uses several cores
        for one batch does so.
    waiting
        Further computations that may wait; one more is refused with 429 and a Retry-After.
    """

    def __init__(self, workers: int | None = None, *, waiting: int = 256) -> None:
        self._workers = workers or usable_cores()
        self._waiting = waiting
        self._start()
        _LIVE.add(self)

    def _start(self) -> None:
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="dfai-engine")
        self._places = threading.Semaphore(self._workers + self._waiting)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, computed in a thread."""
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a computation without waiting for it.

        Raises
        ------
        ServiceFailure
            429: as many are waiting as may wait.
        """
        if not self._places.acquire(blocking=False):
            raise ServiceFailure(
                "The engine has as many requests waiting as it holds. Send fewer at a time.",
                status=429,
                code="TooManyRequests",
            )
        try:
            future: Future[T] = self._pool.submit(function, *args, **kwargs)
        except BaseException:
            self._places.release()
            raise
        # The place is free when the thread is, even if nobody waits for the result any more.
        future.add_done_callback(lambda _: self._places.release())
        return future

    def close(self) -> None:
        """Let running computations end, drop the waiting ones."""
        self._pool.shutdown(wait=False, cancel_futures=True)


_LIVE: WeakSet[Threads] = WeakSet()


def _restart_after_fork() -> None:
    """A forked child has none of its parent's threads: a pool from before would wait for ever."""
    for threads in list(_LIVE):
        threads._start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_after_fork)
