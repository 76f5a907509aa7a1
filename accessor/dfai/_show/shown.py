"""What `show` gives back: seen at once in a notebook, kept in a file elsewhere."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from dfai_core.errors import ConfigError

# What draws and writes is imported when it is needed: `import dfai` brings this file.
if TYPE_CHECKING:
    from PIL import Image

    from dfai._show.tiles import Tile

__all__ = ["Shown", "ShownSeries", "ShownTiles"]

_LISTED = 12
_WIDEST = 96
_PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_PAGES = (".html", ".htm")


class Shown(ABC):
    """What `show` gives back. A notebook shows it at once; elsewhere `save` it, or take its `image`."""

    __slots__ = ()

    title: str

    @abstractmethod
    def image(self) -> Image.Image:
        """All of it as one PIL image, on white, two pixels for each of a page."""

    @abstractmethod
    def to_html(self) -> str:
        """All of it as one page, which needs nothing else: no script, no file, no network."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes a page (``.html``) or a picture (``.png``, ``.jpg``, ``.webp``), and gives its path.

        Raises
        ------
        ConfigError
            For another ending.
        """
        place = Path(path)
        ending = place.suffix.lower()
        if ending in _PAGES:
            place.write_text(self.to_html(), encoding="utf-8")
        elif ending in _PICTURES:
            # In memory first: a file that could not be drawn is not begun.
            file = io.BytesIO()
            self.image().save(file, _PICTURES[ending], quality=90)
            place.write_bytes(file.getvalue())
        else:
            known = ", ".join((_PAGES[0], *_PICTURES))
            raise ConfigError(f"save: {place.name!r} should end in one of {known}.")
        return place

    @abstractmethod
    def _repr_html_(self) -> str: ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShownTiles(Shown):
    """Pictures or sounds, a tile each."""

    title: str
    tiles: tuple[Tile, ...]
    width_px: int
    columns: int | None
    below: str = field(default="")

    def image(self) -> Image.Image:
        from dfai._show.media import need_pillow
        from dfai._show.sheet import sheet

        need_pillow("image")
        return sheet(self.tiles, self.width_px, self.columns, self.below)

    def to_html(self) -> str:
        from dfai._show.page import page

        return page(self.title, self._repr_html_())

    def _repr_html_(self) -> str:
        if not self.tiles:
            return f"<p>{escape(self.title)}</p>"
        from dfai._show.page import fragment

        return fragment(self.tiles, self.width_px, self.columns, self.below)

    def __len__(self) -> int:
        return len(self.tiles)

    def __repr__(self) -> str:
        lines = [f"{self.title}; to see them: .save('shown.html')" if self.tiles else self.title]
        names = [tile.title or "–" for tile in self.tiles[:_LISTED]]
        wide = min(28, max(map(len, names), default=0))
        for name, tile in zip(names, self.tiles, strict=False):
            line = f"  {name:<{wide}}  {' '.join(tile.says.split())}".rstrip()
            lines.append(line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…")
        if len(self.tiles) > _LISTED:
            lines.append(f"  and {len(self.tiles) - _LISTED} more")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShownSeries(Shown):
    """Series with their anomalies, drawn already."""

    title: str
    png: bytes
    panels: tuple[str, ...]

    def image(self) -> Image.Image:
        from dfai._show.media import need_pillow

        need_pillow("image")
        from PIL import Image

        return Image.open(io.BytesIO(self.png)).convert("RGB")

    def to_html(self) -> str:
        from dfai._show.page import page

        return page(self.title, self._repr_html_())

    def _repr_html_(self) -> str:
        from dfai._show.page import png_fragment

        return png_fragment(self.png, f"{self.title}: {'; '.join(self.panels)}")

    def __len__(self) -> int:
        return len(self.panels)

    def __repr__(self) -> str:
        more = max(0, len(self.panels) - _LISTED)
        shown = [f"  {panel}" for panel in self.panels[:_LISTED]] + ([f"  and {more} more"] if more else [])
        return "\n".join([f"{self.title}; to see them: .save('shown.png')", *shown])
