"""The form of Azure AI Search's requests and answers: plain JSON, OData's names, errors without a code of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["VERSIONS", "answer", "checked", "endpoint", "invalid", "json_of"]

# The stable versions whose requests and answers, as far as this server has them, are the same.
# Source: Azure AI Search documentation, "API versions", read 2026-11-26; and what azure-search-documents 12.0.0 sends.
VERSIONS = ("2023-11-01", "2024-07-01", "2025-09-01", "2026-04-01")


def invalid(message: str) -> ServiceFailure:
    """The whole request makes no sense."""
    return ServiceFailure(message, code="")


def answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON response."""
    return protocol.reply(value, status=status, headers=headers)


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer."""
    code = "" if failure.code == "InvalidRequest" else failure.code
    return protocol.failed({"error": {"code": code, "message": failure.message}}, failure)


def endpoint(respond: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """A route's function that answers in this form, for the versions that are served."""

    async def versioned(request: Request) -> Reply:
        protocol.api_version(request.query_params, VERSIONS)
        return await respond(request)

    return protocol.endpoint(versioned, refusal)


def json_of(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds."""
    return protocol.object_in(body, invalid)


def checked(found: Any, kind: type, name: str) -> Any:
    """*found*, which must be of *kind* or absent."""
    if found is not None and (not isinstance(found, kind) or (kind is int and isinstance(found, bool))):
        raise invalid(f"The parameter '{name}' must be a {kind.__name__}.")
    return found
