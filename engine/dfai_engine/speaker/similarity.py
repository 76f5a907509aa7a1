"""How alike two voices are: from the cosine of their embeddings to the score that the protocol speaks of.

The protocol's "accept" begins at a score of 0.5. The cosine that has it lies between the line midway between our
recorded pairs, 0.75, and the one of equal errors over all our pairs, 0.81 (docs/models-speaker.md). How steeply the
score rises is ours. It is a scale to compare by, no probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfai_engine.speaker.encoder import Embedding, unit

__all__ = ["ACCEPT", "SAME_COSINE", "cosines", "scores"]

SAME_COSINE = 0.78
ACCEPT = 0.5
STEEPNESS = 20.0


def cosines(voice: Embedding, others: Embedding) -> NDArray[np.float64]:
    """The cosine of *voice* with each row of *others*; sums of embeddings are as good as embeddings."""
    return np.asarray(unit(others).astype(np.float64) @ unit(voice).astype(np.float64))


def scores(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, rising with the cosine."""
    return np.asarray(1.0 / (1.0 + np.exp(-STEEPNESS * (cosine - SAME_COSINE))))
