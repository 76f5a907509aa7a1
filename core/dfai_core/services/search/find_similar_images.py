"""Images that look like another, by the protocol of Bing Image Search v7."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.media import IMAGE, Content, Media, Room
from dfai_core.service import Body, Column, Document, Exchange, Failure, Limits, Option, Part, Service, Values, Wiring
from dfai_core.services.search.images import API_VERSION, IMAGE_TYPE, RETIRED, image_of
from dfai_core.transports.base import Answer

__all__ = ["FIND_SIMILAR_IMAGES"]

_PATH = "/bing/v7.0/images/details?modules=SimilarImages"
_MOST = 150
_ROOM = Room(
    20_000_000,
    ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"),
    "Ours: Bing took pictures of up to 1 MB, and is gone; the embedded engine takes 20 MB",
)


def _room(_: Wiring) -> Room:
    return _ROOM


def _wire(wiring: Wiring) -> Exchange:
    return Exchange(
        path=_PATH,
        write=_Form().body,
        read=_Reading(wiring.options["top"]).values,
        merge=_unmerged,
        headers={"Accept": "application/json"},
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """A form with one picture. All of a call have the same boundary, which no picture can know."""

    boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    def body(self, documents: Iterable[Document]) -> Body:
        ((image, *_),) = documents
        assert isinstance(image, Content)
        head = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="image"; filename="image"\r\n'
            f"Content-Type: {image.type}\r\n\r\n"
        )
        content = b"".join((head.encode(), image.data, f"\r\n--{self.boundary}--\r\n".encode()))
        return Body(content, f"multipart/form-data; boundary={self.boundary}")


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the images of an answer, *top* of them at most."""

    top: int

    def values(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        found = orjson.loads(answer.body).get("visuallySimilarImages", {}).get("value", [])
        return [([image_of(value) for value in found[: self.top]],)]


def _unmerged(_: Sequence[Part]) -> Values:
    raise TypeError("a picture has no parts")


def _top(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise ConfigError(f"{name}={value!r}: expected a whole number from 1 to {_MOST}.")
    return value


FIND_SIMILAR_IMAGES = Service(
    name="find_similar_images",
    family="search",
    noun="similar_images",
    inputs=("image",),
    columns=(
        Column(
            "",
            pa.list_(IMAGE_TYPE),
            "The images that look like it, the most alike first; an empty list where there is none.",
        ),
    ),
    options=(Option("top", "request", 10, _top),),
    limits={"azure": Limits(1, None, _ROOM.max_bytes + 1_000, _ROOM.source)},
    operation="SimilarImages",
    wire=_wire,
    api_version=API_VERSION,
    reads="media",
    media=Media(IMAGE, _room),
    retired=RETIRED,
    known_as=("similar_images", "visual_search", "reverse_image_search"),
    keeps=False,
)
