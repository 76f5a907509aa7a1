"""How a row becomes a request: everything the same for all rows, with places for what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from dfai_core.errors import ConfigError
from dfai_core.secrets import Secret
from dfai_core.service import Document
from dfai_core.services.web.body import body_of, pairs_of
from dfai_core.services.web.template import Template, ascii_url
from dfai_core.services.web.values import as_plain, filled, text_of
from dfai_core.whole import Sealed, Whole

__all__ = ["Recipe", "made"]

_KNOWN = frozenset({"method", "url", "headers", "params", "json", "data", "content", "files"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request in parts. *body* holds some of json, data, content, files; *origins*, if any, are all that is asked."""

    method: str
    url: Template | None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    origins: tuple[str, ...] = ()

    def of(self, document: Document) -> Whole:
        """The request of one row.

        Raises
        ------
        ConfigError
            Where the row's values make no request; it shows none of them.
        """
        assert self.url is not None
        given = {name: filled(value, document) for name, value in self.body.items()}
        params, headers = filled(self.params, document), filled(self.headers, document)
        return made(self.method, self.url.filled(document), params, headers, given, self.origins)

    def changed(self, given: Mapping[str, Any]) -> Whole:
        """The request that a function of the user's made: what it says goes before what is the same for all.

        Raises
        ------
        ConfigError
            Where that is no request.
        """
        if not isinstance(given, Mapping) or not given.keys() <= _KNOWN:
            raise ConfigError(f"request= must give a mapping with some of {', '.join(sorted(_KNOWN))}")
        url = given.get("url")
        if url is None:
            if self.url is None:
                raise ConfigError("request= gives no url")
            url = self.url.filled(())
        body = {name: given[name] for name in given.keys() & _BODIES}
        params = {**self.params, **_parts(given, "params")}
        headers = {**self.headers, **_parts(given, "headers")}
        if not self.origins and any(isinstance(value, Sealed) for value in (*params.values(), *headers.values())):
            raise ConfigError("a secret goes to places that are written down: url=, or origins=")
        return made(
            str(given.get("method", self.method)).upper(),
            ascii_url(text_of(url, "the place of a URL")),
            params,
            headers,
            {name: _listed(value) for name, value in body.items()} if body else self.body,
            self.origins,
        )

    def plain(self) -> Any:
        """What equal recipes have in common, for a store's keys."""
        pieces = None if self.url is None else [self.url.whole, *self.url.pieces]
        parts = (pieces, dict(self.params), dict(self.headers), dict(self.body), list(self.origins))
        return self.method, *map(as_plain, parts)


_BODIES = frozenset({"json", "data", "content", "files"})


def _parts(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The headers or parameters that a function gave, a secret among them sealed."""
    parts = given.get(name) or {}
    if not isinstance(parts, Mapping) or not all(isinstance(key, str) for key in parts):
        raise ConfigError(f"request= must give {name} as a mapping of names to values")
    return {key: Sealed(value) if isinstance(value, Secret) else _listed(value) for key, value in parts.items()}


def _listed(value: Any) -> Any:
    """*value* with lists for tuples, as recipes have them."""
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def made(
    method: str,
    url: str,
    params: Mapping[str, Any],
    headers: Mapping[str, Any],
    given: Mapping[str, Any],
    origins: tuple[str, ...],
) -> Whole:
    """A whole request of its parts, in which every value is there."""
    open_params = {name: value for name, value in params.items() if not isinstance(value, Sealed)}
    pairs = "&".join(f"{quote(name, '')}={quote(value, '')}" for name, value in pairs_of(open_params, "a URL"))
    if pairs:
        front, mark, fragment = url.partition("#")
        url = front + ("&" if "?" in front else "?") + pairs + mark + fragment
    body = body_of(given)
    sent: dict[str, str | Sealed] = {}
    for name, value in headers.items():
        if value is not None:
            sent[name] = value if isinstance(value, Sealed) else text_of(value, "a header")
    if body.type is not None and "content-type" not in map(str.lower, sent):
        sent["Content-Type"] = body.type
    query = tuple((name, value) for name, value in params.items() if isinstance(value, Sealed))
    return Whole(method, url, sent, body.content, query, origins)
