"""Which objects are where: SSD-MobileNet v2, COCO's eighty classes.

Source: Liu et al., "SSD", ECCV 2016, and Sandler et al., "MobileNetV2", CVPR 2018; the network of TensorFlow's
detection zoo. It sees the picture at 300 by 300 pixels, so what is small in the picture is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from dfai_engine import weights
from dfai_engine.vision.labels import objects
from dfai_engine.vision.lending import Lender
from dfai_engine.vision.pictures import Pixels

__all__ = ["MODELS", "VERSION", "Box", "Found", "detect"]

MODELS: tuple[str, ...] = ("ssd-mobilenet-v2-coco",)
VERSION = "2026-11-26-ssd-mobilenet-v2"
SIDE_PX = 300
BATCH = 8


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


def _network() -> Any:
    folder = weights.folder(MODELS[0])
    return cv2.dnn.readNetFromTensorflow(
        str(folder / "frozen_inference_graph.pb"), str(folder / "ssd_mobilenet_v2_coco_2018_03_29.pbtxt")
    )


_NETWORKS = Lender(_network)


def detect(pictures: Sequence[Pixels], *, least_confidence: float = 0.5) -> list[list[Found]]:
    """The objects in each picture, the surest first.

    Raises
    ------
    dfai_engine.weights.ModelMissing
    """
    found: list[list[Found]] = [[] for _ in pictures]
    with _NETWORKS.lend() as network:
        for begin in range(0, len(pictures), BATCH):
            batch = [cv2.resize(pixels, (SIDE_PX, SIDE_PX)) for pixels in pictures[begin : begin + BATCH]]
            network.setInput(cv2.dnn.blobFromImages(batch))
            for row in network.forward().reshape(-1, 7):
                place, number, confidence = begin + int(row[0]), int(row[1]), float(row[2])
                label = objects().get(number)
                if place < begin or label is None or confidence < least_confidence:
                    continue
                edges = Box(*(float(edge) for edge in np.clip(row[3:], 0, 1)))
                if edges.area > 0:
                    kind = label.kinds[0] if label.kinds else ""
                    found[place].append(Found(label.name, kind, min(1.0, confidence), edges))
    return [sorted(each, key=lambda one: -one.confidence) for each in found]
