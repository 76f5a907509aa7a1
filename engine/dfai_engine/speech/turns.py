"""Work of many askers done together: what waits at the same time goes to a model as one batch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar
from weakref import WeakSet

__all__ = ["Turns"]

I = TypeVar("I")  # noqa: E741 - items in, results out
R = TypeVar("R")


class Turns(Generic[I, R]):
    """A queue before something that answers several items at a time.

    The one that has waited longest is always in the next batch, with those like it that are nearest in size. Threads
    run while there is work, and end with it; where there is less than fills their batches, they share it.

    Parameters
    ----------
    work
        The results of some items, in their order. What it raises, all of them get.
    alike
        Items of which this is equal may go together.
    size
        Items of similar size go together best.
    most
        Items in a batch.
    threads
        Batches at a time.
    """

    def __init__(
        self,
        work: Callable[[Sequence[I]], Sequence[R]],
        *,
        alike: Callable[[I], Hashable],
        size: Callable[[I], float],
        most: int,
        threads: int = 1,
    ) -> None:
        self._work = work
        self._alike = alike
        self._size = size
        self._most = most
        self._threads = threads
        self._start()
        _LIVE.add(self)

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[I, Future[R]]] = []
        self._running = 0

    def submit(self, items: Sequence[I]) -> list[Future[R]]:
        """Take some items in; each result comes when it is there. A cancelled one is left out."""
        entries: list[tuple[I, Future[R]]] = [(item, Future()) for item in items]
        with self._lock:
            self._waiting += entries
            for _ in range(min(len(entries), self._threads - self._running)):
                self._running += 1
                threading.Thread(target=self._run, name="dfai-engine-batches").start()
        return [future for _, future in entries]

    def _run(self) -> None:
        while batch := self._next():
            try:
                results = self._work([item for item, _ in batch])
                for (_, future), result in zip(batch, results, strict=True):
                    future.set_result(result)
            except BaseException as fault:  # noqa: BLE001 - whoever waits must hear of it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(fault)

    def _next(self) -> list[tuple[I, Future[R]]]:
        with self._lock:
            while self._waiting:
                first = self._waiting[0][0]
                kind, size = self._alike(first), self._size(first)
                like = [entry for entry in self._waiting if self._alike(entry[0]) == kind]
                share = min(self._most, -(-len(like) // self._threads))
                # A stable sort: of those equally near, the ones that have waited longer.
                chosen = sorted(like, key=lambda entry: abs(self._size(entry[0]) - size))[:share]
                taken = {id(future) for _, future in chosen}
                self._waiting = [entry for entry in self._waiting if id(entry[1]) not in taken]
                if batch := [entry for entry in chosen if entry[1].set_running_or_notify_cancel()]:
                    return batch
            self._running -= 1
            return []


_LIVE: WeakSet[Turns[Any, Any]] = WeakSet()


def _restart_after_fork() -> None:
    """A child has none of its parent's threads, and nobody who waits for what they were doing."""
    for turns in list(_LIVE):
        turns._start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_after_fork)
