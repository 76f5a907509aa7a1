"""Tiles as one picture: a sheet on white, for files and documents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dfai._show.drawing import DENSITY
from dfai._show.fonts import font_for, wrapped
from dfai._show.page import clock
from dfai._show.tiles import NOTHING_HERE, Tile, View

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["sheet"]

_GAP, _MARGIN = 18 * DENSITY, 20 * DENSITY
_LETTERS, _LINE = 12 * DENSITY, 17 * DENSITY
_MOST_LINES = 5
_INK, _SOFT, _BAD, _HAIR, _EMPTY = "#1d2129", "#5d6470", "#b03a1e", "#c9ccd1", "#f2f3f4"
_WIDE_PX = 1_240  # as many columns as fit into this, where nobody says how many


def sheet(tiles: Sequence[Tile], width_px: int, columns: int | None, below: str) -> Image.Image:
    """All tiles, row by row, each row as high as its highest tile."""
    from PIL import Image

    fit = max(1, _WIDE_PX // (width_px + _GAP // DENSITY))
    across = 1 if any(tile.hits for tile in tiles) else columns or min(len(tiles), fit, _even(len(tiles), fit))
    across = max(1, across)
    wide = width_px * DENSITY
    drawn = [_tile(tile, wide) for tile in tiles]
    cell = max([wide, *(one.width for one in drawn)])
    rows = [drawn[start : start + across] for start in range(0, len(drawn), across)]
    heights = [max(one.height for one in row) for row in rows]
    last = _words([(below, _SOFT)], across * (cell + _GAP) - _GAP, 2) if below else None
    total_high = 2 * _MARGIN + sum(heights) + _GAP * max(0, len(rows) - 1) + (last.height + _GAP if last else 0)
    made = Image.new("RGB", (2 * _MARGIN + across * (cell + _GAP) - _GAP, total_high), "white")
    y = _MARGIN
    for row, high in zip(rows, heights, strict=True):
        for place, one in enumerate(row):
            made.paste(one, (_MARGIN + place * (cell + _GAP), y))
        y += high + _GAP
    if last:
        made.paste(last, (_MARGIN, y))
    return made


def _even(count: int, fit: int) -> int:
    """How many columns leave the last row as full as may be, of those that fit.

    >>> _even(6, 4), _even(8, 4), _even(5, 4)
    (3, 4, 3)
    """
    if not count:
        return 1
    return min(
        range(max(1, fit - 1), fit + 1), key=lambda across: (math.ceil(count / across) * across - count, -across)
    )


def _tile(tile: Tile, wide: int) -> Image.Image:
    """One tile: pictures side by side, and the words below; other pictures to its right."""
    parts = [_row([_view(view, wide // len(tile.views)) for view in tile.views], DENSITY * 6)] if tile.views else []
    if tile.sound is not None and tile.sound.content is not None:
        parts.append(_plate("▶ sound", wide, 3 * _LINE))
    words = [(tile.title, _INK)] if tile.title else []
    words += [(note.line, _BAD if note.is_error else _SOFT) for note in tile.notes]
    words += [(f"{clock(moment.start_s)}  {moment.text}", _SOFT) for moment in tile.moments[:8]]
    if words:
        parts.append(_words(words, wide, _MOST_LINES))
    column = _column(parts, wide)
    if not tile.hits:
        return column
    thumbs = [
        _column([_view(hit, 104 * DENSITY), _words([(hit.alt, _SOFT)], 104 * DENSITY, 2)], 104 * DENSITY)
        for hit in tile.hits
    ]
    return _row([column, *thumbs], _GAP // 2)


def _view(view: View, wide: int) -> Image.Image:
    if view.image is not None:
        return view.image
    code, message = view.error or ("", NOTHING_HERE)
    return _plate(f"{code}: {message}" if code else message, wide, round(wide * 0.5))


def _plate(text: str, wide: int, high: int) -> Image.Image:
    """Words where a picture is not."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (wide, high), _EMPTY)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, wide - 1, high - 1), outline=_HAIR, width=DENSITY)
    lines = wrapped(text, _LETTERS, wide - 4 * _LETTERS, max(1, (high - _LETTERS) // _LINE))
    y = (high - len(lines) * _LINE) // 2 + _LINE // 2
    for line in lines:
        font: Any = font_for(line, _LETTERS)
        pen.text((wide // 2, y), line, fill=_SOFT, font=font, anchor="mm")
        y += _LINE
    return image


def _words(words: Sequence[tuple[str, str]], wide: int, most: int) -> Image.Image:
    from PIL import Image, ImageDraw

    lines = [(line, ink) for text, ink in words for line in wrapped(text, _LETTERS, wide, most)]
    image = Image.new("RGB", (wide, len(lines) * _LINE), "white")
    pen = ImageDraw.Draw(image)
    for place, (line, ink) in enumerate(lines):
        font: Any = font_for(line, _LETTERS)
        # No bold font need be here: a stroke around its letters makes one.
        stroke = 0.6 if ink == _INK else 0
        pen.text(
            (1, place * _LINE + _LINE // 2),
            line,
            fill=ink,
            font=font,
            anchor="lm",
            stroke_width=stroke,
            stroke_fill=ink,
        )
    return image


def _row(images: Sequence[Image.Image], gap: int) -> Image.Image:
    from PIL import Image

    made = Image.new(
        "RGB", (sum(one.width for one in images) + gap * (len(images) - 1), max(one.height for one in images)), "white"
    )
    x = 0
    for one in images:
        made.paste(one, (x, 0))
        x += one.width + gap
    return made


def _column(images: Sequence[Image.Image], wide: int) -> Image.Image:
    from PIL import Image

    gap = 7 * DENSITY
    wide = max([wide, *(one.width for one in images)])
    made = Image.new("RGB", (wide, sum(one.height + gap for one in images) - gap if images else 1), "white")
    y = 0
    for one in images:
        made.paste(one, (0, y))
        y += one.height + gap
    return made
