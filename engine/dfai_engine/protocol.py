"""What every family's routes share of the services' REST protocol: error bodies, query parameters, headers."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import orjson

from dfai_engine.failures import ServiceFailure

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = [
    "Reply",
    "api_version",
    "body_of",
    "broken",
    "endpoint",
    "error",
    "failed",
    "flag",
    "json_of",
    "natural",
    "origin",
    "refusal",
    "reply",
    "unauthorized",
]

LOG = logging.getLogger("dfai_engine")

JSON = "application/json; charset=utf-8"

# What an error says in general; innererror says it in particular, as the service does.
_SUMMARIES = {
    "InvalidDocument": "Invalid document in request.",
    "InvalidDocumentBatch": "Invalid documents in request.",
    "MissingInputDocuments": "Invalid documents in request.",
    "InvalidRequestBodyFormat": "Invalid request body.",
    "InvalidParameterValue": "Invalid parameter in request.",
    "ModelVersionIncorrect": "Invalid model version in request.",
    "InvalidCountryHint": "Invalid country hint.",
    "UnsupportedLanguageCode": "Invalid language code.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response as plain values."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def reply(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON response."""
    return Reply(status, orjson.dumps(value), headers or {})


def error(code: str, message: str, *, inner_code: str = "", target: str = "") -> dict[str, object]:
    """One error object, as it stands in error bodies and beside documents.

    >>> error("InvalidArgument", "Document text is empty.", inner_code="InvalidDocument")["message"]
    'Invalid document in request.'
    """
    said: dict[str, object] = {"code": code, "message": _SUMMARIES.get(inner_code, message)}
    if target:
        said["target"] = target
    if inner_code:
        said["innererror"] = {"code": inner_code, "message": message}
    return said


def refusal(failure: ServiceFailure, headers: Mapping[str, str] | None = None) -> Reply:
    """The response for a request that has no answer as a whole."""
    body = error(failure.code, failure.message, inner_code=failure.inner_code, target=failure.target)
    return failed({"error": body}, failure, failure.code, headers)


def failed(said: object, failure: ServiceFailure, code: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    """The response with a family's own body for a failure, *code* in its header; one that is busy says when to ask."""
    named = {"x-ms-error-code": code} if code else {}
    if failure.status in (429, 503):
        named["Retry-After"] = "1"
    return reply(said, status=failure.status, headers={**named, **(headers or {})})


def origin(request: Request) -> str:
    """The absolute address of this server, on the host that the client used."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def broken(fault: Exception) -> ServiceFailure:
    """What to answer after a fault of our own, which is logged.

    The log gets the fault's type and place only: its message may quote a text, and texts are never logged.
    """
    place = "".join(traceback.format_tb(fault.__traceback__))
    LOG.error("%s while answering\n%s", type(fault).__qualname__, place)
    message = f"The engine failed on this request ({type(fault).__qualname__}); its log has the place."
    return ServiceFailure(message, status=500, code="InternalServerError")


def unauthorized(message: str = "") -> Reply:
    """The response for a request without the right key, in the gateway's form."""
    said = message or (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide the key that this "
        "server was started with, in the header Ocp-Apim-Subscription-Key."
    )
    return reply({"error": {"code": "401", "message": said}}, status=401)


def endpoint(
    answer: Callable[[Request], Awaitable[Reply]], refused: Callable[[ServiceFailure], Reply] = refusal
) -> Callable[[Request], Awaitable[Response]]:
    """A route's function that always answers in the protocol, whatever *answer* raises; *refused* writes errors."""
    from starlette.responses import Response

    async def respond(request: Request) -> Response:
        try:
            made = await answer(request)
        except ServiceFailure as failure:
            made = refused(failure)
        except Exception as fault:  # noqa: BLE001 - the rim: a client gets an error body, never a torn connection
            made = refused(broken(fault))
        return Response(made.body, made.status, {**made.headers}, media_type=JSON if made.body else None)

    return respond


async def body_of(request: Request, max_bytes: int) -> bytes:
    """The request's body, never more of it in memory than *max_bytes* and one chunk."""
    too_large = ServiceFailure(f"The request body is larger than {max_bytes:,} bytes.", status=413)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    chunks: list[bytes] = []
    held = 0
    async for chunk in request.stream():
        held += len(chunk)
        if held > max_bytes:
            raise too_large
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def json_of(body: bytes) -> dict[str, object]:
    """The JSON object that a body holds."""
    if not body:
        raise ServiceFailure("The request body is empty.", inner_code="EmptyRequest")
    return object_in(body, partial(ServiceFailure, inner_code="InvalidRequestBodyFormat"))


def object_in(body: bytes, failure: Callable[[str], ServiceFailure]) -> dict[str, object]:
    """The JSON object that a body holds; *failure* makes the family's own error of what is wrong."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        where = f"line {fault.lineno} column {fault.colno}"
        raise failure(f"The request body is not valid JSON ({fault.msg} at {where}).") from None
    if not isinstance(value, dict):
        raise failure("The request body must be a JSON object.")
    return value


def api_version(query: Mapping[str, str], supported: Collection[str]) -> str:
    """The api-version that a request names."""
    named = query.get("api-version", "")
    if named in supported:
        return named
    said = f"The api-version {named!r} is not served." if named else "The query parameter api-version is missing."
    raise ServiceFailure(
        f"{said} Served: {', '.join(supported)}.", inner_code="InvalidParameterValue", target="api-version"
    )


def flag(query: Mapping[str, str], name: str) -> bool:
    """A query parameter that is true or false; false when it is absent."""
    value = query.get(name, "false").lower()
    if value not in ("true", "false"):
        raise ServiceFailure(f"{name} must be true or false.", inner_code="InvalidParameterValue", target=name)
    return value == "true"


def natural(query: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """A whole number among the query parameters, with or without the ``$`` that older contracts put before it."""
    value = query.get(name, query.get(f"${name}", ""))
    if not value:
        return default
    number = int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else -1
    if not least <= number <= most:
        raise ServiceFailure(
            f"{name} must be a whole number from {least} to {most}.", inner_code="InvalidParameterValue", target=name
        )
    return number
