"""Models that one thread at a time may use: a few instances, lent out, made when first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from dfai_engine.cores import usable_cores

__all__ = ["Lender"]

M = TypeVar("M")
MOST = 4  # instances of one model: each has its own copy of the weights


class Lender(Generic[M]):
    """Instances of a model; another one is made when all are lent, up to as many as there are cores to run them.

    >>> words = Lender(list, most=2)
    >>> with words.lend() as one, words.lend() as other:
    ...     one is other
    False
    """

    def __init__(self, make: Callable[[], M], *, most: int | None = None) -> None:
        self._make = make
        self._most = most or min(MOST, usable_cores())
        self._start()
        _LIVE.add(self)

    def _start(self) -> None:
        self._idle: list[M] = []
        self._making = threading.Lock()
        self._places = threading.Semaphore(self._most)

    @contextmanager
    def lend(self) -> Iterator[M]:
        """An instance that nobody else uses meanwhile; waits for one where all are lent."""
        with self._places:
            instance = self._taken()
            try:
                yield instance
            finally:
                self._idle.append(instance)

    def _taken(self) -> M:
        try:
            return self._idle.pop()
        except IndexError:
            # One at a time: the second then finds the files in the system's cache.
            with self._making:
                return self._make()


_LIVE: WeakSet[Lender[Any]] = WeakSet()


def _restart_after_fork() -> None:
    """What was lent to a thread of the parent never comes back in its child."""
    for lender in list(_LIVE):
        lender._start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_after_fork)
