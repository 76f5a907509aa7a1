"""An image as Bing's protocol tells of it, and when the service ended."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

__all__ = ["API_VERSION", "IMAGE_TYPE", "RETIRED", "image_of"]

API_VERSION = "7.0"
RETIRED = (
    "Bing Image Search was retired on 2025-08-11. The local target serves it from folders of your own "
    "(DFAI_IMAGES): target=dfai.local(). So does any server that speaks its protocol: dfai.container(url)."
)
_SIZE = re.compile(r"(\d+) B")
IMAGE_TYPE = pa.struct(
    [
        ("name", pa.string()),
        ("content_url", pa.string()),
        ("thumbnail_url", pa.string()),
        ("host_page_url", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("encoding_format", pa.string()),
        ("size_bytes", pa.int64()),
        ("date_published", pa.string()),
        ("image_id", pa.string()),
        ("insights_token", pa.string()),
    ]
)


def image_of(value: dict[str, Any]) -> dict[str, Any]:
    """One of the answer's images, as a value of `IMAGE_TYPE`."""
    size = _SIZE.fullmatch(value.get("contentSize") or "")
    return {
        "name": value.get("name"),
        "content_url": value.get("contentUrl"),
        "thumbnail_url": value.get("thumbnailUrl"),
        "host_page_url": value.get("hostPageUrl"),
        "width": value.get("width"),
        "height": value.get("height"),
        "encoding_format": value.get("encodingFormat"),
        "size_bytes": None if size is None else int(size[1]),
        "date_published": value.get("datePublished"),
        "image_id": value.get("imageId"),
        "insights_token": value.get("imageInsightsToken"),
    }
