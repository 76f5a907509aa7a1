"""The web as the pages of the documentation have it: each service that they name answers in this process."""

from __future__ import annotations

import json

import httpx

from dfai_core.transports import Transport
from dfai_core.transports.httpx import HttpxTransport

__all__ = ["web"]

COUNTRIES = {"br": "Brazil", "us": "United States"}


def web() -> Transport:
    """What asks it. By its name it travels to workers."""
    return HttpxTransport(httpx.MockTransport(_answer))


def _answer(request: httpx.Request) -> httpx.Response:
    match request.url.host, request.url.path:
        case "api.worldbank.org", path:
            return httpx.Response(200, json=[{"page": 1}, [{"name": COUNTRIES[path.rpartition("/")[2]]}]])
        case "api.example", "/score":
            texts = json.loads(request.content)["texts"]
            return httpx.Response(200, json={"results": [{"score": len(text) / 100} for text in texts]})
        case "api.example", "/orders":
            return httpx.Response(201, json={"id": json.loads(request.content)["id"]})
        case "example.com", "/logo.png":
            return httpx.Response(200, content=b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "image/png"})
    return httpx.Response(404)
