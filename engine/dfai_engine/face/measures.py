"""How well a face can be seen: its sharpness, its light, its grain. Numbers from its pixels, no model."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["blur", "exposure", "level", "luma_of", "noise"]

Luma = NDArray[np.float64]

SIDE_PX = 160
# The share of a picture's values by which dark and bright count as lost.
DARK, BRIGHT = 16, 245
# Of the Laplacian's variance: at the first a face counts as wholly blurred, at the second as sharp.
BLURRED, SHARP = 4.0, 400.0
# Grain of this standard deviation, of 255, counts as 1.
COARSE = 24.0


def luma_of(pixels: NDArray[np.uint8], box: tuple[int, int, int, int], *, side_px: int | None = SIDE_PX) -> Luma:
    """The brightness of the part of a picture in *box* (left, top, right, bottom), on a grid of one size for all faces.

    So a face of few pixels counts as blurred, as it is for who looks at it. With *side_px* None the pixels stay as they
    are, as grain must be looked at.
    """
    rows, columns = pixels.shape[:2]
    left, top, right, bottom = box
    left, top = max(0, min(left, columns - 1)), max(0, min(top, rows - 1))
    right, bottom = max(left + 1, min(right, columns)), max(top + 1, min(bottom, rows))
    face = Image.fromarray(pixels[top:bottom, left:right]).convert("L")
    if side_px is not None:
        face = face.resize((side_px, side_px), Image.Resampling.BILINEAR)
    return np.asarray(face, dtype=np.float64)


def blur(luma: Luma) -> float:
    """0 (sharp) to 1 (blurred), by the variance of the Laplacian on a scale of decades."""
    inner = luma[1:-1, 1:-1]
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inner
    variance = max(float(edges.var()), 1e-9)
    share = (math.log(variance) - math.log(BLURRED)) / (math.log(SHARP) - math.log(BLURRED))
    return _share(1.0 - share)


def exposure(luma: Luma) -> float:
    """0 (lost in the dark) to 1 (lost in the light), 0.5 where neither is.

    By what is lost and not by how bright the face is: that would call dark skin badly lit.
    """
    return _share(0.5 + float((luma >= BRIGHT).mean()) - float((luma <= DARK).mean()))


def noise(luma: Luma) -> float:
    """0 (clean) to 1 (coarse grain): the deviation of the noise, over ``COARSE``.

    Source: J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding 64 (1996).
    """
    if min(luma.shape) < 3:
        return 0.0
    rows = luma[:-2] - 2 * luma[1:-1] + luma[2:]
    both = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    deviation = math.sqrt(math.pi / 2) * float(np.abs(both).mean()) / 6.0
    return _share(deviation / COARSE)


def level(value: float, low: float, high: float) -> str:
    """The word for a value: low, medium, high.

    >>> level(0.25, 0.25, 0.75)
    'medium'
    """
    return "low" if value < low else "medium" if value < high else "high"


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 2)
