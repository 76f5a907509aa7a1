"""Where the eyes look from: the middle of each iris, which the mesh does not have.

Source: Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry" (2020).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.face.chips import Points, square, turned
from dfai_engine.face.mesh import EYES
from dfai_engine.face.weights_needed import MESH
from dfai_engine.lite.running import Runner
from dfai_engine.vision.lending import Lender

__all__ = ["pupils"]

SIDE_PX = 64
# What is seen of an eye, as a multiple of its width. As the network was trained.
AROUND = 2.3


_irises = Lender(lambda: Runner((weights.folder(MESH) / "iris_landmark.tflite").read_bytes()))


def pupils(pixels: NDArray[np.uint8], mesh: Points) -> Points:
    """Of the face with this *mesh* the pupil that is left in the picture, and the right one: two rows of x and y."""
    eyes = mesh[list(EYES), :2].reshape(2, 2, 2)
    with _irises.lend() as network:
        # The network knows one eye, the one that is right in the picture; the other is shown to it in a mirror.
        return np.stack([_pupil(network, pixels, *eyes[0], mirrored=True), _pupil(network, pixels, *eyes[1])])


def _pupil(network: Runner, pixels: NDArray[np.uint8], one: Points, other: Points, *, mirrored: bool = False) -> Points:
    """The pupil of an eye, from its corners."""
    across, down = other - one
    angle, side, middle = math.atan2(down, across), max(1.0, AROUND * math.hypot(across, down)), (one + other) / 2
    seen = square(pixels, middle, side, angle, SIDE_PX)
    seen = seen[:, ::-1] if mirrored else seen
    _, iris = network(seen[None].astype(np.float32) / np.float32(255))
    # The middle of the iris is the first of five points.
    place = iris.values.reshape(5, 3)[0, :2].astype(np.float64)
    if mirrored:
        place[0] = SIDE_PX - 1 - place[0]
    return turned((place - (SIDE_PX - 1) / 2) * (side / SIDE_PX), angle) + middle
