"""The part of a picture to keep: the best window of a given shape, and the area of interest."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.vision import detector
from dfai_engine.vision.detector import Box, Found
from dfai_engine.vision.pictures import Pixels
from dfai_engine.vision.saliency import importance

__all__ = ["MODELS", "OPTIONAL_MODELS", "area_of_interest", "objects_if_here", "thumbnail", "version", "window"]

MODELS: tuple[str, ...] = ()
OPTIONAL_MODELS: tuple[str, ...] = detector.MODELS
KEPT = 0.9  # of what matters: the area of interest holds at least this share
PROUD = 0.25  # below this share of a picture's most important part, nothing matters
LEAST_SIDE = 0.25  # of the picture: an area of interest is no smaller each way


def version() -> str:
    """Who decides what matters, on this machine."""
    return f"2026-11-26-saliency{'+ssd-mobilenet-v2' if all(map(weights.present, OPTIONAL_MODELS)) else ''}"


def objects_if_here(pixels: Pixels) -> list[Found]:
    """The objects to keep in view; none where the detector's weights are not on this disk."""
    if not all(map(weights.present, OPTIONAL_MODELS)):
        return []
    return detector.detect([pixels])[0]


def window(pixels: Pixels, ratio: float, found: Sequence[Found] = ()) -> Box:
    """The largest window that is *ratio* times as wide as high, where it keeps most of what matters."""
    rows, columns = pixels.shape[:2]
    wide, high = min(1.0, rows * ratio / columns), min(1.0, columns / ratio / rows)
    left, top = _best(importance(pixels, found), wide, high)
    return Box(left, top, left + wide, top + high)


def _best(seen: NDArray[np.float64], wide: float, high: float) -> tuple[float, float]:
    """Where a window keeps most; it spans the picture one way at least."""
    across = _slide(seen.sum(axis=0), wide)
    down = _slide(seen.sum(axis=1), high)
    return across, down


def _slide(profile: NDArray[np.float64], share: float) -> float:
    """The place, in shares, at which a piece of a profile weighs most; of equals the nearest to the middle."""
    length = len(profile)
    piece = max(1, round(share * length))
    if share >= 1 or piece >= length:
        return 0.0 if share >= 1 else (1 - share) / 2
    sums = np.convolve(profile, np.ones(piece), "valid")
    places = np.linspace(0, 1 - share, len(sums))
    near = np.isclose(sums, sums.max(), rtol=1e-6, atol=1e-12)
    return float(min(places[near], key=lambda place: abs(place - (1 - share) / 2)))


def area_of_interest(pixels: Pixels, found: Sequence[Found] = ()) -> Box:
    """The smallest part, of those found by taking away edges, that keeps nine tenths of what matters."""
    seen = importance(pixels, found)
    seen = np.where(seen >= PROUD * seen.max(), seen, 0)
    rows, columns = seen.shape
    whole = float(seen.sum())
    if whole <= 0:
        return Box(0.0, 0.0, 1.0, 1.0)
    top, bottom, left, right = 0, rows, 0, columns
    budget = whole * (1 - KEPT)
    while True:
        part = seen[top:bottom, left:right]
        # What each edge costs, and how much it takes away.
        costs: list[tuple[float, str, float]] = []
        if bottom - top > LEAST_SIDE * rows:
            costs += [(float(part[0].mean()), "top", float(part[0].sum()))]
            costs += [(float(part[-1].mean()), "bottom", float(part[-1].sum()))]
        if right - left > LEAST_SIDE * columns:
            costs += [(float(part[:, 0].mean()), "left", float(part[:, 0].sum()))]
            costs += [(float(part[:, -1].mean()), "right", float(part[:, -1].sum()))]
        costs = [cost for cost in costs if cost[2] <= budget]
        if not costs:
            return Box(left / columns, top / rows, right / columns, bottom / rows)
        _, edge, lost = min(costs)
        budget -= lost
        top, bottom = top + (edge == "top"), bottom - (edge == "bottom")
        left, right = left + (edge == "left"), right - (edge == "right")


def thumbnail(pixels: Pixels, width: int, height: int, *, smart: bool) -> Pixels:
    """The picture at exactly this size, undistorted: the best window of its shape, or the middle one."""
    rows, columns = pixels.shape[:2]
    ratio = width / height
    if smart:
        box = window(pixels, ratio, objects_if_here(pixels))
    else:
        wide, high = min(1.0, rows * ratio / columns), min(1.0, columns / ratio / rows)
        box = Box((1 - wide) / 2, (1 - high) / 2, (1 + wide) / 2, (1 + high) / 2)
    left, top, across, down = box.in_pixels(columns, rows)
    part = pixels[top : top + down, left : left + across]
    smaller = across > width or down > height
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (width, height), interpolation=how), dtype=np.uint8)
