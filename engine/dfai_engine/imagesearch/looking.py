"""What a picture's file tells: its name, its size, what its maker noted in it; and, with models, what it shows."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from dfai_engine.failures import ServiceFailure
from dfai_engine.imagesearch.catalogue import Known, Picture

__all__ = ["SUFFIXES", "Seen", "Sight", "looked_at", "sight_here", "words_in_name"]

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
_FORMATS = {".jpg": "jpeg", ".jpeg": "jpeg", ".tif": "tiff", ".tiff": "tiff"}
_MAX_BYTES = 100_000_000
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
# Source: Exif 2.32, tables 4 and 7: description, artist, copyright, and what Windows writes as title and keywords.
_EXIF_TEXTS = (0x010E, 0x013B, 0x8298, 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F)
_EXIF_IFD, _TAKEN, _TURN = 0x8769, 0x9003, 0x0112
# Source: IPTC-NAA Information Interchange Model 4.2, record 2: object name, keywords, city, country, headline, caption.
_IPTC_TEXTS = ((2, 5), (2, 25), (2, 90), (2, 101), (2, 105), (2, 120))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows."""

    tags: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    text: str = ""
    vector: bytes | None = None


class Sight(Protocol):
    """Looks at pictures. *name* changes with what it would see."""

    @property
    def name(self) -> str: ...

    def look(self, data: bytes) -> Seen:
        """What *data*, a picture's file, shows; ServiceFailure where it is none that can be looked at."""

    def vector(self, data: bytes) -> bytes:
        """What *data* looks like: float32, of length 1, to be compared with others."""


@dataclass(frozen=True, slots=True)
class _Models:
    """The models of the vision family."""

    name: str

    def look(self, data: bytes) -> Seen:
        from dfai_engine.vision.seen import Seen as Shown

        picture = _read(data)
        shown = Shown(picture)
        text = shown.text if find_spec("rapidocr") and find_spec("onnxruntime") else None
        return Seen(
            tags=tuple(tag.name for tag in shown.tags),
            objects=tuple(dict.fromkeys(each.name for each in shown.objects)),
            text="" if text is None else " ".join(line.text for line in text.lines),
            vector=_vector(picture),
        )

    def vector(self, data: bytes) -> bytes:
        return _vector(_read(data))


def _read(data: bytes) -> Any:
    from dfai_engine.vision.limits import LIMITS
    from dfai_engine.vision.pictures import read

    return read(data, replace(LIMITS["wide"].analysis, max_bytes=_MAX_BYTES))


def _vector(picture: Any) -> bytes:
    from dfai_engine.vision import classifier

    return bytes(classifier.embed([picture.pixels])[0].astype("<f4").tobytes())


def sight_here() -> Sight | None:
    """The models that can look here; None where their packages are missing."""
    if any(find_spec(package) is None for package in ("numpy", "PIL", "cv2", "ai_edge_litert")):
        return None
    from dfai_engine.vision import tags

    return _Models(tags.VERSION + ("+text" if find_spec("rapidocr") and find_spec("onnxruntime") else ""))


def words_in_name(path: Path, root: Path) -> str:
    """The words in the names of a file and of the folders between it and *root*.

    >>> words_in_name(Path("/p/Rome_2024/redCar12.jpg"), Path("/p"))
    'Rome 2024 red Car 12'
    """
    place = path.relative_to(root).with_suffix("").as_posix()
    return " ".join(_CAMEL.sub(" ", re.sub(r"[\W_]+", " ", place)).split())


def looked_at(path: Path, root: Path, state: os.stat_result, sight: Sight | None) -> Picture:
    """The picture at *path*, with whatever can be told of it.

    Raises
    ------
    OSError
        It cannot be read.
    """
    changed = datetime.fromtimestamp(state.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = words_in_name(path, root)
    kind = _FORMATS.get(path.suffix.lower(), path.suffix.lower()[1:])
    known = Known(state.st_size, state.st_mtime_ns, "" if sight is None else sight.name)
    picture = Picture(path, root, known, changed, format=kind, words={"name": name})
    if state.st_size > _MAX_BYTES:
        return picture
    data = path.read_bytes()
    notes = _notes(data) if find_spec("PIL") else None
    if notes is not None:
        picture = replace(
            picture,
            width=notes.width,
            height=notes.height,
            format=notes.format,
            published=notes.taken or changed,
            words={**picture.words, "noted": " ".join(notes.texts)},
            shown={"name": notes.texts[0]} if notes.texts else {},
        )
    if sight is not None and notes is not None:
        try:
            seen = sight.look(data)
        except ServiceFailure:  # too small, too large: it is found by its name all the same
            return picture
        found = {"tags": " ".join(seen.tags), "objects": " ".join(seen.objects), "text": seen.text}
        told = {"tags": list(seen.tags)}
        return replace(picture, words={**picture.words, **found}, shown={**picture.shown, **told}, vector=seen.vector)
    return picture


@dataclass(frozen=True, slots=True)
class _Notes:
    """What Pillow tells without decoding the picture."""

    width: int
    height: int
    format: str
    taken: str | None
    texts: tuple[str, ...] = field(default=())


def _notes(data: bytes) -> _Notes | None:
    """What stands in a picture's file besides the picture; None for a file that is none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            exif = image.getexif()
            width, height = image.size
            if exif.get(_TURN) in (5, 6, 7, 8):  # as people see it
                width, height = height, width
            taken = _moment(exif.get_ifd(_EXIF_IFD).get(_TAKEN) or exif.get(0x0132))
            texts = [*_exif_texts(exif), *_iptc_texts(image)]
            return _Notes(width, height, (image.format or "").lower(), taken, tuple(dict.fromkeys(filter(None, texts))))
    except Exception:  # noqa: BLE001  whatever a file makes the library do, it is found by its name
        return None


def _exif_texts(exif: Mapping[int, Any]) -> list[str]:
    found = []
    for tag in _EXIF_TEXTS:
        value = exif.get(tag)
        if isinstance(value, (bytes, tuple)):  # Windows' own are UTF-16
            value = bytes(value).decode("utf-16-le", errors="ignore")
        if isinstance(value, str):
            found.append(value.replace("\0", "").strip())
    return found


def _iptc_texts(image: Any) -> list[str]:
    from PIL import IptcImagePlugin

    told: Mapping[Any, Any] = IptcImagePlugin.getiptcinfo(image) or {}
    found: list[str] = []
    for tag in _IPTC_TEXTS:
        value = told.get(tag) or ()
        values: Iterable[bytes] = [value] if isinstance(value, bytes) else value
        found += [one.decode("utf-8", errors="replace").strip() for one in values]
    return found


def _moment(text: Any) -> str | None:
    """A moment as Exif writes it (``2024:02:29 12:00:00``, of no zone), as ISO 8601."""
    found = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)\0?", text) if isinstance(text, str) else None
    return None if found is None else f"{found[1]}-{found[2]}-{found[3]}T{found[4]}Z"
