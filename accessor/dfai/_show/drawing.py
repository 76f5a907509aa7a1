"""Marks upon a picture: boxes, polygons and points in colours that everybody tells apart, and labels to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dfai._show.fonts import font_for, shortened, width_of
from dfai._show.found import Mark
from dfai._show.labels import Rect, placed
from dfai._show.media import Picture

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

__all__ = ["DENSITY", "colours_of", "drawn", "fitted"]

DENSITY = 2
"""Pixels drawn for each that a page is wide: fine screens show them all."""
# Colours that also those tell apart who lack a kind of cone. Source: M. Okabe and K. Ito, "Color Universal Design",
# 2008; black is left out, which many pictures are.
_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2")
_LABEL_PX = 12 * DENSITY
_SMALL_LABEL_PX = 10 * DENSITY
_MANY = 12  # from so many marks on lines are thinner, and labels smaller
_CROWD = 40
_MOST_COVERED = 0.15  # of a picture with many marks, by their labels
_MOST_HIDDEN = 0.15  # of a text's label, that may lie on other texts
_CASING = (12, 14, 18)
_PIXELATED = 6  # a picture that is enlarged more than that shows its pixels


def colours_of(groups: Sequence[str]) -> dict[str, str]:
    """A colour for each group of marks; after the last the first comes again."""
    return {group: _COLOURS[place % len(_COLOURS)] for place, group in enumerate(groups)}


def fitted(size: tuple[int, int], wide: int, high: int) -> tuple[int, int]:
    """The size of a picture that fills *wide* × *high* as far as its shape allows.

    >>> fitted((400, 300), 200, 250), fitted((100, 1_000), 200, 250)
    ((200, 150), (25, 250))
    """
    scale = min(wide / size[0], high / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def drawn(picture: Picture, marks: Sequence[Mark], colours: Mapping[str, str], size: tuple[int, int]) -> Image.Image:
    """*picture* at *size* with *marks*, the last on top, and their labels, the last placed first."""
    from PIL import Image, ImageDraw

    enlarged = size[0] / picture.image.width
    how = Image.Resampling.NEAREST if enlarged >= _PIXELATED else Image.Resampling.LANCZOS
    image = picture.image.resize(size, how)
    if not marks:
        return image
    scale = size[0] / picture.size[0], size[1] / picture.size[1]
    pen = ImageDraw.Draw(image)
    strong = 5 if len(marks) < _MANY else 3 if len(marks) < _CROWD else 2
    for mark in marks:
        # What stands in a polygon is to be read, and a minor mark lies in another.
        wide = 1 if mark.minor else max(2, strong - 2) if mark.shape == "polygon" else strong
        _outline(pen, mark, scale, colours[mark.group], wide, size)
    for mark in marks:
        _points(pen, mark, scale, colours[mark.group])
    _labels(pen, [mark for mark in reversed(marks) if mark.label], marks, scale, colours, size)
    return image


def _at(corner: tuple[float, float], scale: tuple[float, float]) -> tuple[float, float]:
    return corner[0] * scale[0], corner[1] * scale[1]


def _frame_of(mark: Mark, scale: tuple[float, float], size: tuple[int, int]) -> Rect:
    """What *mark* covers, as far as it is inside the picture."""
    xs, ys = zip(*(_at(corner, scale) for corner in mark.corners), strict=True)

    def inside(value: float, most: int) -> float:
        return min(max(value, 0.0), float(most - 1))

    return Rect(inside(min(xs), size[0]), inside(min(ys), size[1]), inside(max(xs), size[0]), inside(max(ys), size[1]))


def _outline(
    pen: ImageDraw.ImageDraw, mark: Mark, scale: tuple[float, float], colour: str, wide: int, size: tuple[int, int]
) -> None:
    """A line in the mark's colour with a dark one on either side: seen on any ground."""
    if mark.shape == "box":
        left, top, right, bottom = (round(side) for side in _frame_of(mark, scale, size))
        casing = 1
        # Drawn inwards from the edge of the box, so that what is at the picture's edge is seen as well.
        for inset, width, fill in ((0, wide + 2 * casing, _CASING), (casing, wide, colour)):
            if right - left > 2 * inset and bottom - top > 2 * inset:
                pen.rectangle((left + inset, top + inset, right - inset, bottom - inset), outline=fill, width=width)
            elif not inset:
                pen.rectangle((left, top, right, bottom), outline=colour, width=wide)
        return
    corners = [_at(corner, scale) for corner in mark.corners]
    if len(corners) < 2:
        return
    closed = [*corners, *corners[:2]]
    if not mark.minor:
        pen.line(closed, fill=_CASING, width=wide + 2, joint="curve")
    pen.line(closed, fill=colour, width=wide, joint="curve")


def _points(pen: ImageDraw.ImageDraw, mark: Mark, scale: tuple[float, float], colour: str) -> None:
    wide = (mark.corners[1][0] - mark.corners[0][0]) * scale[0]
    radius = max(2.0, min(4.0, wide / 40))
    for point in mark.points:
        x, y = _at(point, scale)
        pen.ellipse((x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1), fill=_CASING)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _labels(
    pen: ImageDraw.ImageDraw,
    named: Sequence[Mark],
    marks: Sequence[Mark],
    scale: tuple[float, float],
    colours: Mapping[str, str],
    size: tuple[int, int],
) -> None:
    """A plate in the mark's colour for each label that has room."""
    # Small where there are many, and on texts, which are to be read themselves.
    few = len(marks) < _MANY and not any(mark.shape == "polygon" for mark in named)
    letters_px = _LABEL_PX if few else _SMALL_LABEL_PX
    pad = letters_px // 4
    high = round(letters_px * 1.35)
    texts = [shortened(" ".join(mark.label.split()), letters_px, 0.9 * size[0] - 2 * pad) for mark in named]
    frames = [_frame_of(mark, scale, size) for mark in named]
    wanted = [
        (frame, (width_of(text, letters_px) + 2 * pad, high)) if text else (frame, (float("inf"), high))
        for frame, text in zip(frames, texts, strict=True)
    ]
    texts_there = [frame for frame, mark in zip(frames, named, strict=True) if mark.shape == "polygon"]
    places = placed(wanted, Rect(0, 0, *size), texts_there)
    for at, (mark, place) in enumerate(zip(named, places, strict=True)):
        # A text that hides another, or itself, is better read below the picture.
        hides = 0.0 if place is None else sum(place.overlap(text) for text in texts_there)
        if place is not None and mark.shape == "polygon" and hides > _MOST_HIDDEN * place.area:
            places[at] = None
    if len(marks) >= _MANY:
        places = _some(places, _MOST_COVERED * size[0] * size[1])
    for mark, text, place in zip(named, texts, places, strict=True):
        if place is None:
            continue
        colour = colours[mark.group]
        pen.rectangle(_whole(place), fill=colour)
        middle = (place.top + place.bottom) / 2
        font: Any = font_for(text, letters_px)
        pen.text((place.left + pad, middle), text, fill=_ink_on(colour), font=font, anchor="lm")


def _some(places: Sequence[Rect | None], most: float) -> list[Rect | None]:
    """The first of *places*, as many as cover no more than *most*: the picture is to be seen behind them."""
    kept: list[Rect | None] = []
    covered = 0.0
    for place in places:
        covered += place.area if place is not None else 0.0
        kept.append(place if covered <= most else None)
    return kept


def _whole(rect: Rect) -> tuple[int, int, int, int]:
    left, top, right, bottom = map(round, rect)
    return left, top, right - 1, bottom - 1


def _ink_on(colour: str) -> str:
    """Black or white, whichever stands out more. Source: WCAG 2.2, relative luminance and contrast ratio.

    >>> _ink_on("#f0e442"), _ink_on("#0072b2")
    ('#000000', '#ffffff')
    """
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
