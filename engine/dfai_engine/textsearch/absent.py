"""What Azure AI Search has and this server has not: it says so, where "not found" could be taken for "empty"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.textsearch import wire

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["routes"]

# Things of the whole service, and what may be asked about one index, in both spellings.
OF_SERVICE = (
    *("aliases", "synonymmaps", "knowledgebases", "knowledgesources", "agents"),
    *("indexers", "skillsets", "datasources"),
)
OF_INDEX = ("search.analyze", "analyze", "docs/search.post.autocomplete", "docs/search.post.suggest")
OF_INDEX_BY_GET = ("docs/search.autocomplete", "docs/search.suggest", "docs/autocomplete", "docs/suggest")


def routes() -> list[Route]:
    """The Starlette routes; their methods are all that the service knows there."""
    from starlette.routing import Route

    every = ["GET", "POST", "PUT", "DELETE"]
    refused = wire.endpoint(_refused)
    paths = [path for name in OF_SERVICE for path in (f"/{name}", f"/{name}('{{rest:path}}", f"/{name}/{{rest:path}}")]
    paths += [f"/indexes{one}/{name}" for one in ("('{name}')", "/{name}") for name in (*OF_INDEX, *OF_INDEX_BY_GET)]
    return [Route(path, refused, methods=every, include_in_schema=False) for path in (*paths, "/servicestats")]


async def _refused(_: Request) -> Reply:
    raise ServiceFailure(
        "Indexes and their documents alone are served here. Aliases, synonyms, knowledge bases, indexers, skills, "
        "analysis of text, suggestions and the service's own statistics are not: Azure AI Search serves them.",
        status=501,
        code="NotImplemented",
    )
