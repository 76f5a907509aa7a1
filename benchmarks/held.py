"""What processes hold in memory, as the kernel tells it: at its mark of the peak, and over time. Linux only."""

from __future__ import annotations

import gc
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

__all__ = ["Course", "followed", "mark_mb", "megabytes", "peak_mb"]

_LOOK_S = 0.1


def megabytes(name: str, status: str) -> float | None:
    """What the text of a process's status says of *name*, in 10^6 bytes.

    >>> megabytes("VmRSS", "VmHWM:  9 kB\\nVmRSS:   1000 kB\\n"), megabytes("VmRSS", "")
    (1.024, None)
    """
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return None if found is None else int(found[1]) * 1_024 / 1e6


def mark_mb() -> float:
    """What this process holds now; its peak counts from here."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _own_mb("VmRSS")


def peak_mb() -> float:
    """The most that this process held since the mark."""
    return _own_mb("VmHWM")


def _own_mb(name: str) -> float:
    found = megabytes(name, Path("/proc/self/status").read_text(encoding="ascii"))
    if found is None:
        raise RuntimeError(f"the kernel does not tell {name}")
    return found


class Course(NamedTuple):
    """What this process and its children of Python held together that is no file's, in 10^6 bytes."""

    before_mb: float
    first_mb: float  # added, the most in the first fifth of the time
    last_mb: float  # in the last fifth
    most_mb: float
    took_s: float


def followed(work: Callable[[], object]) -> Course:
    """Does *work*, and looks again and again meanwhile."""
    before_mb, seen, over = _together_mb(), [0.0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            seen.append(_together_mb() - before_mb)

    looking, began = threading.Thread(target=look, daemon=True), time.perf_counter()
    looking.start()
    try:
        work()
    finally:
        took_s = time.perf_counter() - began
        over.set()
        looking.join()
    fifth = -(-len(seen) // 5)
    return Course(before_mb, max(seen[:fifth]), max(seen[-fifth:]), max(seen), took_s)


def _together_mb() -> float:
    mine, found = psutil.Process(), 0.0
    for each in (mine, *mine.children(recursive=True)):
        try:
            if "java" not in each.name():  # workers of Dask call themselves by other names
                found += megabytes("RssAnon", Path(f"/proc/{each.pid}/status").read_text("ascii")) or 0.0
        except (psutil.Error, OSError):  # it has just ended
            continue
    return found
