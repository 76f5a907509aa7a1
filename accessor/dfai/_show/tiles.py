"""What is shown of each row: its pictures with marks, or its sound; a title; what was said of it; other pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dfai._show.drawing import DENSITY, drawn, fitted
from dfai._show.found import Finding, Mark, Moment, Note
from dfai._show.media import Seen, decoded
from dfai_core.media import Unread

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["NOTHING_HERE", "Spot", "Tile", "View", "sound_tile", "tile"]

NOTHING_HERE = "nothing in this row"
"""What stands in the place of a null."""
_TALLEST = 1.25  # heights of a picture to its width
_HIT_PX = 104
_MOST_SOUND_BYTES = 12_000_000


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a picture, in shares of its width and height, and what is said of it."""

    left: float
    top: float
    width: float
    height: float
    tip: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture as it is shown, at `DENSITY`; or why there is none."""

    alt: str
    image: Image.Image | None = None
    spots: tuple[Spot, ...] = ()
    error: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One row."""

    title: str
    views: tuple[View, ...] = ()
    notes: tuple[Note, ...] = ()
    colours: Mapping[str, str] | None = None
    hits: tuple[View, ...] = ()
    sound: Seen | None = None
    moments: tuple[Moment, ...] = ()

    @property
    def says(self) -> str:
        """All that stands below it, in one line."""
        errors = [f"{view.error[0]}: {view.error[1]}" for view in self.views if view.error]
        likes = [", ".join(hit.alt for hit in self.hits)] if self.hits else []
        return "; ".join(errors + [note.line for note in self.notes] + likes)


def tile(
    title: str,
    seen: Sequence[Seen],
    findings: Sequence[Finding],
    hits: Sequence[tuple[str, Seen]],
    colours: Mapping[str, str],
    width_px: int,
) -> Tile:
    """A row with pictures: one or more side by side, each with what was found in it."""
    each_px = width_px // max(1, len(seen))
    notes = tuple(note for finding in findings for note in finding.notes)
    said = "; ".join(note.line for note in notes if not note.is_error)
    views = [
        _view(one, finding.marks, colours, each_px, said if not place else "")
        for place, (one, finding) in enumerate(zip(seen, findings, strict=False))  # a row in words has no picture
    ]
    others = tuple(_view(replace(one, name=name or one.name), (), colours, _HIT_PX, "") for name, one in hits)
    return Tile(title, tuple(views), notes, colours, others)


def sound_tile(title: str, seen: Seen, finding: Finding) -> Tile:
    """A row with a sound."""
    content = seen.content
    if content is not None and len(content) > _MOST_SOUND_BYTES:
        said = f"{len(content):,} bytes of sound: up to {_MOST_SOUND_BYTES:,} are put into a page"
        seen = replace(seen, content=None, error=("too_large", said))
    views = () if seen.content is not None else (View(seen.name, error=seen.error),)
    return Tile(title, views, tuple(finding.notes), None, (), seen, tuple(finding.moments))


def _view(seen: Seen, marks: Sequence[Mark], colours: Mapping[str, str], wide_px: int, said: str) -> View:
    alt = " – ".join(part for part in (seen.name or "picture", said) if part)
    if seen.content is None:
        return View(alt, error=seen.error)
    if seen.is_sound:
        return View(alt, error=("unsupported", "a sound among pictures: name its column alone"))
    wide = wide_px * DENSITY
    try:
        picture = decoded(seen.content, (wide, wide))
    except Unread as error:
        return View(alt, error=(error.code, error.message))
    size = fitted(picture.size, wide, round(wide * _TALLEST))
    image = drawn(picture, marks, colours, size)
    return View(alt, image, tuple(_spot(mark, picture.size) for mark in marks if mark.tip))


def _spot(mark: Mark, size: tuple[int, int]) -> Spot:
    xs, ys = zip(*mark.corners, strict=True)
    left, right = (min(max(x / size[0], 0.0), 1.0) for x in (min(xs), max(xs)))
    top, bottom = (min(max(y / size[1], 0.0), 1.0) for y in (min(ys), max(ys)))
    return Spot(left, top, right - left, bottom - top, mark.tip)
