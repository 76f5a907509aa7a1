"""Tiles as HTML: a piece for notebooks in the colours around it, and a page; pictures and sounds inside, no script."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from dfai._show.drawing import DENSITY
from dfai._show.found import NOTHING, Moment, Note
from dfai._show.media import Seen
from dfai._show.tiles import NOTHING_HERE, Spot, Tile, View

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["clock", "fragment", "page", "png_fragment"]

_FEW_COLOURS = 64  # drawings and diagrams: a PNG of them is sharper, and smaller
_QUALITY = 87

# Nothing here says a colour of letters or of ground: both are those of the notebook around.
_STYLE = """
.dfai-show { display: grid; gap: 22px 18px; align-items: start; margin: 4px 0; color: inherit; text-align: left;
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.dfai-show figure { margin: 0; padding: 0; min-width: 0; }
.dfai-show figure.wide { grid-column: 1 / -1; }
.dfai-show .side { display: flex; gap: 6px; align-items: flex-start; }
.dfai-show .side > * { flex: 0 1 auto; min-width: 0; }
.dfai-show .side > .none { flex: 1 1 0; }
.dfai-show .view { position: relative; display: block; line-height: 0; border-radius: 6px; overflow: hidden;
  max-width: 100%; background: rgba(128,128,128,.12); }
.dfai-show .view img { display: block; width: 100%; height: auto; margin: 0; padding: 0; }
.dfai-show .view i { position: absolute; }
.dfai-show .view i:hover { box-shadow: 0 0 0 2px #fff, 0 0 0 4px #111; border-radius: 2px; }
.dfai-show .none { display: flex; align-items: center; justify-content: center; min-height: 96px; line-height: 1.4;
  padding: 14px 16px; box-sizing: border-box; border: 1px dashed rgba(128,128,128,.55); text-align: center; }
.dfai-show figcaption { margin: 8px 0 0; padding: 0; overflow-wrap: anywhere; font-style: normal; text-align: left;
  color: inherit; font-size: inherit; }
.dfai-show .title { font-weight: 600; }
.dfai-show .note { margin-top: 2px; white-space: pre-line; }
.dfai-show .of { opacity: .68; margin-right: .5em; }
.dfai-show .bad { border-left: 3px solid #e0531f; padding-left: 8px; margin-top: 5px; }
.dfai-show .key { display: inline-block; width: .72em; height: .72em; border-radius: 2px; margin-right: .35em;
  vertical-align: -.04em; box-shadow: 0 0 0 1px rgba(128,128,128,.6); }
.dfai-show .word { margin-right: .7em; }
.dfai-show .side > .asked { flex: 0 0 auto; width: min(40%, var(--wide)); }
.dfai-show .hits { display: flex; flex-wrap: wrap; gap: 10px; align-content: flex-start; }
.dfai-show .hits > div { width: 104px; font-size: 11.5px; line-height: 1.3; overflow-wrap: anywhere; }
.dfai-show .hits .none { min-height: 78px; padding: 6px; font-size: 11px; }
.dfai-show .hits span { display: block; margin-top: 3px; opacity: .8; }
.dfai-show audio { display: block; width: 100%; }
.dfai-show ol { list-style: none; margin: 6px 0 0; padding: 0; max-height: 15em; overflow-y: auto; }
.dfai-show li { display: grid; grid-template-columns: 4.2em 1fr; gap: 4px; margin: 1px 0; }
.dfai-show li b { font-weight: 400; opacity: .68; font-variant-numeric: tabular-nums; }
.dfai-show > p { grid-column: 1 / -1; margin: 0; opacity: .68; }
"""
_PAGE_STYLE = """
:root { color-scheme: light dark; --paper: #fcfcfb; --ink: #1d2129; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e8eaed; } }
body { margin: 0; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
main { max-width: 1280px; margin: 0 auto; padding: 32px 24px 56px; box-sizing: border-box;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 24px; line-height: 1.25; font-weight: 620; letter-spacing: -0.01em; margin: 0 0 18px; }
@media (max-width: 600px) { main { padding: 20px 14px 40px; } }
@media print { figure { break-inside: avoid; } }
"""


def fragment(tiles: Sequence[Tile], width_px: int, columns: int | None, below: str) -> str:
    """What a notebook shows; *below* is a last line."""
    across = "repeat(auto-fill, minmax(min(100%, var(--wide)), var(--wide)))"
    if columns:
        across = f"repeat({columns}, minmax(0, var(--wide)))"
    inside = "".join(_figure(tile) for tile in tiles)
    last = f"<p>{escape(below)}</p>" if below else ""
    grid = f"--wide:{width_px}px;grid-template-columns:{across}"
    return f'<style>{_STYLE}</style><div class="dfai-show" style="{grid}">{inside}{last}</div>'


def png_fragment(png: bytes, alt: str) -> str:
    """A picture that was drawn already, on white as it was meant."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    return (
        f'<img src="{source}" alt="{escape(alt)}" style="max-width:100%;height:auto;background:#fff;border-radius:8px;'
        'display:block">'
    )


def page(title: str, inside: str) -> str:
    """The whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – dfai</title><style>{_PAGE_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{inside}</main></body></html>\n"
    )


def _figure(tile: Tile) -> str:
    views = "".join(_view(view) for view in tile.views)
    shown = f'<div class="side">{views}</div>' if len(tile.views) > 1 else views
    if tile.sound is not None and tile.sound.content is not None:
        shown += _player(tile.sound, tile.title)
    title = f'<div class="title">{escape(tile.title)}</div>' if tile.title else ""
    caption = title + "".join(_note(note, tile) for note in tile.notes) + _moments(tile.moments)
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    if not tile.hits:
        return f"<figure>{shown}{caption}</figure>"
    hits = "".join(f"<div>{_view(hit)}<span>{escape(hit.alt)}</span></div>" for hit in tile.hits)
    left = f'<div class="asked">{shown}{caption}</div>' if shown or caption else ""
    return (
        f'<figure class="wide"><div class="side" style="gap:16px">{left}<div class="hits">{hits}</div></div></figure>'
    )


def _view(view: View) -> str:
    if view.image is None:
        code, message = view.error or ("", NOTHING_HERE)
        said = f"<b>{escape(code)}</b>: {escape(message)}" if code else escape(message)
        return f'<div class="view none" role="img" aria-label="{escape(view.alt)}"><div>{said}</div></div>'
    spots = "".join(_spot(spot) for spot in sorted(view.spots, key=lambda spot: -spot.width * spot.height))
    wide = round(view.image.width / DENSITY)
    return (
        f'<div class="view" style="width:{wide}px"><img src="{_source(view.image)}" alt="{escape(view.alt)}" '
        f'width="{wide}" height="{round(view.image.height / DENSITY)}">{spots}</div>'
    )


def _spot(spot: Spot) -> str:
    sides = (("left", spot.left), ("top", spot.top), ("width", spot.width), ("height", spot.height))
    style = ";".join(f"{side}:{100 * share:.2f}%" for side, share in sides)
    return f'<i title="{escape(spot.tip)}" style="{style}"></i>'


def _note(note: Note, tile: Tile) -> str:
    if note.is_error:
        return f'<div class="note bad"><span class="of">{escape(note.name)}</span>{escape(note.text)}</div>'
    if note.name == NOTHING:
        return f'<div class="note"><span class="of">{escape(note.line)}</span></div>'
    words = []
    for word, group in note.parts:
        colour = (tile.colours or {}).get(group) if group is not None else None
        key = f'<span class="key" style="background:{colour}"></span>' if colour else ""
        words.append(f"{key}{escape(word)}")
    if any(group for _, group in note.parts):
        said = "".join(f'<span class="word">{word}</span>' for word in words)
    else:
        said = " · ".join(words)
    return f'<div class="note"><span class="of">{escape(note.name)}</span>{said}</div>'


def _player(seen: Seen, title: str) -> str:
    assert seen.content is not None
    source = f"data:{seen.content.type};base64,{b64encode(seen.content.data).decode()}"
    return f'<audio controls preload="metadata" aria-label="{escape(title or "sound")}" src="{source}"></audio>'


def _moments(moments: Sequence[Moment]) -> str:
    items = []
    for moment in moments:
        who = f"{moment.speaker}: " if moment.speaker else ""
        items.append(f"<li><b>{clock(moment.start_s)}</b><span>{escape(who + moment.text)}</span></li>")
    return f"<ol>{''.join(items)}</ol>" if items else ""


def clock(seconds: float) -> str:
    """A moment of a sound.

    >>> clock(3.24), clock(75)
    ('0:03.2', '1:15.0')
    """
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _source(image: Image.Image) -> str:
    file = io.BytesIO()
    if image.getcolors(_FEW_COLOURS) is not None:
        image.save(file, "PNG", optimize=True)
        kind = "png"
    else:
        # Colours at full width: thin lines would fade else.
        image.save(file, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
        kind = "jpeg"
    return f"data:image/{kind};base64,{b64encode(file.getvalue()).decode()}"
