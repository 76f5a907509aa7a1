"""Small frames of pictures with answers, for tests of `show`, and ways to look at what it made."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
from PIL import ImageColor

from dfai._show.drawing import DENSITY, colours_of

__all__ = [
    "FIRST",
    "GREY",
    "HIGH",
    "SCALE",
    "SHOWN_PX",
    "WIDE",
    "Elements",
    "answered",
    "blank",
    "box",
    "drawn",
    "frame",
    "near",
]

WIDE, HIGH, SHOWN_PX = 200, 100, 100
SCALE = SHOWN_PX * DENSITY / WIDE
FIRST = ImageColor.getrgb(next(iter(colours_of(["any"]).values())))
GREY = (90, 90, 90)


def blank(size: tuple[int, int] = (WIDE, HIGH)) -> np.ndarray[Any, Any]:
    return np.full((size[1], size[0], 3), 90, np.uint8)


def box(x: int, y: int, width: int, height: int, **more: Any) -> dict[str, Any]:
    return {"x_px": x, "y_px": y, "width_px": width, "height_px": height, **more}


def frame(pictures: list[Any], **columns: list[Any]) -> pd.DataFrame:
    """Pictures as objects, and columns of answers without errors."""
    made = pd.DataFrame({"p": pd.Series(pictures, dtype=object)})
    for name, values in columns.items():
        made[name] = pd.Series(values, dtype=object)
    return made


def answered(pictures: list[Any], **columns: list[Any]) -> pd.DataFrame:
    """The same with columns of errors, all null."""
    made = frame(pictures, **columns)
    for name in columns:
        made[f"{name}_error"] = made[f"{name}_error_message"] = None
    return made


def drawn(made: pd.DataFrame, row: int = 0, **options: Any) -> np.ndarray[Any, Any]:
    """A row's picture as it is shown."""
    shown: Any = made.ai.show("p", width_px=SHOWN_PX, **options)
    return np.asarray(shown.tiles[row].views[0].image)


def near(pixels: np.ndarray[Any, Any], x: float, y: float, colour: tuple[int, ...], reach: int = 4) -> bool:
    """Whether *colour* is at a place of the shown picture, or *reach* pixels beside it."""
    left, top = max(0, round(x) - reach), max(0, round(y) - reach)
    return bool((pixels[top : top + 2 * reach + 1, left : left + 2 * reach + 1] == colour).all(axis=2).any())


class Elements(HTMLParser):
    """A page's elements by name, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]
