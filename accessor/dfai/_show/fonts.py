"""Letters for pictures: a font that has the letters of a text, of those that are here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

__all__ = ["font_for", "shortened", "width_of", "wrapped"]

# By the names under which systems find them: wide ones, then those of writings that the wide ones lack.
_NAMES = (
    "DejaVuSans.ttf",
    "Arial Unicode.ttf",
    "segoeui.ttf",
    "Arial.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "Hiragino Sans GB.ttc",
    "NotoSansArabic-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
)
_NO_LETTER = "\U0010fffe"  # what no font has: it is drawn as what is missing


def font_for(text: str, size_px: int) -> FreeTypeFont:
    """A font of this size that has every letter of *text*; the first of all where none does."""
    fonts = _fonts(size_px)
    strange = frozenset(letter for letter in text if not letter.isascii())
    return next((font for place, font in enumerate(fonts) if _has(size_px, place, strange)), fonts[0])


@cache
def _fonts(size_px: int) -> list[FreeTypeFont]:
    from PIL import ImageFont

    found = []
    for name in (*_matplotlibs(), *_NAMES):
        try:
            found.append(ImageFont.truetype(name, size_px))
        except OSError:
            continue
    return found or [ImageFont.load_default(size_px)]  # type: ignore[list-item]  # Pillow's own, always there


def _matplotlibs() -> list[str]:
    """The wide font that matplotlib brings along, where it is here; it is not imported for that."""
    from importlib.util import find_spec

    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    return [str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf")]


@cache
def _has(size_px: int, place: int, letters: frozenset[str]) -> bool:
    font = _fonts(size_px)[place]
    missing = bytes(font.getmask(_NO_LETTER))
    return all(letter.isspace() or bytes(font.getmask(letter)) != missing for letter in letters)


def width_of(text: str, size_px: int) -> float:
    """How wide *text* is, in pixels."""
    return font_for(text, size_px).getlength(text)


def shortened(text: str, size_px: int, width_px: float) -> str:
    """*text*, cut to this width where it is wider."""
    if width_of(text, size_px) <= width_px:
        return text
    while text and width_of(f"{text}…", size_px) > width_px:
        text = text[: -max(1, len(text) // 12)]
    return f"{text.rstrip()}…" if text else ""


def wrapped(text: str, size_px: int, width_px: float, most: int) -> list[str]:
    """*text* in lines of this width, at most so many; a word that is wider is cut."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if not line or width_of(longer, size_px) <= width_px:
                line = longer
            else:
                lines.append(line)
                line = word
        lines.append(line)
    lines = [shortened(line, size_px, width_px) for line in lines if line]
    return lines if len(lines) <= most else [*lines[: most - 1], shortened(f"{lines[most - 1]} …", size_px, width_px)]
