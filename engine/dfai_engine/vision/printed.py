"""The answer of v3.2's ``ocr``: regions, lines and words, boxes in the picture after its text was set level."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision import ocr
from dfai_engine.vision.layout import angle, around, paragraphs
from dfai_engine.vision.pictures import Picture

__all__ = ["regions"]

NOWHERE = "NotDetected"
# Where the top of the text is, before quarter turns counterclockwise set it upright.
_ORIENTATIONS = ("Up", "Right", "Down", "Left")


def regions(picture: Picture, language: str, *, orientation: bool) -> dict[str, Any]:
    """The printed text of a picture; *language* is told as it was asked for."""
    text = ocr.read(picture.pixels)
    turned = angle(text)
    # The nearest quarter is the orientation, the rest the tilt.
    tilt = (turned + 45) % 90 - 45
    level = _Level(picture, -math.radians(tilt))
    found = []
    for lines in paragraphs(text):
        each = [
            {
                "boundingBox": level.box(line.corners),
                "words": [{"boundingBox": level.box(word.corners), "text": word.text} for word in line.words],
            }
            for line in lines
        ]
        found.append({"boundingBox": level.box(np.concatenate([line.corners for line in lines])), "lines": each})
    quarter = round((turned - tilt) / 90) % 4
    return {
        "language": language,
        "textAngle": -math.radians(tilt) if text.lines else 0.0,
        "orientation": _ORIENTATIONS[quarter] if orientation and text.lines else NOWHERE,
        "regions": found,
    }


class _Level:
    """The picture turned about its middle, so that its lines are level."""

    def __init__(self, picture: Picture, turn: float) -> None:
        self._scale = np.array(picture.scale)
        self._middle = np.array((picture.width, picture.height)) / 2
        self._matrix = np.array(((math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))))

    def box(self, corners: NDArray[np.float64]) -> str:
        """Left, top, width and height, in whole pixels."""
        there = (corners * self._scale - self._middle) @ self._matrix.T + self._middle
        left, top, right, bottom = around(there)
        return ",".join(str(round(part)) for part in (left, top, right - left, bottom - top))
