"""Parts of a picture, cut out upright and at the size that a network takes; by dlib, which averages what it shrinks."""

from __future__ import annotations

import math

import dlib
import numpy as np
from numpy.typing import NDArray

__all__ = ["Points", "laid", "square", "turned"]

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


def square(pixels: Pixels, centre: Points, side: float, angle: float, size_px: int) -> Pixels:
    """The square around *centre*, turned by *angle* (radians, clockwise as seen), as (size, size, 3)."""
    across, down = (float(place) for place in centre)
    half = side / 2
    place = dlib.drectangle(across - half, down - half, across + half, down + half)
    dims = dlib.chip_dims(size_px, size_px)
    return np.asarray(dlib.extract_image_chip(pixels, dlib.chip_details(place, dims, angle)))


def laid(pixels: Pixels, points: Points, places: Points, size_px: int) -> Pixels:
    """The part of a picture whose *points* come to lie nearest to *places*: moved, turned and scaled, never bent."""
    dims = dlib.chip_dims(size_px, size_px)
    return np.asarray(dlib.extract_image_chip(pixels, dlib.chip_details(_listed(places), _listed(points), dims)))


def turned(points: Points, angle: float) -> Points:
    """Points turned about the origin by *angle* (radians, clockwise as seen)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]))


def _listed(points: Points) -> dlib.dpoints:
    listed = dlib.dpoints()
    for across, down in points:
        listed.append(dlib.dpoint(float(across), float(down)))
    return listed
