"""One SQLite file for all collections: descriptors and what clients wrote beside them, never a picture.

Several processes of a host may use one file at once: each transaction opens it anew, so that nothing of it is carried
over a fork. Without a folder the database lives in memory and ends with the process.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dfai_engine.failures import ServiceFailure

__all__ = ["Database"]

FOLDER, FILE = "faces", "faces.sqlite"
# How long a process waits for another one to end its transaction.
PATIENCE_S = 30.0

# A new form of the tables is a new number; a file of another number is refused, not guessed at.
FORM = 1
TABLES = """
CREATE TABLE collection (
    kind TEXT, id TEXT, name TEXT NOT NULL, user_data TEXT, model TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
    made TEXT NOT NULL, trained TEXT, trained_last TEXT, failed TEXT,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE person (
    kind TEXT, collection TEXT, id TEXT, name TEXT NOT NULL, user_data TEXT,
    PRIMARY KEY (kind, collection, id),
    FOREIGN KEY (kind, collection) REFERENCES collection (kind, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE face (
    kind TEXT, collection TEXT, id TEXT, person TEXT, user_data TEXT, trained INTEGER NOT NULL DEFAULT 0,
    embedding BLOB NOT NULL,
    PRIMARY KEY (kind, collection, id),
    FOREIGN KEY (kind, collection) REFERENCES collection (kind, id) ON DELETE CASCADE,
    FOREIGN KEY (kind, collection, person) REFERENCES person (kind, collection, id) ON DELETE CASCADE
);
CREATE INDEX face_of_person ON face (kind, collection, person);
"""


class Database:
    """The file in *folder*, or the one in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FOLDER / FILE
        self._lock = threading.Lock()
        self._ready = False
        self._memory: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is done inside; nobody else writes meanwhile if *write*.

        Raises
        ------
        ServiceFailure
            503: others kept it too long. 500: the folder cannot be used.
        """
        try:
            if self._path is None:
                with self._lock:
                    self._memory = self._memory or self._made(":memory:")
                    with _transacted(self._memory, write) as connection:
                        yield connection
                return
            if not self._ready:
                self._prepare(self._path)
            connection = _connected(self._path)
            try:
                with _transacted(connection, write):
                    yield connection
            finally:
                connection.close()
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault):
                raise ServiceFailure("The collections are busy.", status=503, code="ServiceUnavailable") from fault
            raise ServiceFailure(
                f"The collections cannot be used ({fault}).", status=500, code="InternalServerError"
            ) from fault

    def _prepare(self, path: Path) -> None:
        with self._lock:
            if self._ready:
                return
            try:
                # Whose faces these are is nobody else's business on this machine.
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as fault:
                raise ServiceFailure(
                    f"The folder of the collections cannot be written: {fault.strerror}.",
                    status=500,
                    code="InternalServerError",
                ) from fault
            self._made(path).close()
            self._ready = True

    @staticmethod
    def _made(path: Path | str) -> sqlite3.Connection:
        connection = _connected(path)
        if path != ":memory:":
            connection.execute("PRAGMA journal_mode = WAL")
        with _transacted(connection, write=True):
            (form,) = connection.execute("PRAGMA user_version").fetchone()
            if form == 0:
                for statement in TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {FORM}")
            elif form != FORM:
                raise ServiceFailure(
                    f"The collections were written by another release (form {form}, not {FORM}).",
                    status=500,
                    code="InternalServerError",
                )
        return connection


def _connected(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    # What is deleted is overwritten: a descriptor is personal data.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


@contextmanager
def _transacted(connection: sqlite3.Connection, write: bool) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
