"""Faces in pixels: where they are, five points of each, and the descriptor that tells persons apart. By dlib.

The detector is inside the library; the other two are weights that are read once a process. Both let other threads run.
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
from dfai_engine.face.similarity import SAME_DISTANCE, Embedding
from dfai_engine.face.weights_needed import MODELS
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
# dlib's order of the five points, as ours has them: eyes' corners from left to right as seen, the base of the nose.
ORDER = [2, 3, 1, 0, 4]
# What the descriptor sees around a face, as a share of it on each side. As it was trained.
AROUND = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A face: its box in pixels (left, top, right, bottom), its points (five rows of x and y), how sure it is one."""

    box: tuple[int, int, int, int]
    points: NDArray[np.float64]
    score: float
    shape: Any

    @property
    def side(self) -> int:
        """The box's width."""
        return self.box[2] - self.box[0]


@functools.cache
def _written(folder: Path) -> bytes:
    return network.network(folder / "dlib_face_recognition_resnet_model_v1.dat", 2)


def _descriptor() -> Runner:
    return Runner(_written(weights.folder(MODELS[0])))


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
    predictor = _predictor()
    faces = []
    for rectangle, score in zip(rectangles, scores, strict=True):
        edges = (rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
        left, top, right, bottom = (round(edge * scale) for edge in edges)
        shape = predictor(pixels, dlib.rectangle(left, top, right - 1, bottom - 1))
        points = np.array([(point.x, point.y) for point in shape.parts()], np.float64)[ORDER]
        # A face at the edge: the part that is in the picture.
        box = max(0, left), max(0, top), min(columns, right), min(rows, bottom)
        if box[0] < box[2] and box[1] < box[3]:
            faces.append(Found(box, points, float(score), shape))
    return sorted(faces, key=lambda face: (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]), reverse=True)


def describe(pixels: Pixels, face: Found) -> Embedding:
    """The 128 numbers by which the person of *face* is known: the mean of those of the face and of its mirror image."""
    seen = np.asarray(dlib.get_face_chip(pixels, face.shape, size=network.SIDE_PX, padding=AROUND))
    with _descriptors.lend() as descriptor:
        (given,) = descriptor(network.levels(np.stack([seen, seen[:, ::-1]])))
    return np.asarray(given.values.mean(axis=0), dtype=np.float32)


def group(faces: Sequence[Embedding]) -> list[int]:
    """For each face the number of its group, by chinese whispers over faces nearer than the threshold."""
    vectors = [dlib.vector(face.astype(np.float64).tolist()) for face in faces]
    return [int(number) for number in dlib.chinese_whispers_clustering(vectors, SAME_DISTANCE)]


@functools.cache
def _predictor() -> Any:
    return dlib.shape_predictor(str(weights.folder(MODELS[0]) / "shape_predictor_5_face_landmarks.dat"))
