"""Killing processes in the middle of a job, by what the service was asked so far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

__all__ = ["killing"]


@contextmanager
def killing(
    asked: Callable[[], int], past: int, victims: Callable[[], Sequence[psutil.Process]]
) -> Iterator[list[psutil.Process]]:
    """Kills the *victims* once more than *past* documents were *asked*; gives whom it killed, for afterwards."""
    killed: list[psutil.Process] = []
    over = threading.Event()

    def kill() -> None:
        while asked() < past and not over.is_set():
            time.sleep(0.005)
        if not over.is_set():
            killed.extend(victims())
            for process in killed:
                with suppress(psutil.NoSuchProcess):  # ended with its parent
                    process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()
