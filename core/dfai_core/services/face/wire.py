"""What all face services share on the wire: detection, limits, boxes, collections, and how they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
import pyarrow as pa

from dfai_core.billed import TRANSACTION, Billing, Each
from dfai_core.errors import ConfigError
from dfai_core.media import IMAGE, Content, Media, Room
from dfai_core.service import (
    Ask,
    Body,
    Document,
    Exchange,
    Failure,
    Limits,
    Option,
    Part,
    Values,
    Wiring,
)
from dfai_core.transports.base import Answer

__all__ = [
    "AMONG",
    "API_VERSION",
    "BOX",
    "CODES",
    "IMAGES",
    "LIMITS",
    "Among",
    "Top",
    "among",
    "ask_json",
    "body_of",
    "box",
    "detection",
    "faces_in",
    "json_of",
    "largest",
    "no_face",
    "path",
    "share",
    "steps",
    "transactions",
    "versions",
]

API_VERSION = "v1.2"
RECOGNITION_MODEL = "recognition_04"
DETECTION_MODEL = "detection_03"
# Detected faces are asked about at once; what is left of them should not lie around. The contract's least is 60.
FACE_LIFETIME_S = 600
_VERSION = re.compile(r"v\d+\.\d+(-preview\.\d+)?")

# ---- limits -------------------------------------------------------------------------------------------------------

_MIB = 2**20
_FORMATS = ("JPEG", "PNG", "GIF", "BMP")
_ROOM = Room(6 * _MIB, _FORMATS, "Face v1.2, Detect: JPEG, PNG, GIF and BMP, at most 6 MB; read 2026-11-22")
_LOCAL_ROOM = Room(20 * _MIB, _FORMATS, "the embedded engine's own")


def room(wiring: Wiring) -> Room:
    """What one request may hold."""
    return _LOCAL_ROOM if wiring.target_kind == "local" else _ROOM


IMAGES = Media(IMAGE, room)

# A row is a request, or several. Its bytes are counted as they are read, by `IMAGES`: nothing of it is packed.
LIMITS = {"azure": Limits(1, None, 20 * _MIB, _ROOM.source)}


def versions(version: str) -> str | None:
    """Why *version* is none of Face's."""
    return None if _VERSION.fullmatch(version) else f'write it as Face does: "{API_VERSION}", "v1.0"'


# Source: Face, "Quotas and limits", read 2026-11-26: what is counted are transactions, and each request is one.
_SOURCE = "Azure AI Face, Quotas and limits: each request is a transaction; read 2026-11-26"


def transactions(requests: int) -> Billing:
    """What a verb bills whose answers take so many requests."""
    return Billing(TRANSACTION, Each(float(requests)), _SOURCE)


# ---- options ------------------------------------------------------------------------------------------------------

_KINDS = {
    "facelists": "faceListId",
    "largefacelists": "largeFaceListId",
    "persongroups": "personGroupId",
    "largepersongroups": "largePersonGroupId",
}
LISTS = ("largefacelists", "facelists")
GROUPS = ("largepersongroups", "persongroups")
_ID = re.compile(r"[a-z0-9_-]{1,64}")

Among = tuple[str, str]
"""A collection: its kind as it stands in URLs, and its id."""


def among(text: str | None, kinds: Sequence[str]) -> Among:
    """The collection that *text* names: ``kind/id``, or an id alone, which is then one of the first kind.

    Raises
    ------
    ConfigError
        It names none of these.

    >>> among("staff", GROUPS), among("persongroups/staff", GROUPS)
    (('largepersongroups', 'staff'), ('persongroups', 'staff'))
    """
    if text is None:
        raise ConfigError("say among whom to search: among=… takes what dfai.faces gives back, or an id.")
    kind, _, identity = text.rpartition("/")
    if (kind or kinds[0]) not in kinds or not _ID.fullmatch(identity):
        raise ConfigError(
            f"among={text!r} names no collection: an id (a-z, 0-9, '-', '_'), which means {kinds[0]}, or "
            f'"{kinds[1]}/id". dfai.faces lists what there is.'
        )
    return kind or kinds[0], identity


@dataclass(frozen=True, slots=True)
class _Among:
    """Checks ``among=``. It travels, so it is a value."""

    kinds: tuple[str, ...]

    def __call__(self, _: str, value: Any) -> str | None:
        return None if value is None else "/".join(among(str(value), self.kinds))


AMONG = {
    name: Option("among", "request", None, _Among(kinds)) for name, kinds in (("lists", LISTS), ("groups", GROUPS))
}


def share(name: str, value: Any) -> float | None:
    """A threshold, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(f"{name}={value!r}: expected a confidence from 0 to 1.")
    return float(value)


@dataclass(frozen=True, slots=True)
class Top:
    """Checks how many are asked for: at most *most*. It travels, so it is a value."""

    most: int

    def __call__(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= self.most:
            raise ConfigError(f"{name}={value!r}: expected a whole number from 1 to {self.most:,}.")
        return value


# ---- requests -----------------------------------------------------------------------------------------------------


def path(wiring: Wiring, rest: str, **query: str) -> str:
    """A path of Face."""
    asked = "&".join(f"{name}={quote(value, safe=',')}" for name, value in query.items())
    return f"/face/{wiring.api_version}/{rest}" + (f"?{asked}" if asked else "")


def body_of(image: Content | str) -> Body:
    """A picture as a request's body: its bytes, or where they are."""
    if isinstance(image, Content):
        return Body(image.data, "application/octet-stream")
    return Body(orjson.dumps({"url": image}), "application/json")


def detection(wiring: Wiring, image: Content | str, lifetime_s: int = FACE_LIFETIME_S) -> Ask:
    """The request that makes known the faces of a picture, for a while."""
    asked = {
        "detectionModel": DETECTION_MODEL,
        "recognitionModel": RECOGNITION_MODEL,
        "returnFaceId": "true",
        "faceIdTimeToLive": str(lifetime_s),
    }
    return Ask(path(wiring, "detect", **asked), body_of(image))


def ask_json(wiring: Wiring, rest: str, **body: Any) -> Ask:
    """A request about faces that are known."""
    return Ask(path(wiring, rest), Body(orjson.dumps(body), "application/json"))


def id_name(kind: str) -> str:
    """What the id of a collection of *kind* is called in bodies."""
    return _KINDS[kind]


def steps(said: Callable[[Sequence[Document], Sequence[Answer]], Ask | Sequence[Values | Failure | None]]) -> Exchange:
    """The exchange of a service whose answers take several requests."""
    return Exchange("", _unused, _unread, _never, codes=CODES, headers={}, accepts=_ACCEPTED, steps=said)


# ---- answers ------------------------------------------------------------------------------------------------------

# The service's own codes of refusals that say more than that. Source: the references of Face v1.0 and v1.2.
CODES = {
    "InvalidImage": "unreadable",
    "InvalidURL": "unreadable",
    "InvalidImageSize": "unsupported",
    "QuotaExceeded": "refused",
}

BOX = [("x_px", pa.int64()), ("y_px", pa.int64()), ("width_px", pa.int64()), ("height_px", pa.int64())]
"""A box's fields: its left upper corner and its size, in pixels."""


# Training is accepted with 202; its state is asked about elsewhere.
_ACCEPTED = frozenset({200, 202})


def json_of(answer: Answer) -> Any:
    """What an answer holds."""
    return orjson.loads(answer.body)


def box(rectangle: Mapping[str, Any]) -> dict[str, Any]:
    """A face's box."""
    return {
        "x_px": rectangle["left"],
        "y_px": rectangle["top"],
        "width_px": rectangle["width"],
        "height_px": rectangle["height"],
    }


def faces_in(answer: Answer) -> list[Mapping[str, Any]]:
    """The faces that a detection found, the largest first."""
    return sorted(json_of(answer), key=_area, reverse=True)


def _area(face: Mapping[str, Any]) -> int:
    return int(face["faceRectangle"]["width"] * face["faceRectangle"]["height"])


def largest(answer: Answer) -> str | None:
    """The id of the largest face that a detection found."""
    faces = faces_in(answer)
    return str(faces[0]["faceId"]) if faces else None


def no_face(where: str = "the picture") -> Failure:
    """Why a row has no answer whose picture has no face."""
    return Failure("nothing_found", f"there is no face in {where}", 200)


def _unused(_: Any) -> bytes:
    raise AssertionError


def _unread(_: Answer, __: int) -> list[Values | Failure | None]:
    raise AssertionError


def _never(_: Sequence[Part]) -> Values:
    raise ValueError("an image is never cut into parts")
