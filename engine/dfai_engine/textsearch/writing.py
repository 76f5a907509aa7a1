"""Batches of documents into an index: all that is sound, each document with its own status."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dfai_engine.textsearch.definition import Definition
from dfai_engine.textsearch.documents import TOO_LARGE_TERM, key_of, large_term, merged, stored
from dfai_engine.textsearch.indexes import Indexes, insert_words, words_of
from dfai_engine.textsearch.wire import invalid

__all__ = ["MOST_BYTES", "MOST_DOCUMENTS", "count", "write"]

# Source: Azure AI Search documentation, "Add, Update or Delete Documents", read 2026-11-26.
MOST_DOCUMENTS = 1_000
MOST_BYTES = 16 * 2**20
_ACTIONS = {"upload": "upload", "merge": "merge", "mergeorupload": "mergeOrUpload", "delete": "delete"}


@dataclass(frozen=True, slots=True)
class _Action:
    kind: str
    key: str
    document: Mapping[str, Any]


def write(
    indexes: Indexes, name: str, body: Mapping[str, Any], most: int = MOST_DOCUMENTS
) -> tuple[int, dict[str, Any]]:
    """The status and the answer of a batch.

    Raises
    ------
    ServiceFailure
        Where the batch makes no sense as a whole: then nothing of it is kept.
    """
    listed = body.get("value")
    if not isinstance(listed, list) or not listed:
        raise invalid("The request is invalid. Details: actions : No indexing actions found in the request.")
    if len(listed) > most:
        raise invalid(f"The request is invalid. Details: actions : {len(listed):,} actions are more than {most:,}.")
    with indexes.opened(name, write=True) as (connection, definition):
        actions = [_action(one, definition) for one in listed]
        results = [_carried_out(connection, definition, action) for action in actions]
    status = 200 if all(result["status"] for result in results) else 207
    return status, {"value": results}


def _action(one: Any, definition: Definition) -> _Action:
    if not isinstance(one, dict):
        raise invalid("The request is invalid. Details: actions : an action is an object.")
    said = one.get("@search.action", "upload")
    kind = _ACTIONS.get(said.lower()) if isinstance(said, str) else None
    if kind is None:
        raise invalid(f"The request is invalid. Details: actions : there is no action {said!r}.")
    key = key_of(one, definition)
    return _Action(kind, key, {} if kind == "delete" else stored(one, definition.fields))


def _carried_out(connection: sqlite3.Connection, definition: Definition, action: _Action) -> dict[str, Any]:
    found = connection.execute("SELECT id, body FROM docs WHERE key = ?", (action.key,)).fetchone()
    if action.kind == "delete":
        if found is not None:
            connection.execute("DELETE FROM docs WHERE id = ?", (found[0],))
            connection.execute("DELETE FROM words WHERE rowid = ?", (found[0],))
        return _result(action.key, 200)
    if action.kind == "merge" and found is None:
        return _result(action.key, 404, "Document not found.")
    whole = dict(action.document)
    if found is not None and action.kind != "upload":
        whole = merged(orjson.loads(found[1]), action.document)
    if path := large_term(whole, definition):
        return _result(action.key, 400, TOO_LARGE_TERM.format(path=path))
    text, words = orjson.dumps(whole).decode(), words_of(whole, definition)
    if found is None:
        made = connection.execute("INSERT INTO docs (key, body) VALUES (?, ?)", (action.key, text))
        insert_words(connection, int(made.lastrowid or 0), words)
        return _result(action.key, 201)
    connection.execute("UPDATE docs SET body = ? WHERE id = ?", (text, found[0]))
    connection.execute("DELETE FROM words WHERE rowid = ?", (found[0],))
    insert_words(connection, found[0], words)
    return _result(action.key, 200)


def _result(key: str, status: int, message: str | None = None) -> dict[str, Any]:
    return {"key": key, "status": message is None, "errorMessage": message, "statusCode": status}


def count(connection: sqlite3.Connection) -> int:
    """How many documents an index holds."""
    found: Sequence[int] = connection.execute("SELECT COUNT(*) FROM docs").fetchone()
    return found[0]
