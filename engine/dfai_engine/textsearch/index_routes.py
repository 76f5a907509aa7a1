"""The routes of indexes: made, shown, changed, listed, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.textsearch import wire
from dfai_engine.textsearch.definition import Definition, check_name, definition_of
from dfai_engine.textsearch.indexes import Indexes
from dfai_engine.textsearch.writing import count
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["IndexRoutes", "routes"]

_MOST_BYTES = 4_000_000


def routes(threads: Threads, indexes: Indexes) -> list[Route]:
    """The Starlette routes, each under both spellings that the documentation has for a name in a path."""
    from starlette.routing import Route

    served = IndexRoutes(threads, indexes)
    found = [
        Route("/indexes", wire.endpoint(served.all), methods=["GET"]),
        Route("/indexes", wire.endpoint(served.create), methods=["POST"]),
    ]
    for path, described in (("/indexes('{name}')", True), ("/indexes/{name}", False)):
        for method, answer in (("GET", served.get), ("PUT", served.put), ("DELETE", served.delete)):
            found.append(Route(path, wire.endpoint(answer), methods=[method], include_in_schema=described))
    statistics = wire.endpoint(served.statistics)
    found.append(Route("/indexes('{name}')/search.stats", statistics, methods=["GET"]))
    found.append(Route("/indexes/{name}/stats", statistics, methods=["GET"], include_in_schema=False))
    return found


class IndexRoutes:
    """Answers what is asked of indexes as such."""

    def __init__(self, threads: Threads, indexes: Indexes) -> None:
        self._threads = threads
        self._indexes = indexes

    async def all(self, request: Request) -> Reply:
        """All indexes; ``$select`` chooses what is shown of each."""
        chosen = [name for name in request.query_params.get("$select", "*").split(",") if name]
        base = protocol.origin(request)
        return wire.answer(await self._threads.run(self._list, chosen, base))

    def _list(self, chosen: list[str], base: str) -> dict[str, Any]:
        shown = []
        for name in self._indexes.names():
            try:
                one = self._indexes.definition(name).shown(base)
            except ServiceFailure:  # deleted meanwhile
                continue
            one.pop("@odata.context")
            shown.append(one if chosen == ["*"] else {key: one[key] for key in chosen if key in one})
        return {"@odata.context": f"{base}/$metadata#indexes", "value": shown}

    async def create(self, request: Request) -> Reply:
        """201 and the new index; 409 where there is one of this name."""
        definition = definition_of(wire.json_of(await protocol.body_of(request, _MOST_BYTES)))
        await self._threads.run(self._indexes.create, definition)
        return self._shown(request, definition, 201)

    async def get(self, request: Request) -> Reply:
        """What an index is."""
        definition = await self._threads.run(self._indexes.definition, request.path_params["name"])
        return self._shown(request, definition, 200)

    async def put(self, request: Request) -> Reply:
        """Makes an index, or gives it more fields; ``If-Match`` and ``If-None-Match`` hold."""
        name = check_name(request.path_params["name"])
        definition = definition_of(wire.json_of(await protocol.body_of(request, _MOST_BYTES)), name)
        status = await self._threads.run(
            self._put, definition, request.headers.get("if-match"), request.headers.get("if-none-match")
        )
        return self._shown(request, definition, status)

    def _put(self, definition: Definition, match: str | None, none_match: str | None) -> int:
        try:
            old: Definition | None = self._indexes.definition(definition.name)
        except ServiceFailure:
            old = None
        if (old is not None and none_match == "*") or (match is not None and not _matches(old, match)):
            raise ServiceFailure("The condition of the request is not met.", status=412, code="")
        if old is None:
            self._indexes.create(definition)
            return 201
        self._indexes.change(definition)
        return 200

    async def delete(self, request: Request) -> Reply:
        """204; the index is gone with its documents."""
        await self._threads.run(self._delete, request.path_params["name"], request.headers.get("if-match"))
        return Reply(204)

    def _delete(self, name: str, match: str | None) -> None:
        if match is not None and not _matches(self._indexes.definition(name), match):
            raise ServiceFailure("The condition of the request is not met.", status=412, code="")
        self._indexes.delete(name)

    async def statistics(self, request: Request) -> Reply:
        """How many documents an index holds, and what they take on disk."""
        return wire.answer(await self._threads.run(self._statistics, request.path_params["name"]))

    def _statistics(self, name: str) -> dict[str, int]:
        with self._indexes.opened(name) as (connection, _):
            documents = count(connection)
        return {"documentCount": documents, "storageSize": self._indexes.size_bytes(name), "vectorIndexSize": 0}

    @staticmethod
    def _shown(request: Request, definition: Definition, status: int) -> Reply:
        return wire.answer(definition.shown(protocol.origin(request)), status=status, headers={"ETag": definition.etag})


def _matches(old: Definition | None, match: str) -> bool:
    return old is not None and match in ("*", old.etag)
