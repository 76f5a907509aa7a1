"""The form of Bing's answers and errors, and what a search for images may ask."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Asked", "asked", "base_of", "endpoint", "is_here", "picture_in", "wrong"]

# Source: Bing Image Search v7, ImageSearch.json: count is at most 150, and 35 where it is not given.
_COUNT, _MOST = 35, 150
_MOST_OFFSET = 100_000
_MOST_PICTURE_BYTES = 20_000_000
_SIZES = {"small": (0, 199), "medium": (200, 499), "large": (500, None), "wallpaper": (1_200, None)}
_BOUNDS = ("minWidth", "maxWidth", "minHeight", "maxHeight", "minFileSize", "maxFileSize", "width", "height")
# What is asked by these needs what no model here tells.
_NOT_SERVED = {"color": "ColorOnly", "imageContent": "", "license": "All", "freshness": ""}


def wrong(message: str, parameter: str, sub_code: str = "ParameterInvalidValue") -> ServiceFailure:
    """A parameter makes no sense."""
    return ServiceFailure(message, code="InvalidRequest", inner_code=sub_code, target=parameter)


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer, as the contract's ErrorResponse."""
    code = {429: "RateLimitExceeded", 401: "InvalidAuthorization"}.get(failure.status, "")
    code = code or ("ServerError" if failure.status >= 500 else "InvalidRequest")
    said: dict[str, Any] = {"code": code, "message": failure.message}
    if failure.inner_code or failure.status >= 500:
        said["subCode"] = failure.inner_code or "UnexpectedError"
    if failure.target:
        said["parameter"] = failure.target
    return protocol.failed({"_type": "ErrorResponse", "errors": [said]}, failure)


def endpoint(respond: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """A route's function whose errors have this form."""
    return protocol.endpoint(respond, refusal)


def is_here(request: Request) -> bool:
    """Whether the client is in this process: then files are told by their place, for whoever shares the disk."""
    return request.url.netloc == "local"


def base_of(request: Request) -> str:
    """The address of this family, as the client used it."""
    return f"{protocol.origin(request)}/bing/v7.0/images"


async def picture_in(request: Request) -> bytes:
    """The picture of a form, in its part "image".

    Raises
    ------
    ServiceFailure
        There is none.
    """
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    body = await protocol.body_of(request, _MOST_PICTURE_BYTES)

    async def whole() -> AsyncGenerator[bytes]:
        yield body

    try:
        form = await MultiPartParser(request.headers, whole(), max_files=1, max_fields=8).parse()
    except MultiPartException:  # no form, or one that is cut short
        data = b""
    else:
        part = form.get("image")
        data = await part.read() if isinstance(part, UploadFile) else b""
        await form.close()
    if not data:
        raise wrong("Send the picture as a form's part named image, with a file name.", "image", "ParameterMissing")
    return data


@dataclass(frozen=True, slots=True)
class Asked:
    """A search: its words, its page, and between which bounds a picture's measures must be."""

    words: str
    count: int
    offset: int
    bounds: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    aspect: str = ""


def asked(query: Mapping[str, str]) -> Asked:
    """Reads a search's parameters; those that only change how a page looks are left alone.

    Raises
    ------
    ServiceFailure
        For one that makes no sense, or that no model here can tell.
    """
    words = query.get("q", "").strip()
    if not words:
        raise wrong("Required parameter is missing.", "q", "ParameterMissing")
    for name in _NOT_SERVED:
        if query.get(name, "").lower() not in ("", "all", "any"):
            raise wrong(f"The embedded engine cannot choose pictures by {name}.", name)
    if query.get("imageType", "photo").lower() != "photo":
        raise wrong("The embedded engine knows photographs alone.", "imageType")
    aspect = query.get("aspect", "").lower()
    if aspect not in ("", "all", "square", "tall", "wide"):
        raise wrong("aspect is Square, Tall, Wide or All.", "aspect")
    return Asked(
        words,
        count=_natural(query, "count", _COUNT, 1, _MOST),
        offset=_natural(query, "offset", 0, 0, _MOST_OFFSET),
        bounds=_bounds(query),
        aspect="" if aspect == "all" else aspect,
    )


def _natural(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else -1
    if not least <= number <= most:
        raise wrong(f"{name} must be a whole number from {least} to {most}.", name)
    return number


def _bounds(query: Mapping[str, str]) -> dict[str, tuple[int | None, int | None]]:
    given = {name: _natural(query, name, -1, 0, 10**11) for name in _BOUNDS if query.get(name)}
    found = {
        "width": (given.get("minWidth"), given.get("maxWidth")),
        "height": (given.get("minHeight"), given.get("maxHeight")),
        "size": (given.get("minFileSize"), given.get("maxFileSize")),
    }
    for name in ("width", "height"):
        if name in given:
            found[name] = (given[name], given[name])
    size = query.get("size", "").lower()
    if size not in ("", "all"):
        if size not in _SIZES:
            raise wrong("size is Small, Medium, Large, Wallpaper or All.", "size")
        found["MIN(width, height)"] = _SIZES[size]
    return {name: bounds for name, bounds in found.items() if bounds != (None, None)}
