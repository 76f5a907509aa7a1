"""The form of the Anomaly Detector's requests and answers: plain JSON both ways, errors flat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import orjson

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["answer", "base_of", "endpoint", "json_of", "refusal"]


def answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON response; arrays of numpy may stand in it."""
    return Reply(status, orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY), headers or {})


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer: a code and a message, nothing around them."""
    code = "BadArgument" if failure.code == "InvalidRequest" else failure.code
    return protocol.failed({"code": code, "message": failure.message}, failure, code)


def endpoint(respond: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """A route's function whose errors are flat."""
    return protocol.endpoint(respond, refusal)


def json_of(body: bytes) -> dict[str, object]:
    """The JSON object that a body holds."""
    return protocol.object_in(body, partial(ServiceFailure, code="InvalidJsonFormat"))


def base_of(request: Request) -> str:
    """The absolute address of this family's current version, on the host that the client used."""
    return f"{protocol.origin(request)}/anomalydetector/v1.1"
