"""The form of Face's requests and answers: JSON or an image's bytes in, errors with a code and a message."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

import orjson

from dfai_engine import lacking, protocol
from dfai_engine.face.limits import Limits
from dfai_engine.failures import ServiceFailure
from dfai_engine.lacking import all_here
from dfai_engine.protocol import Reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = [
    "absent",
    "answer",
    "bad",
    "choice",
    "collection_id",
    "endpoint",
    "face_id",
    "image_of",
    "inline",
    "json_of",
    "listed",
    "number",
    "older",
    "text",
    "truth",
]

VERSIONS = ("v1.0", "v1.2", "v1.2-preview.1")
bad = partial(ServiceFailure, code="BadArgument")
_COLLECTION = re.compile(r"[a-z0-9_-]{1,64}")


def answer(value: object = None, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON response; without a value an empty one."""
    return Reply(status, b"" if value is None else orjson.dumps(value), headers or {})


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer."""
    code = "BadArgument" if failure.code == "InvalidRequest" else failure.code
    return protocol.failed({"error": {"code": code, "message": failure.message}}, failure, code)


def endpoint(respond: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """A route's function that speaks the versions of Face, with errors in its form."""

    async def versioned(request: Request) -> Reply:
        if request.path_params["version"] not in VERSIONS:
            raise ServiceFailure(
                f"This version is not served. Served: {', '.join(VERSIONS)}.", status=404, code="NotFound"
            )
        with all_here("Face recognition", "face", partial(ServiceFailure, code=lacking.CODE)):
            return await respond(request)

    return protocol.endpoint(versioned, refusal)


def older(request: Request) -> bool:
    """Whether v1.0 is spoken."""
    return bool(request.path_params["version"] == "v1.0")


# ---- bodies ----------------------------------------------------------------------------------------------------------


def json_of(body: bytes) -> dict[str, object]:
    """The JSON object that a body holds."""
    if not body:
        raise bad("Request body is invalid: it is empty.")
    return protocol.object_in(body, bad)


async def image_of(request: Request, limits: Limits) -> bytes:
    """The bytes of the image that a request brings, whichever way.

    Raises
    ------
    ServiceFailure
        413, 415, ``InvalidURL`` where the image is elsewhere.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/octet-stream" or kind.startswith("image/"):
        try:
            return await protocol.body_of(request, limits.image_bytes)
        except ServiceFailure as failure:
            raise ServiceFailure("Image size is too big.", code="InvalidImageSize") from failure
    if kind != "application/json":
        raise ServiceFailure("Invalid Media Type.", status=415, code="BadArgument")
    body = await protocol.body_of(request, 2 * limits.image_bytes)
    asked = json_of(body)
    if "sessionImageId" in asked:
        raise absent()
    url = text(asked, "url")
    if url[:5].lower() == "data:":
        return inline(url)
    from dfai_engine.face import pictures

    return await pictures.fetch(url, limits)


def absent() -> ServiceFailure:
    """The service has it, and this server has not."""
    return ServiceFailure(
        "Liveness, the person directory and snapshots are not served here. Persons live in person groups; the Face "
        "service on Azure has the others.",
        status=403,
        code="UnsupportedFeature",
    )


def inline(url: str) -> bytes:
    """What a ``data:`` URL holds."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise ServiceFailure("Invalid image URL: a data: URL has a comma after its type.", code="InvalidURL")
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(unquote(body), validate=True)
    except (binascii.Error, ValueError):
        raise ServiceFailure("Invalid image URL: its base64 is broken.", code="InvalidURL") from None


# ---- values ----------------------------------------------------------------------------------------------------------


def text(asked: Mapping[str, Any], name: str, *, most: int = 1 << 30, least: int = 1) -> str:
    """A text that must be there."""
    value = asked.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise bad(f"{name} is missing or invalid: a text of {least} to {most:,} characters.")
    return value


def face_id(value: object, name: str) -> str:
    """An id in the form in which it was given out."""
    try:
        return str(uuid.UUID(value)) if isinstance(value, str) else _no_id(name)
    except ValueError:
        return _no_id(name)


def _no_id(name: str) -> str:
    raise bad(f"{name} is missing or invalid: it must be a GUID.")


def collection_id(value: object, name: str) -> str:
    """A collection's id: clients choose it."""
    if not isinstance(value, str) or not _COLLECTION.fullmatch(value):
        raise bad(f"{name} is invalid: 1 to 64 of the characters a-z, 0-9, '-' and '_'.")
    return value


def listed(value: object, name: str, *, least: int, most: int) -> list[str]:
    """Ids in a list."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise bad(f"{name} must be a list of {least} to {most:,} ids.")
    return [face_id(one, name) for one in value]


def number(asked: Mapping[str, Any], name: str, default: int, *, least: int, most: int) -> int:
    """A whole number in a body."""
    value = asked.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise bad(f"{name} must be a whole number from {least} to {most}.")
    return value


def choice(value: object, name: str, among: tuple[str, ...], default: str | None = None) -> str:
    """One of some words; the first, or *default*, where there is none."""
    if value is None or value == "":
        return default or among[0]
    if value not in among:
        raise bad(f"{name} is invalid: one of {', '.join(among)}.")
    return str(value)


def truth(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A query parameter that is true or false."""
    value = query.get(name, str(default)).lower()
    if value not in ("true", "false"):
        raise bad(f"{name} must be true or false.")
    return value == "true"
