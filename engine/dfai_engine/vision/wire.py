"""The form of the Vision services' requests and errors, and the desk at which pictures are taken in."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.lacking import all_here
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads
from dfai_engine.vision.limits import Accepted, Limits
from dfai_engine.vision.refusals import refused, unavailable

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Desk", "answering", "billed", "endpoint", "flag", "listed", "new_id", "refusal", "version_named"]

T = TypeVar("T")
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})"?', re.IGNORECASE)


class Desk:
    """Where pictures come in: threads to work in, limits, and how many bytes are held at a time."""

    def __init__(self, threads: Threads, limits: Limits) -> None:
        self.threads = threads
        self.limits = limits
        self._held_bytes = 0

    @asynccontextmanager
    async def picture(self, request: Request, accepted: Accepted) -> AsyncIterator[bytes]:
        """The bytes of a request's picture: sent along, in a form, or fetched from the URL that it names.

        Raises
        ------
        ServiceFailure
            415 for other media types, 429 when too much is held, else 400 with the service's codes.
        """
        kind, _, parameters = request.headers.get("content-type", "").partition(";")
        kind = kind.strip().lower()
        # Held from before the first byte comes: what a client declares, or all that it may send.
        declared = request.headers.get("content-length", "")
        room = int(declared) if declared.isdecimal() and len(declared) < 16 else accepted.max_bytes
        room = max(1, min(room, accepted.max_bytes))
        with self._holding(room):
            data = await _sent(request, accepted, kind, parameters)
            if not data:
                raise refused("InvalidImageSize", "Input image is empty.")
            # What was fetched is more than the request that named it.
            with self._holding(max(0, len(data) - room)):
                yield data

    def _holding(self, size: int) -> _Held:
        if self._held_bytes and self._held_bytes + size > self.limits.held_bytes:
            raise ServiceFailure(
                "As many pictures are under way as this server holds. Send fewer at a time.",
                status=429,
                code="TooManyRequests",
            )
        return _Held(self, size)


class _Held:
    """So many bytes of the desk's, for as long as the block takes."""

    def __init__(self, desk: Desk, size: int) -> None:
        self._desk, self._size = desk, size

    def __enter__(self) -> None:
        self._desk._held_bytes += self._size

    def __exit__(self, *_: object) -> None:
        self._desk._held_bytes -= self._size


async def _sent(request: Request, accepted: Accepted, kind: str, parameters: str) -> bytes:
    if kind == "application/json":
        from dfai_engine.vision import addresses

        return await addresses.fetch(_named(await _limited(request, 65_536)), accepted.max_bytes)
    if kind == "multipart/form-data":
        # The form's own lines come on top of the file's.
        return _file_of(await _limited(request, accepted.max_bytes + 65_536), parameters)
    if kind in ("application/octet-stream", "application/pdf") or kind.startswith("image/"):
        return await _limited(request, accepted.max_bytes)
    raise refused(
        "UnsupportedMediaType",
        "The Content-Type must be application/json with a URL, application/octet-stream, image/* or "
        "multipart/form-data.",
        status=415,
    )


async def _limited(request: Request, max_bytes: int) -> bytes:
    try:
        return await protocol.body_of(request, max_bytes)
    except ServiceFailure as failure:
        if failure.status != 413:
            raise
        message = f"The image size is not allowed to be zero or larger than {max_bytes} bytes."
        raise refused("InvalidImageSize", message) from None


def _named(body: bytes) -> str:
    url = protocol.object_in(body, partial(refused, "BadArgument")).get("url")
    if not isinstance(url, str) or not url:
        raise refused("InvalidImageUrl", "Image URL is badly formatted.")
    return url


def _file_of(body: bytes, parameters: str) -> bytes:
    """The first file of a form. Source: RFC 7578."""
    found = _BOUNDARY.search(parameters)
    parts = body.split(b"--" + found[1].encode("latin-1")) if found else []
    for part in parts[1:]:
        head, gap, content = part.partition(b"\r\n\r\n")
        if gap and b"content-disposition" in head.lower():
            return content.removesuffix(b"\r\n")
    raise refused("BadArgument", "The form holds no file.")


def answering(what: str, work: Callable[[], T]) -> T:
    """What *work* gives; what it lacks on this machine becomes a sentence.

    Raises
    ------
    ServiceFailure
        Also for missing packages and weights, as ``FeatureNotAvailable``: no other request would fare better.
    """
    with all_here(what, "vision", unavailable):
        return work()


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer, as both APIs have it."""
    inner = failure.inner_code
    said: dict[str, object] = {"code": failure.code, "message": failure.message}
    if inner:
        said["innererror"] = {"code": inner, "message": failure.message}
    return protocol.failed({"error": said}, failure, inner or failure.code)


def endpoint(
    respond: Callable[[Request], Awaitable[Reply]], refused: Callable[[ServiceFailure], Reply] = refusal
) -> Callable[[Request], Awaitable[Response]]:
    """A route's function whose errors are the Vision services'."""
    return protocol.endpoint(respond, refused)


def billed(transactions: int) -> dict[str, str]:
    """The header that tells how many transactions the service would bill for the same request."""
    return {"csp-billing-usage": f"CognitiveServices.ComputerVision.Transaction={transactions}"}


def new_id() -> str:
    """An id for a request, which its answer and its headers bear."""
    return str(uuid.uuid4())


def listed(query: Mapping[str, str], name: str) -> list[str]:
    """A list among the query parameters, its words separated by commas; each word once."""
    return list(dict.fromkeys(word.strip() for word in query.get(name, "").split(",") if word.strip()))


def flag(query: Mapping[str, str], name: str, *, default: str = "false") -> bool:
    """A query parameter that is true or false."""
    value = query.get(name, "").lower() or default
    if value not in ("true", "false"):
        raise refused("BadArgument", f"{name} must be true or false.")
    return value == "true"


def version_named(query: Mapping[str, str], served: str) -> None:
    """Nothing, if the request wants the newest model or the one that is *served*."""
    named = query.get("model-version", "") or "latest"
    if named not in ("latest", served):
        raise refused("BadArgument", f"This server has no such model-version. Served: latest, {served}.")
