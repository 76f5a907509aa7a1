"""A picture's colours: the dominant ones by name, an accent colour, and whether there is colour at all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision.pictures import Pixels

__all__ = ["VERSION", "Colors", "colors_of", "is_black_and_white"]

VERSION = "2026-11-26-colors"
SIDE_PX = 96
# Source: Azure AI Vision, "Detect color schemes in images": the twelve names that dominant colours have.
NAMES = ("Black", "Blue", "Brown", "Gray", "Green", "Orange", "Pink", "Purple", "Red", "Teal", "White", "Yellow")
DOMINANT = 0.2  # of the picture's surface
# A grey of JPEG differs by a few steps between its channels.
GREY_STEPS = 12
GREY_SHARE = 0.995
LIVELY = 0.1  # saturation times value; what is below has no say in the accent


@dataclass(frozen=True, slots=True)
class Colors:
    """Colours of one picture, by name; the accent as six hexadecimal digits."""

    foreground: str
    background: str
    dominant: tuple[str, ...]
    accent: str
    black_and_white: bool


def colors_of(pixels: Pixels) -> Colors:
    """The colours of a picture: its middle is the foreground, its border the background."""
    small = _small(pixels)
    names = _named(small)
    rows, columns = names.shape
    middle = np.zeros(names.shape, bool)
    middle[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4] = True
    border = np.ones(names.shape, bool)
    border[rows // 8 : rows - rows // 8, columns // 8 : columns - columns // 8] = False
    shares = np.bincount(names.ravel(), minlength=len(NAMES)) / names.size
    ranked = sorted(range(len(NAMES)), key=lambda name: -shares[name])
    dominant = [NAMES[name] for name in ranked if shares[name] >= DOMINANT] or [NAMES[ranked[0]]]
    return Colors(
        _most(names[middle]), _most(names[border]), tuple(dominant), _accent(small), is_black_and_white(pixels)
    )


def is_black_and_white(pixels: Pixels) -> bool:
    """Whether there are greys alone."""
    small = _small(pixels, cv2.INTER_LINEAR).astype(np.int16)
    spread = small.max(axis=2) - small.min(axis=2)
    return bool((spread <= GREY_STEPS).mean() >= GREY_SHARE)


def _small(pixels: Pixels, how: int = cv2.INTER_AREA) -> Pixels:
    rows, columns = pixels.shape[:2]
    scale = min(1.0, SIDE_PX / max(rows, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=how), dtype=np.uint8)


def _most(names: NDArray[np.int64]) -> str:
    return NAMES[int(np.bincount(names.ravel(), minlength=len(NAMES)).argmax())] if names.size else NAMES[0]


def _named(small: Pixels) -> NDArray[np.int64]:
    """The name of each pixel's colour, by hue (degrees), saturation and value (shares)."""
    hsv = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hue, saturation, value = hsv[:, :, 0], hsv[:, :, 1], hsv[:, :, 2]
    number = {name: place for place, name in enumerate(NAMES)}
    # Later conditions of `select` stand behind earlier ones.
    rules: list[tuple[NDArray[np.bool_], str]] = [
        (value < 0.2, "Black"),
        ((saturation < 0.12) & (value > 0.85), "White"),
        (saturation < 0.15, "Gray"),
        (((hue < 45) | (hue >= 345)) & (value < 0.65) & (hue >= 12) & (hue < 45), "Brown"),
        ((hue < 12) | (hue >= 345), "Red"),
        (hue < 45, "Orange"),
        (hue < 68, "Yellow"),
        (hue < 160, "Green"),
        (hue < 192, "Teal"),
        (hue < 258, "Blue"),
        (hue < 300, "Purple"),
        (hue < 345, "Pink"),
    ]
    # A pale red is pink.
    rules.insert(3, (((hue < 12) | (hue >= 345)) & (saturation < 0.5) & (value > 0.75), "Pink"))
    return np.select([rule for rule, _ in rules], [number[name] for _, name in rules], number["Gray"]).astype(np.int64)


def _accent(small: Pixels) -> str:
    """The most lively colour that covers some of the picture: hues vote with saturation times value."""
    flat = small.reshape(-1, 3)
    hsv = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2HSV).reshape(-1, 3)
    votes = hsv[:, 1] * hsv[:, 2]
    if float(votes.max(initial=0)) < LIVELY:
        return "{:02X}{:02X}{:02X}".format(*(int(channel) for channel in flat.mean(axis=0).round()))
    lively = votes >= LIVELY
    flat, hues, votes = flat[lively], hsv[lively, 0], votes[lively]
    bins = (hues / 15).astype(int) % 24
    best = int(np.bincount(bins, votes**2, minlength=24).argmax())
    chosen = (bins == best) & (votes >= np.median(votes[bins == best]))
    return "{:02X}{:02X}{:02X}".format(*(int(channel) for channel in np.median(flat[chosen], axis=0).round()))
