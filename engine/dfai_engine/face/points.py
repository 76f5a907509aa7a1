"""The points of a face in the protocol's names: those that a model here sees, and no others.

The service tells 27. Here five are seen: the corners of the eyes, which are among the 27, and the base of the nose,
which is not. The pupils are taken to be between the corners of their eyes. The other 21 are left out: to place them
where an average face has them would look as if somebody had seen them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["landmarks"]

# The picture's left is meant, as with the service.
CORNERS = ("eyeLeftOuter", "eyeLeftInner", "eyeRightInner", "eyeRightOuter")


def landmarks(points: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """By name, in pixels of the picture; *points* are the five, eyes' corners from left to right first."""
    named = dict(zip(CORNERS, points[:4], strict=True))
    named = {"pupilLeft": points[:2].mean(axis=0), "pupilRight": points[2:4].mean(axis=0), **named}
    return {name: {"x": round(float(x), 1), "y": round(float(y), 1)} for name, (x, y) in named.items()}
