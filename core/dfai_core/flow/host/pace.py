"""One pace for all processes of a host: the next free place in line stands in a file."""

from __future__ import annotations

from pathlib import Path

from dfai_core.flow.host.files import closed, opened
from dfai_core.flow.limiter import Pace

__all__ = ["HostPace"]

_SIZE_BYTES = 8


class HostPace:
    """A `Pace` that all processes of the host share that open *path* with the same rate.

    Times are those of `time.monotonic`, which on Linux and macOS is one clock for all processes of a host.
    """

    def __init__(self, path: Path, rate_per_s: float) -> None:
        self._pace = Pace(rate_per_s)
        self._key, self._file = opened(path)
        with self._file.record_locked():
            # As a number it is written in one piece: a process killed meanwhile leaves no half of it.
            self._next_at = memoryview(self._file.mapped(_SIZE_BYTES)).cast("d")

    def reserve(self, now: float, cost: float = 1.0) -> float:
        """As `Pace.reserve`."""
        with self._file.record_locked():
            self._pace.next_at = self._next_at[0]
            wait_s = self._pace.reserve(now, cost=cost)
            self._next_at[0] = self._pace.next_at
        return wait_s

    def close(self) -> None:
        """Ends the use of the file."""
        self._next_at.release()
        closed(self._key, self._file)
