"""Which objects are where: SSD-MobileNet v2, COCO's eighty classes.

Source: Liu et al., "SSD", ECCV 2016, and Sandler et al., "MobileNetV2", CVPR 2018; the network of TensorFlow's
detection zoo, in 8 bits. It sees the picture at 300 by 300 pixels, so what is small in the picture is missed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.lite.running import Given, Runner
from dfai_engine.vision import ssd
from dfai_engine.vision.labels import objects
from dfai_engine.vision.lending import Lender
from dfai_engine.vision.pictures import Pixels

__all__ = ["MODELS", "VERSION", "Box", "Found", "detect"]

MODELS: tuple[str, ...] = ("ssd-mobilenet-v2-coco",)
VERSION = "2026-11-26-ssd-mobilenet-v2"
MOST = 100  # objects of a picture
# As the network was trained: how far offsets move a box and stretch it, and how much two objects of a class may share.
MOVING, STRETCHING = 0.1, 0.2
MOST_SHARED = 0.6

Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """Part of a picture, its edges in shares of the picture's sides, from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """The share of the picture that it covers."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def in_pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, width and height in whole pixels, inside the picture and at least one each way.

        >>> Box(0.5, 0.0, 1.0, 0.25).in_pixels(100, 80)
        (50, 0, 50, 20)
        """
        left, top = min(int(self.left * width), width - 1), min(int(self.top * height), height - 1)
        across, down = round(self.right * width) - left, round(self.bottom * height) - top
        return left, top, max(1, min(across, width - left)), max(1, min(down, height - top))


@dataclass(frozen=True, slots=True)
class Found:
    """An object: its name, the nearest kind that it is of ("" for none), how sure, and where."""

    name: str
    kind: str
    confidence: float
    box: Box


@functools.cache
def _written(folder: Path) -> bytes:
    return ssd.network(folder / "frozen_inference_graph.pb", list(objects()), ssd.spans())


def _network() -> Runner:
    return Runner(_written(weights.folder(MODELS[0])))


_NETWORKS = Lender(_network)


def detect(pictures: Sequence[Pixels], *, least_confidence: float = 0.5) -> list[list[Found]]:
    """The objects in each picture, the surest first.

    Raises
    ------
    dfai_engine.weights.ModelMissing
    """
    with _NETWORKS.lend() as network:
        return [_detected(network, pixels, least_confidence) for pixels in pictures]


def _detected(network: Runner, pixels: Pixels, least_confidence: float) -> list[Found]:
    smaller = cv2.resize(pixels, (ssd.SIDE_PX, ssd.SIDE_PX))
    given = network((smaller.astype(np.int16) - 128).astype(np.int8)[None])
    offsets, logits = _together(given[0::2], 4), _together(given[1::2], len(objects()))
    # Nearly all are below: they are left out before anything is computed of them.
    least = math.ceil(math.log(least_confidence / (1 - least_confidence)) / logits.step + logits.zero)
    places, classes = np.divmod(np.flatnonzero(logits.numbers >= np.int8(least)), len(objects()))
    confidences = _logistic(replace(logits, numbers=logits.numbers[places, classes]).values)
    edges = _edges(ssd.anchors()[places], replace(offsets, numbers=offsets.numbers[places]).values)
    found = []
    labels = list(objects().values())
    for number in np.unique(classes):
        (mine,) = np.nonzero(classes == number)
        label = labels[number]
        for place in mine[_apart(edges[mine], confidences[mine])]:
            box = Box(*(float(edge) for edge in np.clip(edges[place], 0, 1)))
            if box.area > 0:
                kind = label.kinds[0] if label.kinds else ""
                found.append(Found(label.name, kind, float(confidences[place]), box))
    return sorted(found, key=lambda one: -one.confidence)[:MOST]


def _logistic(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def _together(parts: Sequence[Given], width: int) -> Given:
    """The six grids' numbers, a row for each anchor; all six are on one scale."""
    return replace(parts[0], numbers=np.concatenate([part.numbers.reshape(-1, width) for part in parts]))


def _edges(anchors: Boxes, offsets: Boxes) -> Boxes:
    """Left, top, right and bottom of each box, in shares; *offsets* move and stretch *anchors*."""
    middles = offsets[:, :2] * MOVING * anchors[:, 2:] + anchors[:, :2]
    halves = np.exp(offsets[:, 2:] * STRETCHING) * anchors[:, 2:] / 2
    return np.asarray(np.concatenate([(middles - halves)[:, ::-1], (middles + halves)[:, ::-1]], axis=1))


def _apart(edges: Boxes, confidences: NDArray[np.float32]) -> NDArray[np.int64]:
    """Which boxes to keep of one class, the surest first: none that covers much of what a surer one does."""
    left = np.argsort(-confidences, kind="stable")
    areas = np.prod(edges[:, 2:] - edges[:, :2], axis=1)
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        inner = np.minimum(edges[left, 2:], edges[best, 2:]) - np.maximum(edges[left, :2], edges[best, :2])
        shared = np.prod(np.maximum(inner, 0), axis=1)
        left = left[shared / (areas[left] + areas[best] - shared) <= MOST_SHARED]
    return np.array(kept, np.int64)
