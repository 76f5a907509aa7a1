"""The indexes of one server, or of all processes of a host: a folder each, with one SQLite file in it.

Connections are opened for each request: they take a fraction of a millisecond, and no process, thread or fork can be
left with one to a file that is gone. A network file system is no place for them, as for any SQLite file.
"""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from dfai_engine.failures import ServiceFailure
from dfai_engine.places import data_folder
from dfai_engine.textsearch.definition import Definition, check_name, compatible, definition_of
from dfai_engine.textsearch.documents import texts_at
from dfai_engine.textsearch.moments import microseconds
from dfai_engine.textsearch.words import TOKENIZER, indexed

__all__ = ["Indexes", "columns_of", "folder_of", "insert_words", "words_of"]

FOLDER = "search-indexes"
# How long a writer waits for others to end before the service says that it is busy.
_PATIENCE_S = 30.0


def folder_of(data: Path | None) -> Path:
    """Where indexes are kept: in the server's data folder, or else in the user's own."""
    return data_folder(data) / FOLDER


def columns_of(definition: Definition) -> dict[str, str]:
    """The full-text table's columns by the paths of the fields whose words they hold."""
    return {leaf.path: f"c{place}" for place, leaf in enumerate(definition.searchable)}


def words_of(document: dict[str, object], definition: Definition) -> list[str]:
    """What the full-text table holds of *document*, column by column."""
    return [indexed(texts_at(document, path)) for path in columns_of(definition)] or [""]


class Indexes:
    """Makes, finds and forgets indexes.

    Parameters
    ----------
    folder
        Says where they are, whenever one is asked for.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Every index."""
        if not self._folder().is_dir():
            return []
        return sorted(path.name for path in self._folder().iterdir() if not path.name.startswith("."))

    def create(self, definition: Definition) -> None:
        """A new index.

        Raises
        ------
        ServiceFailure
            409: there is one of this name.
        """
        folder = self._folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".{uuid.uuid4().hex}"
        fresh.mkdir(mode=0o700)
        try:
            # Its name is never used again: whoever still has an earlier one open keeps files of other names.
            connection = sqlite3.connect(fresh / f"{fresh.name[1:]}.sqlite", isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("CREATE TABLE meta (definition TEXT NOT NULL)")
                connection.execute("INSERT INTO meta VALUES (?)", (orjson.dumps(dict(definition.written)).decode(),))
                connection.execute(
                    "CREATE TABLE docs (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, body TEXT NOT NULL)"
                )
                _make_words(connection, definition)
            finally:
                connection.close()
            fresh.rename(folder / definition.name)
        except OSError:
            if definition.name in self.names():
                raise ServiceFailure(
                    f"Cannot create index '{definition.name}' because it already exists.",
                    status=409,
                    code="ResourceNameAlreadyInUse",
                ) from None
            raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def change(self, definition: Definition) -> None:
        """Gives an index a new definition, with more fields."""
        with self.opened(definition.name, write=True) as (connection, old):
            compatible(old, definition)
            connection.execute("UPDATE meta SET definition = ?", (orjson.dumps(dict(definition.written)).decode(),))
            if columns_of(old) != columns_of(definition):
                connection.execute("DROP TABLE words")
                _make_words(connection, definition)
                for identity, body in connection.execute("SELECT id, body FROM docs").fetchall():
                    insert_words(connection, identity, words_of(orjson.loads(body), definition))

    def delete(self, name: str) -> None:
        """Forgets an index with all its documents."""
        folder = self._folder()
        gone = folder / f".{uuid.uuid4().hex}"
        try:
            (folder / check_name(name)).rename(gone)
        except FileNotFoundError:
            raise _missing(name) from None
        shutil.rmtree(gone, ignore_errors=True)

    def definition(self, name: str) -> Definition:
        """What an index is."""
        with self.opened(name) as (_, definition):
            return definition

    def size_bytes(self, name: str) -> int:
        """What it takes on disk."""
        found = 0
        for path in (self._folder() / name).glob("*"):
            with suppress(FileNotFoundError):
                found += path.stat().st_size
        return found

    @contextmanager
    def opened(self, name: str, *, write: bool = False) -> Iterator[tuple[sqlite3.Connection, Definition]]:
        """An index's file and definition, in one transaction; with *write* all that is done in it, or nothing.

        Raises
        ------
        ServiceFailure
            404: there is none. 503: others write to it, and do not end.
        """
        path = next((self._folder() / check_name(name)).glob("*.sqlite"), None)
        if path is None:
            raise _missing(name)
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=_PATIENCE_S, uri=True)
        except sqlite3.OperationalError:  # deleted just now
            raise _missing(name) from None
        try:
            connection.isolation_level = None
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.create_function("dfai_moment", 1, microseconds, deterministic=True)
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            (written,) = connection.execute("SELECT definition FROM meta").fetchone()
            yield connection, definition_of(orjson.loads(written))
            connection.execute("COMMIT")
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault) or "busy" in str(fault):
                raise ServiceFailure("Others write to this index; try again.", status=503, code="") from None
            raise
        finally:
            connection.close()


def insert_words(connection: sqlite3.Connection, identity: int, words: list[str]) -> None:
    """Puts a document's words into the full-text table."""
    places = ", ".join("?" * len(words))
    columns = ", ".join(f"c{place}" for place in range(len(words)))
    connection.execute(f"INSERT INTO words (rowid, {columns}) VALUES (?, {places})", (identity, *words))  # noqa: S608


def _make_words(connection: sqlite3.Connection, definition: Definition) -> None:
    columns = ", ".join(columns_of(definition).values()) or "c0"
    connection.execute(f"CREATE VIRTUAL TABLE words USING fts5({columns}, tokenize = '{TOKENIZER}')")


def _missing(name: str) -> ServiceFailure:
    return ServiceFailure(f"The index '{name[:128]}' was not found.", status=404, code="")
