"""The routes of documents: written in batches, found, looked up, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.textsearch import wire
from dfai_engine.textsearch.asked import Asked, asked_in_body, asked_in_url
from dfai_engine.textsearch.documents import shown
from dfai_engine.textsearch.indexes import Indexes
from dfai_engine.textsearch.searching import page_of, search
from dfai_engine.textsearch.writing import MOST_BYTES, count, write
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["DocumentRoutes", "routes"]

_MOST_QUERY_BYTES = 1_000_000


def routes(threads: Threads, indexes: Indexes) -> list[Route]:
    """The Starlette routes: as clients spell them, then as the documentation's older pages do."""
    from starlette.routing import Route

    served = DocumentRoutes(threads, indexes)
    answers = (
        ("GET", "/indexes('{name}')/docs", "/indexes/{name}/docs", served.search_in_url),
        ("POST", "/indexes('{name}')/docs/search.post.search", "/indexes/{name}/docs/search", served.search),
        ("POST", "/indexes('{name}')/docs/search.index", "/indexes/{name}/docs/index", served.write),
        ("GET", "/indexes('{name}')/docs/$count", "/indexes/{name}/docs/$count", served.count),
        ("GET", "/indexes('{name}')/docs('{key}')", "/indexes/{name}/docs/{key}", served.get),
    )
    return [
        Route(path, wire.endpoint(answer), methods=[method], include_in_schema=described)
        for described in (True, False)
        for method, modern, older, answer in answers
        for path in [modern if described else older]
    ]


class DocumentRoutes:
    """Answers what is asked of an index's documents."""

    def __init__(self, threads: Threads, indexes: Indexes) -> None:
        self._threads = threads
        self._indexes = indexes

    async def write(self, request: Request) -> Reply:
        """200 where every document was taken, 207 where some were not."""
        body = await protocol.body_of(request, MOST_BYTES)
        return await self._threads.run(self._write, request.path_params["name"], body)

    def _write(self, name: str, body: bytes) -> Reply:
        status, said = write(self._indexes, name, wire.json_of(body))
        return wire.answer(said, status=status)

    async def search(self, request: Request) -> Reply:
        """Hits, the best first."""
        body = await protocol.body_of(request, _MOST_QUERY_BYTES)
        return await self._answered(request, asked_in_body(wire.json_of(body)))

    async def search_in_url(self, request: Request) -> Reply:
        """The same by GET."""
        return await self._answered(request, asked_in_url(request.query_params))

    async def _answered(self, request: Request, asked: Asked) -> Reply:
        name, version = request.path_params["name"], request.query_params["api-version"]
        base = protocol.origin(request)
        return await self._threads.run(self._search, name, asked, base, version)

    def _search(self, name: str, asked: Asked, base: str, version: str) -> Reply:
        found = search(self._indexes, name, asked)
        return wire.answer(page_of(found, name, asked, base, version))

    async def count(self, request: Request) -> Reply:
        """How many documents there are, as plain text."""
        number = await self._threads.run(self._count, request.path_params["name"])
        return Reply(200, str(number).encode(), {"Content-Type": "text/plain"})

    def _count(self, name: str) -> int:
        with self._indexes.opened(name) as (connection, _):
            return count(connection)

    async def get(self, request: Request) -> Reply:
        """One document by its key; ``$select`` chooses its fields."""
        chosen = [path for path in request.query_params.get("$select", "").split(",") if path and path != "*"]
        name, key = request.path_params["name"], request.path_params["key"]
        return wire.answer(await self._threads.run(self._get, name, key, chosen))

    def _get(self, name: str, key: str, chosen: list[str]) -> dict[str, Any]:
        with self._indexes.opened(name) as (connection, definition):
            found = connection.execute("SELECT body FROM docs WHERE key = ?", (key,)).fetchone()
            if found is None:
                raise ServiceFailure("Document not found.", status=404, code="")
            paths = [definition.at(path).path for path in chosen] or None
            return shown(orjson.loads(found[0]), definition.fields, paths)
