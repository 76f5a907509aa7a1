"""Sound as numbers: 16,000 samples a second of 16 bits, which is what the models hear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FULL_SCALE", "RATE_HZ", "Samples", "Sound", "peak"]

RATE_HZ = 16_000
Samples = NDArray[np.int16]
FULL_SCALE = 32_768


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded file: samples as (channels, time), and the numbers of those channels in the file, from 0 on.

    ``channels`` is empty where all of them were mixed into one.
    """

    samples: Samples
    channels: tuple[int, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it is."""
        return int(self.samples.shape[1]) / RATE_HZ


def peak(samples: Samples) -> float:
    """The loudest of some samples, in [0, 1]. No copy is made: hours of sound would take gigabytes.

    >>> peak(np.array([[5, -32_768]], np.int16)), peak(np.empty(0, np.int16))
    (1.0, 0.0)
    """
    return max(int(samples.max(initial=0)), -int(samples.min(initial=0))) / FULL_SCALE
