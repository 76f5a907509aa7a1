"""Whether a picture is clip art or a line drawing: measures of its colours and surfaces, no network.

Drawn surfaces are exactly flat and of few colours; photographs have noise everywhere. JPEG adds noise near edges, so
neighbours may differ a little.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from dfai_engine.vision.pictures import Pixels

__all__ = ["VERSION", "ImageType", "type_of"]

VERSION = "2026-11-26-image-type"
SIDE_PX = 256
FLAT_STEPS = 2  # between neighbours of one surface


@dataclass(frozen=True, slots=True)
class ImageType:
    """In the service's numbers: clip art from 0 (no) to 3 (good), a line drawing 0 or 1."""

    clip_art: int
    line_drawing: int


def type_of(pixels: Pixels) -> ImageType:
    """What kind of picture it is."""
    middle = _middle(pixels)
    grey = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY).astype(np.int16)
    across, down = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(grey, axis=0))
    flat = float(((across[:-1] <= FLAT_STEPS) & (down[:, :-1] <= FLAT_STEPS)).mean())
    shades = (middle >> 3).astype(np.int64)
    counts = np.bincount((shades[..., 0] << 10 | shades[..., 1] << 5 | shades[..., 2]).ravel())
    shares = np.sort(counts[counts > 0])[::-1] / grey.size
    few = float(shares[:8].sum())  # what the eight commonest colours cover
    spread = middle.max(axis=2).astype(int) - middle.min(axis=2)
    ink = float((grey < 128).mean())
    paper = float((grey > 230).mean())
    line = int(paper > 0.7 and 0.002 < ink < 0.2 and bool((spread <= 16).mean() > 0.99))
    if few < 0.7 or flat < 0.7:
        return ImageType(0, line)
    if few > 0.95 and flat > 0.9:
        return ImageType(3, line)
    return ImageType(2 if few > 0.85 and flat > 0.8 else 1, line)


def _middle(pixels: Pixels) -> Pixels:
    """Some of the picture at its own scale: making it smaller would smooth the noise away."""
    rows, columns = pixels.shape[:2]
    top, left = max(0, rows - SIDE_PX) // 2, max(0, columns - SIDE_PX) // 2
    return pixels[top : top + SIDE_PX, left : left + SIDE_PX]
