"""From bytes to pixels, and from URLs to bytes, with the Face service's own words for what is no picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dfai_engine.face.limits import FORMATS, Limits
from dfai_engine.failures import ServiceFailure
from dfai_engine.vision import addresses, pictures
from dfai_engine.vision.limits import Accepted
from dfai_engine.vision.pictures import Picture

__all__ = ["fetch", "read"]

T = TypeVar("T")

# Vision's codes, and ours for them.
CODES = {
    "InvalidImageFormat": "InvalidImage",
    "InvalidImageSize": "InvalidImageSize",
    "InvalidImageUrl": "InvalidURL",
}
MOST_SIDE_PX = 16_000


def read(data: bytes, limits: Limits) -> Picture:
    """The picture in *data*; of several frames the first.

    Raises
    ------
    ServiceFailure
        ``InvalidImage``, ``InvalidImageSize``.
    """
    if not limits.least_image_bytes <= len(data) <= limits.image_bytes:
        words = "small" if len(data) < limits.least_image_bytes else "big"
        raise ServiceFailure(f"Image size is too {words}.", code="InvalidImageSize")
    accepted = Accepted(limits.image_bytes, FORMATS, limits.least_side_px, MOST_SIDE_PX)
    return _in_our_words(lambda: pictures.read(data, accepted))


async def fetch(url: str, limits: Limits) -> bytes:
    """What stands at a public URL.

    Raises
    ------
    ServiceFailure
        ``InvalidURL``, ``InvalidImageSize``.
    """
    try:
        return await addresses.fetch(url, limits.image_bytes)
    except ServiceFailure as failure:
        raise _translated(failure) from None


def _in_our_words(work: Callable[[], T]) -> T:
    try:
        return work()
    except ServiceFailure as failure:
        raise _translated(failure) from None


def _translated(failure: ServiceFailure) -> ServiceFailure:
    return ServiceFailure(failure.message, code=CODES.get(failure.inner_code, "InvalidImage"))
