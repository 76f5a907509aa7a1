"""Documents that an index has for a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Option, Part, Service, Values, Wiring
from dfai_core.services.search.indexes import API_VERSION, docs_path, index_name
from dfai_core.transports.base import Answer

__all__ = ["SEARCH_INDEX"]

# Source: Azure AI Search documentation, "Search Documents": at most 1,000 hits an answer; read 2026-11-26.
_MOST_HITS = 1_000
_SOURCE = "Azure AI Search, one query a request; longest request 16 MB. Service limits, read 2026-11-26."
_MODES = ("any", "all")


def _wire(wiring: Wiring) -> Exchange:
    options = wiring.options
    if options["among"] is None:
        raise ConfigError("a row names no index to search (among=)")
    query = _Query(
        top=options["top"],
        mode=options["match"],
        filter=options.get("filter"),
        filtered="filter" in wiring.varying,
        select=tuple(options["select"]),
        key=options["key"],
        counted="count" in wiring.include,
    )
    path = docs_path(options["among"], "search.post.search", wiring.api_version)
    return Exchange(path, query.write, query.read, _unmerged)


@dataclass(frozen=True, slots=True)
class _Query:
    """Asks for the hits of one text, and reads them."""

    top: int
    mode: str
    filter: str | None
    filtered: bool  # whether each document carries its own
    select: tuple[str, ...]
    key: str | None
    counted: bool

    def write(self, documents: Iterable[Document]) -> bytes:
        ((text, *own),) = documents
        said: dict[str, Any] = {"search": text, "searchMode": self.mode, "top": self.top}
        condition = own[0] if self.filtered else self.filter
        if condition:
            said["filter"] = condition
        if self.select:
            said["select"] = ",".join(dict.fromkeys([*self.select, *([self.key] if self.key else [])]))
        if self.counted:
            said["count"] = True
        return orjson.dumps(said)

    def read(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """The hits, the best first."""
        body = orjson.loads(answer.body)
        hits = [self._hit(hit) for hit in body["value"]]
        return [(hits, body["@odata.count"]) if self.counted else (hits,)]

    def _hit(self, hit: dict[str, Any]) -> dict[str, Any]:
        document = {name: value for name, value in hit.items() if not name.startswith("@search.")}
        key = None if self.key is None else document.get(self.key)
        return {
            "score": float(hit["@search.score"]),
            "key": None if key is None else str(key),
            "document": orjson.dumps(document).decode(),
        }


def _unmerged(_: Sequence[Part]) -> Values:
    raise TypeError("a query has no parts")


def _among(name: str, value: Any) -> Any:
    return None if value is None else index_name(name, value)


def _top(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_HITS:
        raise ConfigError(f"{name}={value!r}: expected a whole number from 1 to {_MOST_HITS:,}.")
    return value


def _match(name: str, value: Any) -> str:
    if value not in _MODES:
        raise ConfigError(f"{name}={value!r}: choose 'any' (of the words) or 'all'.")
    return str(value)


def _text(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise ConfigError(f"{name}={value!r}: expected a text.")


def _names(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(one, str) and one for one in value):
        raise ConfigError(f'{name}={value!r}: expected a list of fields, such as ["title", "address/city"].')
    return tuple(value)


SEARCH_INDEX = Service(
    name="search_index",
    family="search",
    noun="hits",
    inputs=("query",),
    columns=(
        Column(
            "",
            pa.list_(
                pa.struct(
                    [pa.field("score", pa.float64()), pa.field("key", pa.string()), pa.field("document", pa.string())]
                )
            ),
            "The best first: score (orders hits of one query), key (where key= names its field), and the document's "
            "fields as JSON. No hit is an empty list.",
        ),
    ),
    options=(
        Option("among", "request", None, _among),
        Option("top", "request", 10, _top),
        Option("filter", "document", None, _text),
        Option("match", "request", "any", _match),
        Option("select", "request", (), _names),
        Option("key", "request", None, _text),
    ),
    limits={"azure": Limits(1, None, 16_000_000, _SOURCE)},
    operation="SearchDocuments",
    wire=_wire,
    api_version=API_VERSION,
    includes={"count": Column("_count", pa.int64(), "How many documents are found in all.")},
    offering="search",
    known_as=("search", "search_documents"),
    keeps=False,
)
