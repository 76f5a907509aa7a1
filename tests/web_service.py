"""Any web service on a real loopback socket, for workers in other processes, that remembers what it was asked.

Each test has a `Site` of its own under a path of its own, as `service.Scene` is one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from served import served

__all__ = ["COUNTRIES", "Asked", "Site", "Web", "token", "web_running"]

COUNTRIES = {
    "ar": "Argentina",
    "br": "Brazil",
    "cl": "Chile",
    "de": "Germany",
    "fr": "France",
    "in": "India",
    "jp": "Japan",
    "ke": "Kenya",
    "us": "United States",
    "za": "South Africa",
}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str  # behind the site's own, still escaped
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """What one test asked, and how the service behaves towards it.

    *fault* is given a request and how often the same was asked before, and says with which status to refuse it.
    """

    url: str
    fault: Callable[[Asked, int], int | None] | None = None
    latency_s: float | Callable[[Asked], float] = 0.0
    asked: list[Asked] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    polls: dict[str, int] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """Every path, sorted: workers ask in any order."""
        return sorted(asked.path for asked in self.asked)

    def most_in_a_second(self) -> int:
        """The most requests that arrived in any one second."""
        return max(bisect_left(self.arrivals, at + 1.0) - place for place, at in enumerate(self.arrivals))


class Web:
    """The sites, and the application that plays them."""

    def __init__(self) -> None:
        self.base = ""
        self._sites: dict[str, Site] = {}
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=[
                Route("/{site}/country/{iso}", self._plays(_country), methods=_METHODS),
                Route("/{site}/echo{rest:path}", self._plays(_echo), methods=_METHODS),
                Route("/{site}/pages", self._plays(_pages), methods=_METHODS),
                Route("/{site}/jobs", self._plays(_submit), methods=["POST"]),
                Route("/{site}/jobs/{job}", self._plays(_poll), methods=["GET"]),
                Route("/{site}/batch", self._plays(_batch), methods=["POST"]),
                Route("/{site}/indexes('{name}')/docs/search.index", self._plays(_index), methods=["POST"]),
                Route("/{site}/file/{size}", self._plays(_file), methods=_METHODS),
                Route("/{site}/to", self._plays(_to), methods=_METHODS),
            ]
        )

    def site(self) -> Site:
        """A new site."""
        name = f"site{next(self._numbers)}"
        site = self._sites[name] = Site(f"{self.base}/{name}")
        return site

    def _plays(self, answer: Callable[[Site, Asked, Request], Response]) -> Callable[[Request], Any]:
        async def play(request: Request) -> Response:
            site = self._sites[request.path_params["site"]]
            path = request.scope["raw_path"].decode().partition("?")[0].split("/", 2)[2]
            asked = Asked(
                request.method,
                "/" + path,
                list(request.query_params.multi_items()),
                dict(request.headers),
                await request.body(),
            )
            before = site.asked.count(asked)
            site.asked.append(asked)
            site.arrivals.append(time.monotonic())
            site.in_flight += 1
            site.most_in_flight = max(site.most_in_flight, site.in_flight)
            try:
                latency_s = site.latency_s(asked) if callable(site.latency_s) else site.latency_s
                if latency_s:
                    await asyncio.sleep(latency_s)
                status = site.fault(asked, before) if site.fault else None
                if status is not None:
                    return JSONResponse({"message": f"planned {status}"}, status, headers={"Retry-After": "0"})
                return answer(site, asked, request)
            finally:
                site.in_flight -= 1

        return play


def _country(site: Site, asked: Asked, request: Request) -> Response:
    """As the World Bank's service answers: a page's head, then a list of one country."""
    iso = request.path_params["iso"]
    name = COUNTRIES.get(iso)
    if name is None:
        return JSONResponse([{"message": [{"id": "120", "key": "Invalid value"}]}])
    head = {"page": 1, "pages": 1, "per_page": "50", "total": 1}
    return JSONResponse([head, [{"id": iso.upper(), "name": name, "longitude": "-47.9", "letters": list(name[:2])}]])


def _echo(site: Site, asked: Asked, request: Request) -> Response:
    headers = {name: asked.headers[name] for name in sorted(asked.headers) if name.startswith("x-")}
    said = {"method": asked.method, "query": asked.query, "headers": headers, "body": asked.body.decode("latin-1")}
    return JSONResponse(said, headers={"X-Said": asked.path})


def _pages(site: Site, asked: Asked, request: Request) -> Response:
    """Three pages of two items."""
    page, of = int(request.query_params.get("page", 0)), request.query_params["of"]
    items = [f"{of}{page}a", f"{of}{page}b"]
    if page == 2:
        return JSONResponse({"items": items})
    link = f"{request.url.path}?of={of}&page={page + 1}"
    return JSONResponse({"items": items, "next": link}, headers={"Link": f'<{link}>; rel="next", </x>; rel="prev"'})


def _submit(site: Site, asked: Asked, request: Request) -> Response:
    job = asked.json["text"]
    site.polls[job] = 0
    return Response(status_code=202, headers={"Location": f"{request.url.path}/{job}", "Retry-After": "0"})


def _poll(site: Site, asked: Asked, request: Request) -> Response:
    job = request.path_params["job"]
    site.polls[job] += 1
    if site.polls[job] < 3:
        return JSONResponse({"status": "running"}, headers={"Retry-After": "0"})
    if job == "bad":
        return JSONResponse({"status": "failed", "error": {"message": "it went wrong"}})
    return JSONResponse({"status": "succeeded", "result": job.upper()})


def _batch(site: Site, asked: Asked, request: Request) -> Response:
    listed = asked.json["texts"]
    if "poison" in listed:
        return JSONResponse({"message": "one of them is poison"}, 400)
    return JSONResponse({"lengths": [len(text) for text in listed]})


def _index(site: Site, asked: Asked, request: Request) -> Response:
    """As a search service that is busy takes documents: of several only those with even keys."""
    keys = [one["id"] for one in asked.json["value"]]
    taken = [int(key) % 2 == 0 or all(int(other) % 2 for other in keys) for key in keys]
    results = [
        {"key": key, "status": is_taken, "errorMessage": None, "statusCode": 201 if is_taken else 503}
        for key, is_taken in zip(keys, taken, strict=True)
    ]
    return JSONResponse({"value": results}, 200 if all(taken) else 207)


def _file(site: Site, asked: Asked, request: Request) -> Response:
    """So many bytes, as a picture; with ``?streamed`` without saying beforehand how many."""
    content = b"x" * int(request.path_params["size"])
    if "streamed" not in request.query_params:
        return Response(content, media_type="Image/PNG; charset=binary")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 10_000):
            yield content[start : start + 10_000]

    return StreamingResponse(pieces())


def _to(site: Site, asked: Asked, request: Request) -> Response:
    """Leads to ``?url=``, else to itself for ever."""
    where = request.query_params.get("url", f"?round={len(site.asked)}")
    return Response(status_code=302, headers={"Location": where})


@contextmanager
def web_running() -> Iterator[Web]:
    """The service on a free port of the loopback interface, in a thread of its own."""
    web = Web()
    with served(web.app) as web.base:
        yield web


def token() -> str:
    """A secret that workers find in this module."""
    return "planted-in-a-module"
