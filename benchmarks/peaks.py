"""How much memory processes hold at the peak, while something runs. Linux only."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.held import megabytes

__all__ = ["Peak", "watched"]

_LOOK_S = 0.5


class Peak(NamedTuple):
    """Megabytes (10^6 bytes): all that was resident, by the kernel's own mark, and what was no file's, as far as seen.

    A store's file is mapped: its pages count as resident, and the kernel takes them back when it needs them.
    """

    resident_mb: float
    own_mb: float


class _Peaks(threading.Thread):
    """Looks at processes and all that they started, now and then: the kernel knows the peak of those that live."""

    def __init__(self, kinds: Mapping[str, str], roots: Sequence[int]) -> None:
        super().__init__(daemon=True)
        self.found: dict[str, dict[int, float]] = {}
        self.own: dict[str, float] = {}
        self._kinds = kinds
        self._roots = [psutil.Process(pid) for pid in (os.getpid(), *roots)]
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(_LOOK_S):
            for root in self._roots:
                for process in (root, *root.children(recursive=True)):
                    self._look(process)

    def end(self) -> dict[str, Peak]:
        """The peak of the largest of each kind."""
        self._over.set()
        self.join()
        return {kind: Peak(max(peaks.values()), self.own[kind]) for kind, peaks in sorted(self.found.items())}

    def _look(self, process: psutil.Process) -> None:
        try:
            kind = self._kind(process)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except (psutil.Error, OSError):  # it has just ended
            return
        peak_mb = megabytes("VmHWM", status)
        if kind is None or peak_mb is None:
            return
        self.found.setdefault(kind, {})[process.pid] = peak_mb
        self.own[kind] = max(self.own.get(kind, 0.0), megabytes("RssAnon", status) or 0.0)

    def _kind(self, process: psutil.Process) -> str | None:
        if process.pid == os.getpid():
            return "driver's Python"
        words = " ".join(process.cmdline())
        return next((kind for sign, kind in self._kinds.items() if sign in words), None)


@contextmanager
def watched(kinds: Mapping[str, str], roots: Sequence[int] = ()) -> Iterator[dict[str, Peak]]:
    """The peak of the largest process of each kind; in the mapping once the block is over.

    Parameters
    ----------
    kinds
        What stands in a process's command line, and what to call it. This process is "driver's Python".
    roots
        Processes that are watched with all that they start, besides this one.
    """
    memory_mb: dict[str, Peak] = {}
    peaks = _Peaks(kinds, roots)
    peaks.start()
    try:
        yield memory_mb
    finally:
        memory_mb.update(peaks.end())
