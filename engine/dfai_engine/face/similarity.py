"""How alike two faces are: from the distance of their descriptors to the confidence that the protocol speaks of.

Descriptors have length 1, so that their distances go from 0 to 2. The line between same and different is 0.88; there
the confidence is 0.5. It is amid the farthest pair of one person and the nearest of two that ``quality_face`` knows.
How steeply the confidence falls is ours: so that 0.68 is 0.9. It is a scale to compare by, no probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAME_CONFIDENCE", "SAME_DISTANCE", "Embedding", "confidences", "distances"]

Embedding = NDArray[np.floating]
"""A face's descriptor, 512 numbers; or one in each row."""

SAME_DISTANCE = 0.88
SAME_CONFIDENCE = 0.5
STEEPNESS = 11.0
# So many rows at a time, so that a large collection is never held twice.
ROWS = 1 << 15


def distances(face: Embedding, others: Embedding) -> NDArray[np.float64]:
    """The distance of *face* to each row of *others*."""
    one = face.astype(np.float32)
    found = np.empty(len(others))
    for first in range(0, len(others), ROWS):
        part = slice(first, first + ROWS)
        found[part] = np.linalg.norm(others[part].astype(np.float32) - one, axis=1)
    return found


def confidences(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, falling with the distance.

    >>> confidences(np.array([0.0, 0.68, 0.88, 1.08])).round(2).tolist()
    [1.0, 0.9, 0.5, 0.1]
    """
    return np.asarray(1.0 / (1.0 + np.exp(STEEPNESS * (distance - SAME_DISTANCE))))
