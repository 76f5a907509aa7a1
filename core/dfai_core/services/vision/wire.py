"""What all vision services share on the wire: paths of both generations, bodies, limits, boxes, and how they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
import pyarrow as pa

from dfai_core.billed import TRANSACTION, Billing, Each
from dfai_core.errors import ConfigError
from dfai_core.media import IMAGE, Content, Media, Room
from dfai_core.service import Body, Document, Exchange, Failure, Limits, Option, Part, Values, Wiring
from dfai_core.transports.base import Answer

__all__ = [
    "API_VERSION",
    "BOX",
    "FETCH",
    "IMAGES",
    "LANGUAGE",
    "LIMITS",
    "TRANSACTIONS",
    "V3",
    "analysis",
    "box",
    "either",
    "exchange",
    "is_v3",
    "only_v3",
    "only_v4",
    "polygon",
    "raw_exchange",
    "v3_path",
]

API_VERSION = "2024-02-01"
V3 = "v3.2"
_DATED = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")

# ---- limits -------------------------------------------------------------------------------------------------------

_MIB = 2**20
_V3_ROOM = Room(
    4 * _MIB, ("JPEG", "PNG", "GIF", "BMP"), "Computer Vision v3.2, Image requirements: less than 4 MB; read 2026-11-22"
)
_V4_ROOM = Room(
    20 * _MIB,
    ("JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF"),
    "Image Analysis 4.0, Image requirements: less than 20 MB; read 2026-11-22",
)


def room(wiring: Wiring) -> Room:
    """What one request may hold, by the protocol's generation."""
    return _V3_ROOM if is_v3(wiring) else _V4_ROOM


IMAGES = Media(IMAGE, room)

# One image a request. Its bytes are counted as they are read, by `IMAGES`: nothing of it is packed.
LIMITS = {"azure": Limits(1, None, 20 * _MIB, _V4_ROOM.source)}

TRANSACTIONS = Billing(TRANSACTION, Each(), "Azure AI Vision bills by the transaction: each request is counted as one")

# ---- versions -----------------------------------------------------------------------------------------------------


def is_v3(wiring: Wiring) -> bool:
    """Whether Computer Vision v3.2 is spoken."""
    return wiring.api_version.startswith("v")


def either(version: str) -> str | None:
    """Why *version* is none of those that a verb speaks which both generations know."""
    if version == V3 or _DATED.fullmatch(version):
        return None
    return f'choose "{V3}" (Computer Vision) or a date such as "{API_VERSION}" (Image Analysis 4.0)'


def only_v3(version: str) -> str | None:
    """Why *version* is none of those that a verb speaks which Image Analysis 4.0 does not know."""
    return None if version == V3 else f'Image Analysis 4.0 does not know this verb: leave it out, or say "{V3}"'


def only_v4(version: str) -> str | None:
    """Why *version* is none of those that know what Computer Vision v3.2 does not."""
    if _DATED.fullmatch(version):
        return None
    return f'this takes Image Analysis 4.0: leave it out, or say a date such as "{API_VERSION}"'


# ---- options ------------------------------------------------------------------------------------------------------

_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,8})*")


def _language(name: str, value: Any) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise ConfigError(f"{name}={value!r} is not a language code (ISO 639-1, such as 'en').")


def _fetch(name: str, value: Any) -> str:
    if value in ("worker", "service"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'worker' (who reads URLs and sends bytes) or 'service'.")


LANGUAGE = Option("language", "request", "en", _language)
FETCH = Option("fetch", "request", "worker", _fetch)

# ---- requests -----------------------------------------------------------------------------------------------------


def analysis(wiring: Wiring, features: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """The path of Image Analysis 4.0 for *features* in the protocol's spelling; *more* are further parameters."""
    asked = {"api-version": wiring.api_version, "features": ",".join(features), **(more or {})}
    return "/computervision/imageanalysis:analyze?" + _query(asked, wiring)


def v3_path(wiring: Wiring, operation: str, more: Mapping[str, str] | None = None) -> str:
    """The path of Computer Vision's *operation*; *more* are its parameters."""
    query = _query(more or {}, wiring)
    return f"/vision/{wiring.api_version}/{operation}" + (f"?{query}" if query else "")


def _query(asked: Mapping[str, str], wiring: Wiring) -> str:
    if wiring.model_version is not None:
        asked = {**asked, "model-version": wiring.model_version}
    return "&".join(f"{name}={quote(value, safe=',')}" for name, value in asked.items())


def _body(documents: Iterable[Document]) -> Body:
    ((image, *_),) = documents
    if isinstance(image, Content):
        return Body(image.data, "application/octet-stream")
    return Body(orjson.dumps({"url": image}), "application/json")


# ---- answers ------------------------------------------------------------------------------------------------------

# The services' own codes of refusals that say more than that. Source: the references of Computer Vision v3.2 and of
# Image Analysis 4.0, and a recording of 2021.
_CODES = {
    "InvalidImageUrl": "unreadable",
    "InvalidImageFormat": "unreadable",
    "InvalidImage": "unreadable",
    "InvalidImageSize": "too_large",
    "NotSupportedImage": "unsupported",
    "NotSupportedFeature": "unsupported",
    "NotSupportedVisualFeature": "unsupported",
    "NotSupportedLanguage": "unsupported",
    "UnsupportedMediaType": "unsupported",
}

BOX = [("x_px", pa.int64()), ("y_px", pa.int64()), ("width_px", pa.int64()), ("height_px", pa.int64())]
"""A box's fields: its left upper corner and its size, in pixels."""


def box(found: Mapping[str, Any]) -> dict[str, Any]:
    """A box of either generation."""
    return {"x_px": found["x"], "y_px": found["y"], "width_px": found["w"], "height_px": found["h"]}


def polygon(corners: Sequence[Any]) -> list[float]:
    """A polygon of either generation: x and y of each corner in turn."""
    if corners and isinstance(corners[0], Mapping):
        return [float(corner[axis]) for corner in corners for axis in ("x", "y")]
    return [float(number) for number in corners]


def exchange(path: str, values: Callable[[Any], Values | Failure]) -> Exchange:
    """The exchange of one operation on one image; *values* reads the answer's JSON."""
    return raw_exchange(path, lambda body: values(orjson.loads(body)))


def raw_exchange(path: str, values: Callable[[bytes], Values | Failure]) -> Exchange:
    """The same, where the answer is no JSON."""

    def read(answer: Answer, count: int) -> list[Values | Failure | None]:
        return [values(answer.body)] * count

    return Exchange(path, _body, read, _never, codes=_CODES, headers={})


def _never(_: Sequence[Part]) -> Values:
    raise ValueError("an image is never cut into parts")
