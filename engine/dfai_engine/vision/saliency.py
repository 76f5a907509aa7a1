"""Which parts of a picture matter: where its edges and unusual colours are, and what the detector found.

No network of its own: colour contrast after Achanta et al. (CVPR 2009, distance from the mean colour), edges, a mild
preference for the middle, and the boxes of objects, people first.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision.detector import Found
from dfai_engine.vision.pictures import Pixels

__all__ = ["importance"]

SIDE_PX = 192  # of the map: crops need no finer one
OBJECT = 1.5  # what an object adds, beside edges and colours that sum to 1 at most
PERSON = 2.5


def importance(pixels: Pixels, found: Sequence[Found] = ()) -> NDArray[np.float64]:
    """How much each part of a picture matters, from 0 on, as a map that is 192 long at most each way."""
    rows, columns = pixels.shape[:2]
    scale = min(1.0, SIDE_PX / max(rows, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float64)
    contrast = np.linalg.norm(cv2.GaussianBlur(lab, (5, 5), 0) - lab.mean(axis=(0, 1)), axis=2)
    light = lab[:, :, 0]
    edges = np.hypot(cv2.Sobel(light, cv2.CV_64F, 1, 0), cv2.Sobel(light, cv2.CV_64F, 0, 1))
    seen = 0.5 * _up_to_one(contrast) + 0.5 * _up_to_one(cv2.GaussianBlur(edges, (9, 9), 0))
    seen *= _middle_first(*seen.shape)
    for each in found:
        left, top, width, height = each.box.in_pixels(seen.shape[1], seen.shape[0])
        weight = (PERSON if each.name == "person" else OBJECT) * each.confidence
        seen[top : top + height, left : left + width] += weight
    return np.asarray(seen, dtype=np.float64)


def _up_to_one(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = float(np.percentile(values, 99))
    return np.clip(values / top, 0, 1) if top > 0 else np.zeros_like(values)


def _middle_first(rows: int, columns: int) -> NDArray[np.float64]:
    """1 in the middle, 0.6 in the corners."""
    down = np.linspace(-1, 1, rows)[:, None]
    across = np.linspace(-1, 1, columns)[None, :]
    return np.asarray(1 - 0.2 * (down**2 + across**2))
