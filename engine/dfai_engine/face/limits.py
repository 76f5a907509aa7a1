"""How much a request may hold, and how much is kept. In one table, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.families import LimitsName

__all__ = ["FORMATS", "LIMITS", "Limits"]

# By Pillow's names. Source: Face, "Detect": JPEG, PNG, GIF (the first frame) and BMP. An MPO is a JPEG with more after.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "MPO")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request, of one collection, of one person."""

    image_bytes: int
    least_image_bytes: int
    least_side_px: int
    json_bytes: int = 1_000_000
    faces_in_image: int = 100
    faces_to_compare: int = 1_000
    faces_to_identify: int = 10
    faces_of_person: int = 248
    name_chars: int = 128
    user_data_chars: int = 16_384
    face_user_data_chars: int = 1_024
    # Faces that were detected and are remembered for a while; the oldest are forgotten first. Ours.
    remembered_faces: int = 100_000


LIMITS: Mapping[LimitsName, Limits] = {
    # Source: Face, "Detect" (1 KB to 6 MB, 100 faces, sides of 36 pixels), "Group" and "Find Similar" (1,000 faces),
    # "Identify" (10), "Person Group Person - Add Face" (248), read 2026-11-22.
    "azure": Limits(image_bytes=6 << 20, least_image_bytes=1 << 10, least_side_px=36),
    # Ours, for clients in the same process.
    "wide": Limits(
        image_bytes=20 << 20, least_image_bytes=1, least_side_px=1, faces_to_compare=10_000, faces_to_identify=100
    ),
}
