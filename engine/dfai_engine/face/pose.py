"""Which way a head is turned, from the corners of its eyes and the base of its nose.

An average head is turned, scaled and moved until its five points lie over those of the picture, as a camera far away
would see it. Heads differ from the average one: what that costs is measured in ``benchmarks/quality_face.py``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_DEGREES", "head_pose"]

Points = NDArray[np.float64]

# In millimetres; across to the right of the picture, down, towards the camera. Corners of the eyes from left to right
# as they are seen, then the base of the nose. Adults' averages, rounded: 90 between the outer corners, 32 between the
# inner ones. The base of the nose lies where portraits look, on average, neither up nor down.
HEAD = np.array(
    [[-45.0, 0.0, -10.0], [-16.0, 0.0, 0.0], [16.0, 0.0, 0.0], [45.0, 0.0, -10.0], [0.0, 48.0, 14.0]], np.float64
)
# Beyond this five points tell nothing.
MOST_DEGREES = 60.0
STEPS = 12
# A pull towards the frontal view, in the unit of the residuals: what the points leave open is taken to be that.
FRONTAL = 0.05
NUDGE = 1e-4


def head_pose(points: Points) -> dict[str, float]:
    """Angles in degrees of the head with these *points*, five rows of x and y in pixels, in the order of ``HEAD``.

    ``yaw`` is positive where the face looks towards the right edge of the picture, ``pitch`` where it looks up,
    ``roll`` where it is turned clockwise.
    """
    seen = points - points.mean(axis=0)
    size = float(np.sqrt((seen**2).sum()))
    if size == 0:
        return {"pitch": 0.0, "roll": 0.0, "yaw": 0.0}
    seen = seen / size
    eyes = seen[3] - seen[0]
    angles = np.array([0.0, 0.0, math.atan2(eyes[1], eyes[0])])
    for _ in range(STEPS):
        residual = _residual(angles, seen)
        slopes = np.stack([(_residual(angles + step, seen) - residual) / NUDGE for step in NUDGE * np.eye(3)], axis=1)
        change = np.linalg.lstsq(slopes, -residual, rcond=None)[0]
        angles = angles + np.clip(change, -0.5, 0.5)
    pitch, yaw, roll = np.degrees(angles)
    return {
        "pitch": round(float(np.clip(pitch, -MOST_DEGREES, MOST_DEGREES)), 1),
        "roll": round((float(roll) + 180.0) % 360.0 - 180.0, 1),
        "yaw": round(float(np.clip(yaw, -MOST_DEGREES, MOST_DEGREES)), 1),
    }


def _residual(angles: Points, seen: Points) -> Points:
    """Where the head so turned misses the points, at the scale that misses them least."""
    drawn = (HEAD @ _rotation(*angles).T)[:, :2]
    drawn = drawn - drawn.mean(axis=0)
    scale = (drawn * seen).sum() / (drawn**2).sum()
    return np.concatenate([(scale * drawn - seen).ravel(), FRONTAL * angles[:2]])


def _rotation(pitch: float, yaw: float, roll: float) -> Points:
    """Turned about the axis across, then the one down, then the line of sight; angles in radians."""
    (ps, pc), (ys, yc), (rs, rc) = ((math.sin(angle), math.cos(angle)) for angle in (pitch, yaw, roll))
    # Upwards is towards smaller y: looking up takes what is near (z > 0) there.
    across = np.array([[1, 0, 0], [0, pc, -ps], [0, ps, pc]])
    down = np.array([[yc, 0, ys], [0, 1, 0], [-ys, 0, yc]])
    sight = np.array([[rc, -rs, 0], [rs, rc, 0], [0, 0, 1]])
    return np.asarray(sight @ down @ across)
