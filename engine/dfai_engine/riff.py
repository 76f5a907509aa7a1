"""WAV files piece by piece: which chunks a file has, and how much of its sound is there.

Source: "Multimedia Programming Interface and Data Specifications 1.0", the RIFF form WAVE.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Chunk", "chunks", "is_wav"]

# What writers put there that do not know yet how long the sound will be: nothing, or from here on.
_OPEN_END_BYTES = 0x7FFF_0000


class Chunk(NamedTuple):
    """A piece of a file: its *name*, where it begins, how long it says it is, how much of the file is left there."""

    name: bytes
    at: int
    declared_bytes: int
    left_bytes: int

    @property
    def size_bytes(self) -> int:
        """How much of it is there; all that is left, where nobody knew."""
        return self.left_bytes if self._is_open else min(self.declared_bytes, self.left_bytes)

    @property
    def is_whole(self) -> bool:
        """Whether as much is there as it says."""
        return self._is_open or self.declared_bytes <= self.left_bytes

    @property
    def _is_open(self) -> bool:
        return self.declared_bytes == 0 or self.declared_bytes >= _OPEN_END_BYTES


def is_wav(data: bytes) -> bool:
    """Whether *data* begins as a WAV file does, one of more than 4 GB too."""
    return data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE"


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a WAV file, one behind the other."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield Chunk(data[at : at + 4], at + 8, size, len(data) - at - 8)
        at += 8 + size + size % 2
