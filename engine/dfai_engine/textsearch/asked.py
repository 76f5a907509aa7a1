"""What a search asks for, in a body or in a URL: read once, and refused where this server cannot do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from dfai_engine.failures import ServiceFailure
from dfai_engine.textsearch.wire import checked, invalid

__all__ = ["Asked", "asked_in_body", "asked_in_url"]

# Source: Azure AI Search documentation, "Search Documents", read 2026-11-26.
_PAGE, _MOST_PAGE = 50, 1_000
_MOST_SKIPPED = 100_000
# What is asked for by these, and who does it.
_NOT_SERVED = {
    "facets": "Facets are",
    "scoringProfile": "Scoring profiles are",
    "vectorQueries": "Vector queries are",
    "semanticConfiguration": "Semantic ranking is",
    "semanticQuery": "Semantic ranking is",
    "answers": "Semantic answers are",
    "captions": "Semantic captions are",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A search. *top* is None where the client named none: then it is told how to go on."""

    search: str = ""
    mode: Literal["any", "all"] = "any"
    search_fields: tuple[str, ...] | None = None
    filter: str = ""
    orderby: str = ""
    select: tuple[str, ...] | None = None
    top: int | None = None
    skip: int = 0
    count: bool = False
    highlight: tuple[str, ...] = ()
    marks: tuple[str, str] = ("<em>", "</em>")
    posted: bool = True
    written: Mapping[str, Any] = field(default_factory=dict)

    @property
    def page(self) -> int:
        """How many hits an answer holds at most."""
        return _PAGE if self.top is None else min(self.top, _MOST_PAGE)

    def rest(self) -> dict[str, Any] | None:
        """What to ask for the hits after this page; None where the client wanted no more."""
        more = {"skip": self.skip + self.page}
        if self.top is not None:
            if self.top <= self.page:
                return None
            more["top"] = self.top - self.page
        return {**self.written, **more}

    def link(self, rest: Mapping[str, Any]) -> str:
        """The same as a URL's query."""
        renamed = {"filter", "orderby", "select", "top", "skip", "count"}
        said = {f"${name}" if name in renamed else name: value for name, value in rest.items()}
        return "&".join(f"{quote(name, safe='$')}={quote(_text(value), safe='')}" for name, value in said.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def asked_in_body(body: Mapping[str, Any]) -> Asked:
    """A search by POST."""
    return _asked({name: value for name, value in body.items() if value is not None}, posted=True)


def asked_in_url(query: Mapping[str, str]) -> Asked:
    """The same by GET, where OData's own parameters have a ``$``."""
    said: dict[str, Any] = {name.removeprefix("$"): value for name, value in query.items() if name != "api-version"}
    for name in ("top", "skip"):
        if name in said:
            said[name] = _natural(name, said[name])
    if "count" in said:
        said["count"] = said["count"].lower() == "true"
    return _asked(said, posted=False)


def _natural(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise invalid(f"Invalid value for the parameter '${name}'.")
    return int(text)


def _asked(said: Mapping[str, Any], *, posted: bool) -> Asked:
    for name, what in _NOT_SERVED.items():
        if said.get(name):
            raise _not_served(what)
    kind = checked(said.get("queryType"), str, "queryType") or "simple"
    if kind != "simple":
        raise _not_served(f"Queries of the type '{kind}' are")
    mode: Literal["any", "all"] = "all" if said.get("searchMode") == "all" else "any"
    if said.get("searchMode", mode) != mode:
        raise invalid("The parameter 'searchMode' must be 'any' or 'all'.")
    top, skip = checked(said.get("top"), int, "top"), checked(said.get("skip"), int, "skip") or 0
    if top is not None and top < 0:
        raise invalid("Value must be greater than or equal to 0. Parameter name: $top")
    if not 0 <= skip <= _MOST_SKIPPED:
        raise invalid(f"Value must be between 0 and {_MOST_SKIPPED}. Parameter name: $skip")
    select = _listed(said, "select")
    return Asked(
        search=checked(said.get("search"), str, "search") or "",
        mode=mode,
        search_fields=_listed(said, "searchFields"),
        filter=(checked(said.get("filter"), str, "filter") or "").strip(),
        orderby=(checked(said.get("orderby"), str, "orderby") or "").strip(),
        select=None if select == ("*",) else select,
        top=top,
        skip=skip,
        count=bool(checked(said.get("count"), bool, "count")),
        highlight=tuple(path.partition("-")[0] for path in _listed(said, "highlight") or ()),
        marks=(
            checked(said.get("highlightPreTag"), str, "highlightPreTag") or "<em>",
            checked(said.get("highlightPostTag"), str, "highlightPostTag") or "</em>",
        ),
        posted=posted,
        written=said,
    )


def _listed(said: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Names between commas; None for none at all."""
    found = tuple(part.strip() for part in (checked(said.get(name), str, name) or "").split(",") if part.strip())
    return found or None


def _not_served(what: str) -> ServiceFailure:
    return ServiceFailure(
        f"{what} not served by the embedded index. Azure AI Search serves them: "
        'target=dfai.azure(endpoint="https://NAME.search.windows.net").',
        code="",
    )
