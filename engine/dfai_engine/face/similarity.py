"""How alike two faces are: from the distance of their descriptors to the confidence that the protocol speaks of.

The descriptor's author puts the line between same and different at a distance of 0.6; there the confidence is 0.5. How
steeply it falls is ours: so that 0.44, where the least alike pictures of one person lay in our pairs, is 0.9. It is a
scale to compare by, no probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAME_CONFIDENCE", "SAME_DISTANCE", "Embedding", "confidences", "distances"]

Embedding = NDArray[np.float32]
"""A face's descriptor, 128 numbers; or one in each row."""

SAME_DISTANCE = 0.6
SAME_CONFIDENCE = 0.5
STEEPNESS = 14.0


def distances(face: Embedding, others: Embedding) -> NDArray[np.float64]:
    """The distance of *face* to each row of *others*."""
    return np.asarray(np.linalg.norm(others.astype(np.float64) - face.astype(np.float64), axis=1))


def confidences(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, falling with the distance.

    >>> confidences(np.array([0.0, 0.44, 0.6, 0.8])).round(2).tolist()
    [1.0, 0.9, 0.5, 0.06]
    """
    return np.asarray(1.0 / (1.0 + np.exp(STEEPNESS * (distance - SAME_DISTANCE))))
