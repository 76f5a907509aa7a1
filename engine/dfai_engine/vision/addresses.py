"""Fetching the pictures that requests name by URL; what may be asked is :mod:`dfai_engine.fetching`'s to say."""

from __future__ import annotations

from dfai_engine import fetching
from dfai_engine.fetching import MODES, NotFetched, permitted
from dfai_engine.vision.refusals import NOT_ACCESSIBLE, refused

__all__ = ["MODES", "fetch", "permitted"]

_SAID = {
    "setting": f"This server fetches nothing: DFAI_FETCH must be one of {', '.join(MODES)}.",
    "never": "This server fetches nothing (DFAI_FETCH=never). Send the picture itself.",
    "url": "Image URL is badly formatted.",
    "unknown": NOT_ACCESSIBLE,
}


async def fetch(url: str, max_bytes: int) -> bytes:
    """What stands at a URL.

    Raises
    ------
    ServiceFailure
        ``InvalidImageUrl``: it may not be asked, does not answer, or answers anything but 200. ``InvalidImageSize``: it
        is larger than *max_bytes*.
    """
    try:
        return await fetching.fetch(url, max_bytes, accept="image/*, application/pdf, */*;q=0.5")
    except NotFetched as nothing:
        if nothing.why == "size":
            raise refused("InvalidImageSize", "Input image is too large.") from None
        raise refused("InvalidImageUrl", _SAID[nothing.why]) from None
