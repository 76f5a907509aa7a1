"""Full-text search: indexes of documents behind Azure AI Search's protocol."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfai_engine.families import Room

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.routing import Route

__all__ = ["OPERATIONS", "QUERY", "Answer", "empty", "routes"]

QUERY = ("api-version",)


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation, in the protocol's spelling. SQLite, which Python brings along, does the work."""

    name: str
    module: str  # beside this file
    extra: str = "local"
    packages: tuple[str, ...] = ("orjson",)

    def load(self) -> ModuleType:
        """The module that answers."""
        return importlib.import_module(f"dfai_engine.textsearch.{self.module}")


OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer for answer in (Answer("SearchDocuments", "searching"), Answer("IndexDocuments", "writing"))
}


def routes(room: Room) -> list[Route]:
    """Indexes, then the documents in them."""
    from dfai_engine.textsearch import absent, document_routes, index_routes
    from dfai_engine.textsearch.indexes import Indexes, folder_of

    indexes = Indexes(lambda: folder_of(room.data))
    return [
        *index_routes.routes(room.threads, indexes),
        *document_routes.routes(room.threads, indexes),
        *absent.routes(),
    ]


def empty(room: Room) -> Mapping[str, str]:
    """What is answered here and would find nothing, with the sentence that says why."""
    from dfai_engine.textsearch.indexes import Indexes, folder_of

    if Indexes(lambda: folder_of(room.data)).names():
        return {}
    return {
        "SearchDocuments": 'There is no index here. df.ai.write_search_index("name", key="id") makes one of a frame.'
    }
