"""A column's pictures and sounds for people: read as verbs read them, decoded as the embedded engine decodes them."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from dfai_core import Config
from dfai_core.errors import MissingExtra
from dfai_core.loop import loop_thread
from dfai_core.media import IMAGE, SOUND, Content, Kind, Reader, Room, Unread, arrow_media, media_references
from dfai_core.media.columns import Reference

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Picture", "Seen", "decoded", "look", "need_pillow"]

_FORMATS = (*IMAGE.formats, *SOUND.formats)
_BOTH = Kind(
    "an image or a sound",
    "bytes, a path or URL, a PIL image, or an array",
    _FORMATS,
    samples=True,
)
_MOST_BYTES = 100_000_000
_ROOM = Room(_MOST_BYTES, frozenset(form.name for form in _FORMATS), "Ours: what is shown is held in memory")
_AT_ONCE = 8
# Above this Pillow warns of a decompression bomb; the embedded engine takes no more either.
_MOST_PIXELS = 80_000_000
# How a picture of each EXIF orientation is brought upright. Source: EXIF 2.32, section 4.6.4, Orientation.
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_QUARTERS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a row's value led to: a content, or the code and message of why there is none; neither for a null."""

    name: str = ""
    content: Content | None = None
    error: tuple[str, str] | None = None

    @property
    def is_sound(self) -> bool:
        return self.content is not None and self.content.type.startswith("audio/")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture, upright, perhaps smaller than its file says; *size* is that of the file, upright too."""

    image: Image.Image
    size: tuple[int, int]


def need_pillow(what: str) -> None:
    """MissingExtra where pictures cannot be drawn."""
    try:
        import PIL  # noqa: F401
    except ImportError:
        raise MissingExtra(f'{what} draws with Pillow, which is not here. pip install "dfai[vision]"') from None


def look(values: Sequence[Any], config: Config) -> list[Seen]:
    """What *values* lead to, row by row; whatever cannot be read costs its own row alone."""
    references = media_references(arrow_media(values), samples=True)
    return loop_thread().run(_read_all(values, references, config))


async def _read_all(values: Sequence[Any], references: Any, config: Config) -> list[Seen]:
    reader = Reader(
        _BOTH,
        _ROOM,
        timeout_s=config.timeout_s,
        allow_private=config.private_urls == "allow",
        tries=config.attempts,
    )
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(row: int, reference: Reference | None) -> Seen:
        seen = Seen(_name(values[row]))
        if row in references.wrong:
            said = f"the row holds {references.wrong[row]}: give {_BOTH.remedy}"
            return replace(seen, error=("unsupported", said))
        if row in references.empty:
            return replace(seen, error=("empty", "there are no bytes"))
        if reference is None:
            return seen
        async with turn:
            try:
                found = await reader.read(reference, "worker")
            except Unread as error:
                return replace(seen, error=(error.code, error.message))
            except Exception as error:  # noqa: BLE001  whatever a row's file makes a library do, the others are shown
                return replace(seen, error=("unreadable", f"it cannot be read ({type(error).__name__})"))
        assert isinstance(found, Content)
        return replace(seen, content=found)

    return await asyncio.gather(*(one(row, reference) for row, reference in enumerate(references.rows)))


def _name(value: Any) -> str:
    """A file's name, where *value* has one: without its folder, and without what a URL says to its server."""
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, Mapping):
        value = value.get("path") or value.get("origin")
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str) or value.startswith("data:"):
        return ""
    path = unquote(urlsplit(value).path) if "://" in value else value
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def decoded(content: Content, wanted: tuple[int, int]) -> Picture:
    """The first frame of a picture: upright as its EXIF orientation says, on white where it is transparent.

    A file with many more pixels than *wanted* (width and height) may be decoded at a fraction of its size.

    Raises
    ------
    Unread
        Where it is broken, has too many pixels, or is of a format that Pillow does not know.
    """
    from PIL import Image

    if content.type == "application/pdf":
        raise Unread("unsupported", "a PDF: its pages are not drawn")
    try:
        image: Image.Image = Image.open(io.BytesIO(content.data))
        if image.width * image.height > _MOST_PIXELS:
            raise Unread("too_large", f"more than {_MOST_PIXELS:,} pixels")
        orientation = _orientation(image)
        size = image.size[::-1] if orientation in _QUARTERS else image.size
        image.draft("RGB", (2 * max(wanted), 2 * max(wanted)))
        upright = _opaque(image)
        if orientation in _TURNS:
            upright = upright.transpose(Image.Transpose[_TURNS[orientation]])
    except Unread:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise Unread("too_large", f"more than {_MOST_PIXELS:,} pixels") from None
    except Exception as error:  # noqa: BLE001  what Pillow's readers raise of broken files has no end
        raise Unread("unreadable", f"it cannot be decoded ({type(error).__name__})") from None
    return Picture(upright, size)


def _orientation(image: Image.Image) -> int:
    """What the camera wrote about how it was held; 1 (as it is) where that cannot be read."""
    try:
        written: Any = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001  a picture with broken notes about it is still a picture
        return 1
    return written if isinstance(written, int) else 1


def _opaque(image: Image.Image) -> Image.Image:
    """As RGB: grey levels of more than eight bits as eight, and white where it is transparent."""
    import numpy as np
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        levels = np.nan_to_num(np.asarray(image).astype(float))
        top = 65_535.0 if levels.min() >= 0 and 255 < levels.max() <= 65_535 else max(255.0, float(levels.max()))
        image = Image.fromarray((levels.clip(0, top) * (255 / top)).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        layered = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered)
    return image.convert("RGB")
