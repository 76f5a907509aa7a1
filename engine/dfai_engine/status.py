"""What a container answers besides its service: ``/status``, ``/ready`` and ``/swagger``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine import protocol
from dfai_engine.protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["OPEN_PATHS", "description", "routes"]

SERVICE = "dfai-engine"
# Probes and people may read these without a key, however busy the server is: they tell nothing of any request.
OPEN_PATHS = frozenset(("/status", "/ready", "/swagger"))


def routes(served: Iterable[tuple[Route, Sequence[str]]], *, guarded: bool, version: str) -> list[Route]:
    """The routes, which describe the *served* ones, each with the query parameters that it needs."""
    from starlette.routing import Route

    document = description(served, guarded=guarded, version=version)
    needed = "Requests need the key of this server." if guarded else "Requests need no key."

    async def status(_: Request) -> Reply:
        return protocol.reply({"service": SERVICE, "apiStatus": "Valid", "apiStatusMessage": needed})

    async def ready(_: Request) -> Reply:
        return protocol.reply({"service": SERVICE, "ready": "ready"})

    async def swagger(_: Request) -> Reply:
        return protocol.reply(document)

    return [
        Route("/status", protocol.endpoint(status), methods=["GET"]),
        Route("/ready", protocol.endpoint(ready), methods=["GET"]),
        Route("/swagger", protocol.endpoint(swagger), methods=["GET"]),
    ]


def description(served: Iterable[tuple[Route, Sequence[str]]], *, guarded: bool, version: str) -> dict[str, object]:
    """An OpenAPI document of the paths and methods that are served; the bodies are the public contracts'."""
    paths: dict[str, dict[str, object]] = {}
    for route, query in served:
        if not route.include_in_schema:
            continue
        operations = paths.setdefault(route.path, {})
        for method in sorted((route.methods or set()) - {"HEAD"}):
            parameters: list[dict[str, object]] = [
                {"name": name, "in": "query", "required": True, "schema": {"type": "string"}} for name in query
            ]
            parameters += [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in route.param_convertors
            ]
            answers = {"default": {"description": "As the public contract of this api-version has it."}}
            operations[method.lower()] = {"parameters": parameters, "responses": answers}
    document: dict[str, object] = {
        "openapi": "3.0.3",
        "info": {"title": SERVICE, "version": version},
        "paths": paths,
    }
    if guarded:
        scheme = {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"}
        document["components"] = {"securitySchemes": {"key": scheme}}
        document["security"] = [{"key": []}]
    return document
