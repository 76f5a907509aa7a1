"""The points of a face in the protocol's names: its 27 landmarks, and the five by which faces are laid on one another.

Each is a point of the mesh, or the middle of some. Which, is told by the protocol's own picture of them: the mesh has
no names. Source: Face, "Face detection, attributes, and input data: face landmarks".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["LANDMARKS", "five", "landmarks"]

Points = NDArray[np.float64]

# The picture's left is meant, as with the service. The mesh has no pupils.
LANDMARKS: Mapping[str, tuple[int, ...]] = {
    "noseTip": (1,),
    "mouthLeft": (61,),
    "mouthRight": (291,),
    "eyebrowLeftOuter": (70, 46),
    "eyebrowLeftInner": (107, 55),
    "eyeLeftOuter": (33,),
    "eyeLeftTop": (159,),
    "eyeLeftBottom": (145,),
    "eyeLeftInner": (133,),
    "eyebrowRightInner": (336, 285),
    "eyebrowRightOuter": (300, 276),
    "eyeRightInner": (362,),
    "eyeRightTop": (386,),
    "eyeRightBottom": (374,),
    "eyeRightOuter": (263,),
    "noseRootLeft": (245,),
    "noseRootRight": (465,),
    "noseLeftAlarTop": (198,),
    "noseRightAlarTop": (420,),
    "noseLeftAlarOutTip": (64,),
    "noseRightAlarOutTip": (294,),
    "upperLipTop": (0,),
    "upperLipBottom": (13,),
    "underLipTop": (14,),
    "underLipBottom": (17,),
}
FIVE = ((33, 133), (362, 263), (1,), (61,), (291,))


def landmarks(mesh: Points, pupils: Points) -> dict[str, dict[str, float]]:
    """By name, in pixels of the picture that *mesh* and *pupils*, the left one first, have their points in."""
    left, right = pupils
    named = {"pupilLeft": left, "pupilRight": right}
    named |= {name: mesh[list(places), :2].mean(axis=0) for name, places in LANDMARKS.items()}
    return {name: {"x": round(float(x), 1), "y": round(float(y), 1)} for name, (x, y) in named.items()}


def five(mesh: Points) -> Points:
    """The eyes, the tip of the nose, the corners of the mouth, from left to right."""
    return np.stack([mesh[list(places), :2].mean(axis=0) for places in FIVE])
