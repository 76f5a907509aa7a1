"""From bytes to pixels, for faces: upright, red-green-blue, with the Face service's own words for what is none."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from dfai_engine.face.limits import FORMATS, Limits
from dfai_engine.failures import ServiceFailure

__all__ = ["read"]

# Ours: 240 MB once decoded. Also below what makes Pillow warn of a decompression bomb.
MAX_PIXELS = 80_000_000
MOST_SIDE_PX = 3_200


def read(data: bytes, limits: Limits) -> tuple[NDArray[np.uint8], float]:
    """The pixels of the picture in *data*, of several frames the first, and how many of its own a pixel stands for.

    Raises
    ------
    ServiceFailure
        ``InvalidImage``, ``InvalidImageSize``.
    """
    if not limits.least_image_bytes <= len(data) <= limits.image_bytes:
        words = "small" if len(data) < limits.least_image_bytes else "big"
        raise ServiceFailure(f"Image size is too {words}.", code="InvalidImageSize")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as fault:
        raise _no_image() from fault
    if min(image.size) < limits.least_side_px or image.size[0] * image.size[1] > MAX_PIXELS:
        raise ServiceFailure("Image size is too small or too big.", code="InvalidImageSize")
    try:
        width = image.size[0]
        # JPEG can be decoded at a half, a quarter or an eighth: no more work than faces need.
        image.draft("RGB", (MOST_SIDE_PX, MOST_SIDE_PX))
        drafted = image.size[0]
        upright = ImageOps.exif_transpose(image)
        made = upright.convert("RGB")
        before = max(made.size)
        made.thumbnail((MOST_SIDE_PX, MOST_SIDE_PX), Image.Resampling.BOX)
        scale = width / drafted * before / max(made.size)
        return np.ascontiguousarray(np.asarray(made, dtype=np.uint8)), scale
    except Exception as fault:
        raise _no_image() from fault


def _no_image() -> ServiceFailure:
    return ServiceFailure("Decoding error, image format unsupported.", code="InvalidImage")
