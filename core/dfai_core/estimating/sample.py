"""Some of a frame's distinct documents, chosen by their hashes: the same ones in every partition that has them.

So what is counted twice can be told from what is counted once, however many partitions there are, in bounded memory.
Up to `MOST` distinct documents all of them are chosen, and what the sample tells is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

__all__ = ["MOST", "Sample", "Shares"]

# A share that is told by so many is off by less than one in a hundred.
MOST = 16_384
_WEIGHTS = 4  # whether it is asked, its characters and units, and as how many documents it is sent
_Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]
_Numbers = np.ndarray[tuple[int, int], np.dtype[np.float64]]


class Shares(NamedTuple):
    """Of each sum, the part that is left where what is equal counts once."""

    documents: float = 1.0
    asked: float = 1.0
    characters: float = 1.0
    units: float = 1.0
    sent: float = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Those documents whose hashes are the smallest; with each, how often it was counted, and what it weighs."""

    hashes: _Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    # A row each: times counted, then the weights of one time.
    numbers: _Numbers = field(default_factory=lambda: np.empty((0, 1 + _WEIGHTS)))

    @classmethod
    def of(cls, keys: Sequence[bytes], weights: Sequence[tuple[float, float, float, float]]) -> Sample:
        """A sample of documents with these *keys*, whose first 8 bytes are as good as random, each counted once."""
        hashes = np.frombuffer(b"".join([key[:8] for key in keys]), np.uint64)
        numbers = np.column_stack([np.ones(len(keys)), np.asarray(weights, float).reshape(-1, _WEIGHTS)])
        return cls(hashes, numbers)._fewest()

    def plus(self, other: Sample) -> Sample:
        """Both together: what is in both was counted as often as in both."""
        hashes = np.concatenate([self.hashes, other.hashes])
        return Sample(hashes, np.concatenate([self.numbers, other.numbers]))._fewest()

    def _fewest(self) -> Sample:
        hashes, firsts, codes = np.unique(self.hashes, return_index=True, return_inverse=True)
        numbers = self.numbers[firsts].copy()
        numbers[:, 0] = np.bincount(codes.ravel(), self.numbers[:, 0], len(hashes))
        return Sample(hashes[:MOST], numbers[:MOST])

    @property
    def whole(self) -> bool:
        """Whether it holds every distinct document."""
        return len(self.hashes) < MOST

    def shares(self) -> Shares:
        """What of all that was counted is counted for the first time.

        >>> import hashlib
        >>> keys = [hashlib.sha256(text).digest() for text in (b"a", b"b", b"a", b"a")]
        >>> Sample.of(keys, [(1, 2, 1, 1), (1, 4, 1, 1), (1, 2, 1, 1), (1, 2, 1, 1)]).shares()
        Shares(documents=0.5, asked=0.5, characters=0.6, units=0.5, sent=0.5)
        """
        times, weights = self.numbers[:, 0], self.numbers[:, 1:]
        firsts = [float(len(times)), *weights.sum(axis=0).tolist()]
        counted = [float(times.sum()), *(weights * times[:, None]).sum(axis=0).tolist()]
        return Shares(*(first / times if times else 1.0 for first, times in zip(firsts, counted, strict=True)))

    def plain(self) -> tuple[bytes, bytes]:
        """As it travels."""
        return self.hashes.tobytes(), self.numbers.astype(np.float32).tobytes()

    @classmethod
    def from_plain(cls, hashes: pa.Scalar, numbers: pa.Scalar) -> Sample:
        """As it arrived."""
        found = np.frombuffer(hashes.as_py(), np.uint64)
        rows = np.frombuffer(numbers.as_py(), np.float32).astype(float).reshape(-1, 1 + _WEIGHTS)
        return cls(found, rows)
