"""Which way a head is turned, from the surface of its face.

The points of the mesh have depths. Two directions are read from them: across the face, between points that mirror one
another, and down it, from the forehead to the chin. The third is square to both: that is where the face looks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["head_pose"]

# Points of the mesh that mirror one another, left and right as they are seen: the eyes' corners, the cheeks and
# temples, the jaw, the brows, the mouth's corners, the wings of the nose.
LEFT = (33, 133, 234, 127, 58, 172, 70, 61, 98)
RIGHT = (263, 362, 454, 356, 288, 397, 300, 291, 327)
FOREHEAD = (10, 109, 338)
CHIN = (152, 148, 377)


def head_pose(mesh: NDArray[np.float64]) -> dict[str, float]:
    """Angles in degrees of the head with this *mesh*, 468 rows of x, y and depth in pixels.

    ``yaw`` is positive where the face looks towards the right edge of the picture, ``pitch`` where it looks up,
    ``roll`` where it is turned clockwise.
    """
    pairs = mesh[list(RIGHT)] - mesh[list(LEFT)]
    across = _unit(_unit(pairs).sum(axis=0))
    down = mesh[list(CHIN)].mean(axis=0) - mesh[list(FOREHEAD)].mean(axis=0)
    down = _unit(down - across * float(across @ down))
    # Depths grow away from the camera, so that this points from the face towards it.
    ahead = -np.cross(across, down)
    roll = math.atan2(across[1], across[0])
    # Yaw and pitch are those of the head held upright.
    aside = ahead[0] * math.cos(roll) + ahead[1] * math.sin(roll)
    below = ahead[1] * math.cos(roll) - ahead[0] * math.sin(roll)
    yaw = math.atan2(aside, -ahead[2])
    pitch = math.atan2(-below, math.hypot(aside, ahead[2]))
    # Without minus zero.
    return {
        name: round(math.degrees(angle), 1) + 0.0 for name, angle in (("pitch", pitch), ("roll", roll), ("yaw", yaw))
    }


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    # Points in one place have no direction.
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
