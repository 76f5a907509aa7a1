"""How large pictures and documents may be. In one table, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.families import LimitsName

__all__ = ["LIMITS", "MAX_PIXELS", "Accepted", "Limits"]

# Ours. The service names sides alone, and 16,000 by 16,000 would be 768 MB once decoded. Also below what makes Pillow
# warn of a decompression bomb.
MAX_PIXELS = 80_000_000

_OLDER = ("JPEG", "PNG", "GIF", "BMP")
_ALL = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one API takes: formats by Pillow's names, sides in pixels."""

    max_bytes: int
    formats: tuple[str, ...] = _ALL
    least_side_px: int = 50
    most_side_px: int = 16_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What the APIs of this family take, and how much of it at a time."""

    analysis: Accepted  # Image Analysis 4.0
    older: Accepted  # Computer Vision v3.2
    read: Accepted  # the documents of Read, which may be PDFs besides
    pages: int
    held_bytes: int  # bodies under way, all requests together; one more is refused with 429


LIMITS: Mapping[LimitsName, Limits] = {
    # Source: Azure AI Vision, "Image requirements" of Image Analysis 4.0 and 3.2 and "Input requirements" of Read,
    # read 2026-11-22. Read there takes 500 MB; 50 MB here, because a waiting document is held in memory.
    "azure": Limits(
        analysis=Accepted(20 << 20),
        older=Accepted(4 << 20, _OLDER),
        read=Accepted(50 << 20, (*_OLDER, "TIFF", "MPO"), most_side_px=10_000),
        pages=2_000,
        held_bytes=512 << 20,
    ),
    # Ours, for clients in the same process: larger files, and every format everywhere.
    "wide": Limits(
        analysis=Accepted(20 << 20),
        older=Accepted(20 << 20),
        read=Accepted(100 << 20, most_side_px=16_000),
        pages=2_000,
        held_bytes=512 << 20,
    ),
}
