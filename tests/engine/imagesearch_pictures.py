"""Pictures for the tests of image search: a few files with notes in them, and eyes that see what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dfai_engine.imagesearch.looking import Seen

__all__ = ["Eyes", "album"]

DESCRIPTION, ARTIST = 0x010E, 0x013B


def album(folder: Path) -> Path:
    """Five pictures of several formats and sizes, in two folders, and files that are none."""
    (folder / "Rome_2024").mkdir(parents=True)
    _picture(folder / "Rome_2024" / "redCar12.jpg", (600, 300), "A car before the Pantheon", "Ann Weiss")
    _picture(folder / "Rome_2024" / "möwe.png", (120, 120), None, None)
    _picture(folder / "old mill.jpg", (300, 600), "A mill by the river", None)
    _picture(folder / "mill at night.webp", (900, 800), None, None)
    (folder / "broken mill.jpg").write_bytes(b"no picture")
    (folder / "mill.txt").write_text("a text about a mill")
    (folder / ".hidden mill.jpg").write_bytes(b"")
    (folder / "linked mill.jpg").symlink_to("/etc/passwd")
    return folder


def _picture(path: Path, size: tuple[int, int], description: str | None, artist: str | None) -> None:
    image = Image.new("RGB", size, (90, 120, 30))
    exif = Image.Exif()
    if description is not None:
        exif[DESCRIPTION] = description
    if artist is not None:
        exif[ARTIST] = artist
    exif.get_ifd(0x8769)[0x9003] = "2024:02:29 12:30:00"
    image.save(path, exif=exif)


@dataclass
class Eyes:
    """Sees a cat in every picture, and in tall ones the same; counts how often it looked."""

    name: str = "eyes-1"
    looked: int = 0

    def look(self, data: bytes) -> Seen:
        """A tag, an object, a text, and a vector."""
        self.looked += 1
        return Seen(("cat", "animal"), ("sofa",), "EXIT ONLY", self.vector(data))

    def vector(self, data: bytes) -> bytes:
        """A vector that depends on the size of the file."""
        vector = np.zeros(1_280, "<f4")
        vector[: 2 + len(data) % 2] = 1
        return (vector / np.linalg.norm(vector)).tobytes()
