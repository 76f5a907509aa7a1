"""The surface of a face: 468 points, where MediaPipe's mesh has them, from the box that a face was found in.

The network takes an upright face that fills the picture, and a box tells neither. So it looks again at where it found
the face, until the points stay where they are. Source: Kartynnik et al., "Real-time Facial Surface Geometry from
Monocular Video on Mobile GPUs" (2019); the numbers of the points are those of MediaPipe's canonical face.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.face.chips import Points, square, turned
from dfai_engine.face.weights_needed import MESH
from dfai_engine.lite.running import Runner
from dfai_engine.vision.lending import Lender

__all__ = ["EYES", "mesh"]

SIDE_PX = 192
POINTS = 468
# The corners of the eye that is left in the picture, outer and inner; then those of the other, inner and outer.
EYES = (33, 133, 362, 263)
# What is seen around a face, as a multiple of the longer side of its points. As the network was trained.
AROUND = 1.5
# It looks so often at most, and no more once the points moved by less than this share of the side.
LOOKS = 5
SETTLED = 0.004


_meshes = Lender(lambda: Runner((weights.folder(MESH) / "face_landmark.tflite").read_bytes()))


def mesh(pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> Points:
    """The points of the face in *box* (left, top, right, bottom): 468 rows of x, y and depth in pixels.

    Depths are about the middle of the head, those nearer to the camera negative. Whatever is in the box gets points:
    that there is a face must be known.
    """
    left, top, right, bottom = box
    centre, side, angle = np.array([left + right, top + bottom]) / 2, AROUND * max(right - left, bottom - top), 0.0
    found, depths = np.zeros((POINTS, 2)), np.zeros(POINTS)
    with _meshes.lend() as network:
        for _ in range(LOOKS):
            before = found
            seen = square(pixels, centre, side, angle, SIDE_PX)
            flat, _ = network(seen[None].astype(np.float32) / np.float32(255))
            inside = flat.values.reshape(POINTS, 3).astype(np.float64) * (side / SIDE_PX)
            found, depths = turned(inside[:, :2] - side / 2, angle) + centre, inside[:, 2]
            if float(np.abs(found - before).mean()) < SETTLED * side:
                break
            across, down = found[EYES[2:], :].mean(axis=0) - found[EYES[:2], :].mean(axis=0)
            angle = math.atan2(down, across)
            upright = turned(found, -angle)
            least, most = upright.min(axis=0), upright.max(axis=0)
            centre, side = turned((least + most) / 2, angle), max(1.0, AROUND * float((most - least).max()))
    return np.column_stack([found, depths])
