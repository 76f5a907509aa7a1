"""How alike two faces are: from the distance of their descriptors to the confidence that the protocol speaks of.

The line between same and different is a distance of 0.54; there the confidence is 0.5. The descriptor's author puts it
at 0.6 for a face seen once; the mean of a face and its mirror image lies nearer to everybody. 0.54 is between the
farthest pair of one person (0.45) and the nearest of two (0.59, but for two sisters) that ``quality_face`` knows. How
steeply the confidence falls is ours: so that 0.38 is 0.9. It is a scale to compare by, no probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAME_CONFIDENCE", "SAME_DISTANCE", "Embedding", "confidences", "distances"]

Embedding = NDArray[np.float32]
"""A face's descriptor, 128 numbers; or one in each row."""

SAME_DISTANCE = 0.54
SAME_CONFIDENCE = 0.5
STEEPNESS = 14.0


def distances(face: Embedding, others: Embedding) -> NDArray[np.float64]:
    """The distance of *face* to each row of *others*."""
    return np.asarray(np.linalg.norm(others.astype(np.float64) - face.astype(np.float64), axis=1))


def confidences(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, falling with the distance.

    >>> confidences(np.array([0.0, 0.38, 0.54, 0.7])).round(2).tolist()
    [1.0, 0.9, 0.5, 0.1]
    """
    return np.asarray(1.0 / (1.0 + np.exp(STEEPNESS * (distance - SAME_DISTANCE))))
