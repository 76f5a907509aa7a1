"""What a call has spent over all processes of a host: two numbers in a file."""

from __future__ import annotations

from pathlib import Path

from dfai_core.flow.allowance import Allowance, Left, Purse
from dfai_core.flow.host.files import closed, opened

__all__ = ["HostPurse"]

_SIZE_BYTES = 16


class HostPurse:
    """A `Purse` that all processes of the host share that open *path* with the same allowance."""

    def __init__(self, path: Path, allowance: Allowance) -> None:
        self._allowance = allowance
        self._key, self._file = opened(path)
        with self._file.record_locked():
            self._spent = memoryview(self._file.mapped(_SIZE_BYTES)).cast("d")

    def take(self, documents: float, cost: float) -> Left | None:
        """As `Purse.take`."""
        with self._file.record_locked():
            purse = Purse(self._allowance, self._spent[0], self._spent[1])
            left = purse.take(documents, cost)
            # Each is written in one piece. A process killed between the two has sent nothing yet.
            self._spent[0], self._spent[1] = purse.documents, purse.cost
        return left

    def close(self) -> None:
        """Ends the use of the file."""
        self._spent.release()
        closed(self._key, self._file)
