"""A search: which documents are found, in which order, and what an answer shows of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import orjson

from dfai_engine.textsearch.asked import Asked
from dfai_engine.textsearch.definition import Definition
from dfai_engine.textsearch.documents import shown
from dfai_engine.textsearch.filters import Condition, condition_of, order_of
from dfai_engine.textsearch.indexes import Indexes, columns_of
from dfai_engine.textsearch.query import Both, Either, Node, Not, Term, positives, query_of
from dfai_engine.textsearch.wire import invalid
from dfai_engine.textsearch.words import phrase, readable

__all__ = ["Found", "page_of", "search"]

# Words around a match in a highlight, at most.
_SNIPPET_WORDS = 40
_EVERYTHING = Condition("1")
_RANKED = "SELECT rowid, bm25(words) AS rank FROM words WHERE words MATCH ?"


class Found(NamedTuple):
    """A page of hits."""

    hits: list[dict[str, Any]]
    total: int | None
    more: bool  # whether further documents are found


def search(indexes: Indexes, name: str, asked: Asked) -> Found:
    """The hits of *asked* in an index.

    Raises
    ------
    ServiceFailure
        It cannot be read, or asks for what this server does not do.
    """
    with indexes.opened(name) as (connection, definition):
        try:
            return _Search(connection, definition, asked).found()
        except sqlite3.OperationalError as fault:
            if "too large" in str(fault) or "too many" in str(fault) or "stack overflow" in str(fault):
                raise invalid("The query or the filter is too complex.") from None
            raise


@dataclass(frozen=True, slots=True)
class _Search:
    connection: sqlite3.Connection
    definition: Definition
    asked: Asked

    def found(self) -> Found:
        asked, definition = self.asked, self.definition
        node = query_of(asked.search, asked.mode)
        columns = self._columns(asked.search_fields)
        matching = _EVERYTHING if node is None else self._matching(node, columns)
        where = matching
        if asked.filter:
            kept = condition_of(asked.filter, definition, self._found_by)
            where = Condition(f"{where.sql} AND {kept.sql}", where.values + kept.values)
        ranked = [] if node is None else [_leaf(term, columns) for term in positives(node)]
        source = "docs AS d"
        values: tuple[str, ...] = ()
        score = "1.0"
        if ranked and columns:
            source += f" LEFT JOIN ({_RANKED}) AS r ON r.rowid = d.id"
            values, score = (" OR ".join(ranked),), "COALESCE(-r.rank, 0.0)"
        order = order_of(asked.orderby, definition, score) if asked.orderby else f"{score} DESC"
        chosen = None if asked.select is None else [definition.at(path).path for path in asked.select]
        # Every name in here is the index's own, and every value a parameter.
        rows = self.connection.execute(
            f"SELECT d.id, d.body, {score} FROM {source} WHERE {where.sql} ORDER BY {order}, d.id LIMIT ? OFFSET ?",  # noqa: S608
            (*values, *where.values, asked.page + 1, asked.skip),
        ).fetchall()
        total = None
        if asked.count:
            counted = f"SELECT COUNT(*) FROM docs AS d WHERE {where.sql}"  # noqa: S608
            (total,) = self.connection.execute(counted, where.values).fetchone()
        page = rows[: asked.page]
        marked = self._highlights([row[0] for row in page], ranked, columns)
        hits = [
            {"@search.score": rank}
            | ({"@search.highlights": marked[identity]} if marked.get(identity) else {})
            | shown(orjson.loads(body), definition.fields, chosen)
            for identity, body, rank in page
        ]
        return Found(hits, total, len(rows) > asked.page)

    def _columns(self, paths: Sequence[str] | None) -> list[str]:
        """The full-text columns of the fields that are searched."""
        known = columns_of(self.definition)
        if paths is None:
            return list(known.values())
        for path in paths:
            self.definition.at(path)
            if path not in known:
                raise invalid(f"The field '{path}' in the search field list is not searchable.")
        return [known[path] for path in paths]

    def _found_by(self, query: str, fields: str | None) -> Condition:
        """Documents that a full-text query in a filter finds."""
        node = query_of(query, "any")
        paths = None if fields is None else [path.strip() for path in fields.split(",")]
        return _EVERYTHING if node is None else self._matching(node, self._columns(paths))

    def _matching(self, node: Node, columns: Sequence[str]) -> Condition:
        """SQL for *node*: what the full-text index cannot say by itself is said around it."""
        if not columns:
            return Condition("0")
        plain = _expression(node, columns)
        if plain is not None:
            return Condition("d.id IN (SELECT rowid FROM words WHERE words MATCH ?)", (plain,))
        if isinstance(node, Not):
            inner = self._matching(node.inner, columns)
            return Condition(f"(NOT {inner.sql})", inner.values)
        assert isinstance(node, (Both, Either))
        left, right = self._matching(node.left, columns), self._matching(node.right, columns)
        word = "AND" if isinstance(node, Both) else "OR"
        return Condition(f"({left.sql} {word} {right.sql})", left.values + right.values)

    def _highlights(
        self, identities: Sequence[int], ranked: Sequence[str], columns: Sequence[str]
    ) -> dict[int, dict[str, list[str]]]:
        """For each hit, by field, the words around a match."""
        if not self.asked.highlight or not ranked or not identities:
            return {}
        known = columns_of(self.definition)
        places = list(known.values())
        paths = []
        for path in self.asked.highlight:
            self.definition.at(path)
            if path not in known:
                raise invalid(f"The field '{path}' in the highlight list is not searchable.")
            paths.append(path)
        before, after = self.asked.marks
        snippets = ", ".join(
            f"snippet(words, {places.index(known[path])}, ?, ?, '…', {_SNIPPET_WORDS})" for path in paths
        )
        wanted = ", ".join("?" * len(identities))
        rows = self.connection.execute(
            f"SELECT rowid, {snippets} FROM words WHERE words MATCH ? AND rowid IN ({wanted})",  # noqa: S608
            (*([before, after] * len(paths)), " OR ".join(ranked), *identities),
        )
        return {
            identity: {path: [readable(text)] for path, text in zip(paths, texts, strict=True) if before in text}
            for identity, *texts in rows
        }


def _expression(node: Node, columns: Sequence[str]) -> str | None:
    """*node* in the full-text index's own language; None where that has no word for it."""
    if isinstance(node, Term):
        return _leaf(node, columns)
    if isinstance(node, Not):
        return None
    left = _expression(node.left, columns)
    if left is None:
        return None
    word: Literal["AND", "OR", "NOT"] = "AND" if isinstance(node, Both) else "OR"
    right_node: Node = node.right
    if word == "AND" and isinstance(right_node, Not):
        word, right_node = "NOT", right_node.inner
    right = _expression(right_node, columns)
    return None if right is None else f"({left} {word} {right})"


def _leaf(term: Term, columns: Iterable[str]) -> str:
    return f"({{{' '.join(columns)}}} : {phrase(term.text, prefix=term.prefix)})"


def page_of(found: Found, name: str, asked: Asked, base: str, version: str) -> Mapping[str, Any]:
    """The answer as it is sent."""
    said: dict[str, Any] = {"@odata.context": f"{base}/indexes('{name}')/$metadata#docs(*)"}
    if found.total is not None:
        said["@odata.count"] = found.total
    if found.more and (rest := asked.rest()) is not None:
        if asked.posted:
            said["@search.nextPageParameters"] = rest
        link = "docs/search.post.search?" if asked.posted else f"docs?{asked.link(rest)}&"
        said["@odata.nextLink"] = f"{base}/indexes('{name}')/{link}api-version={version}"
    return said | {"value": found.hits}
