"""Faces in pixels: where they are, the points of each, and the descriptor that tells persons apart.

The detector is dlib's, inside the library; the other two are weights that are read once a process. All let other
threads run.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dfai_engine import weights
from dfai_engine.face import network
from dfai_engine.face.chips import Points, laid
from dfai_engine.face.mesh import mesh
from dfai_engine.face.points import five
from dfai_engine.face.similarity import SAME_DISTANCE, Embedding
from dfai_engine.face.weights_needed import DESCRIPTOR
from dfai_engine.lite.running import Runner
from dfai_engine.vision.lending import Lender

__all__ = ["Found", "describe", "find", "group"]

Pixels = NDArray[np.uint8]

# Below this, what is found is seldom a face (false ones scored under 0.1 on group photographs).
LEAST_SCORE = 0.3
# The detector's window is 80 pixels wide. Larger pictures are made smaller, so that faces must be larger there: as with
# the service, which counts from 1920 × 1080. Smaller ones in which nothing is found are looked at again, doubled.
MOST_PIXELS = 1_920 * 1_080
DOUBLED_PIXELS = 500_000
# A face darker than this, on average, is made as light, but by no more than so many times: what is dark is described
# less well.
LIGHT, MOST_TIMES = 110.0, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A face: its box in pixels (left, top, right, bottom), the points of its mesh, how sure it is one."""

    box: tuple[int, int, int, int]
    points: Points
    score: float

    @property
    def side(self) -> int:
        """The box's width."""
        return self.box[2] - self.box[0]


@functools.cache
def _written(folder: Path) -> bytes:
    return network.network(folder / "fr_feature.onnx", 2)


def _descriptor() -> Runner:
    return Runner(_written(weights.folder(DESCRIPTOR)))


# One for each thread that looks: it keeps what it looks at.
_detectors: Lender[Any] = Lender(dlib.get_frontal_face_detector)
_descriptors = Lender(_descriptor)


def find(pixels: Pixels) -> list[Found]:
    """The faces, largest first."""
    rows, columns = pixels.shape[:2]
    scale = max(1.0, (rows * columns / MOST_PIXELS) ** 0.5)
    looked_at = pixels
    if scale > 1.0:
        size = max(1, round(columns / scale)), max(1, round(rows / scale))
        looked_at = np.ascontiguousarray(np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX)))
    with _detectors.lend() as detector:
        rectangles, scores, _ = detector.run(looked_at, 0, LEAST_SCORE)
        if not len(rectangles) and rows * columns <= DOUBLED_PIXELS:
            rectangles, scores, _ = detector.run(looked_at, 1, LEAST_SCORE)
    faces = []
    for rectangle, score in zip(rectangles, scores, strict=True):
        edges = (rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
        left, top, right, bottom = (round(edge * scale) for edge in edges)
        # A face at the edge: the part that is in the picture.
        box = max(0, left), max(0, top), min(columns, right), min(rows, bottom)
        if box[0] < box[2] and box[1] < box[3]:
            faces.append(Found(box, mesh(pixels, (left, top, right, bottom)), float(score)))
    return sorted(faces, key=lambda face: (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]), reverse=True)


def describe(pixels: Pixels, face: Found) -> Embedding:
    """The 512 numbers by which the person of *face* is known: the mean of those of the face and of its mirror image."""
    seen = _lit(laid(pixels, five(face.points), network.PLACES, network.SIDE_PX))
    with _descriptors.lend() as descriptor:
        (given,) = descriptor(network.levels(np.stack([seen, seen[:, ::-1]])))
    both = given.values.reshape(2, network.DIMENSIONS)
    mean = (both / np.linalg.norm(both, axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def _lit(seen: Pixels) -> Pixels:
    """A face, made lighter if it is dark; by its middle, which hair and background hardly reach."""
    edge = network.SIDE_PX // 6
    times = min(MOST_TIMES, LIGHT / max(1.0, float(seen[edge:-edge, edge:-edge].mean())))
    return seen if times <= 1 else np.clip(seen * times, 0, 255).astype(np.uint8)


def group(faces: Sequence[Embedding]) -> list[int]:
    """For each face the number of its group, by chinese whispers over faces nearer than the threshold."""
    vectors = [dlib.vector(face.astype(np.float64).tolist()) for face in faces]
    return [int(number) for number in dlib.chinese_whispers_clustering(vectors, SAME_DISTANCE)]
