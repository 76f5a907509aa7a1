"""Pictures that are given back, as JPEG."""

from __future__ import annotations

import io

from PIL import Image

from dfai_engine.vision.pictures import Pixels

__all__ = ["written"]

QUALITY = 90


def written(pixels: Pixels) -> bytes:
    """A JPEG file of these pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
