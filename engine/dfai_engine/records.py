"""What clients make and expect to find again, in one SQLite file for each kind of it.

Several processes of a host may use one file at once: each transaction opens it anew, so that nothing of it is carried
over a fork. Without a folder the records live in memory and end with the process.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dfai_engine.failures import ServiceFailure

__all__ = ["Form", "Records"]

# How long a process waits for another one to end its transaction.
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of records: its file below a data folder, its tables, and what messages call them.

    A new form of the tables is a new *number*. *steps* bring a file of an earlier number to the next one; a file of any
    other number is refused, not guessed at.
    """

    folder: str
    file: str
    number: int
    tables: str
    words: str
    steps: Mapping[int, str] = field(default_factory=dict)


class Records:
    """The file in *folder*, or the one in memory."""

    def __init__(self, form: Form, folder: Path | None) -> None:
        self._form = form
        self._path = None if folder is None else folder / form.folder / form.file
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
                raise ServiceFailure(
                    f"The {self._form.words} are busy.", status=503, code="ServiceUnavailable"
                ) from fault
            raise self._unusable(f"cannot be used ({fault})") from fault

    def _prepare(self, path: Path) -> None:
        with self._lock:
            if self._ready:
                return
            try:
                # Whose faces or voices these are is nobody else's business on this machine.
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as fault:
                raise ServiceFailure(
                    f"The folder of the {self._form.words} cannot be written: {fault.strerror}.",
                    status=500,
                    code="InternalServerError",
                ) from fault
            self._made(path).close()
            self._ready = True

    def _made(self, path: Path | str) -> sqlite3.Connection:
        connection = _connected(path)
        if path != ":memory:":
            connection.execute("PRAGMA journal_mode = WAL")
        with _transacted(connection, write=True):
            (number,) = connection.execute("PRAGMA user_version").fetchone()
            while number != self._form.number:
                if number and number not in self._form.steps:
                    raise self._unusable(f"were written by another release (form {number}, not {self._form.number})")
                for statement in (self._form.steps[number] if number else self._form.tables).split(";"):
                    connection.execute(statement)
                number = number + 1 if number else self._form.number
            connection.execute(f"PRAGMA user_version = {self._form.number}")
        return connection

    def _unusable(self, why: str) -> ServiceFailure:
        return ServiceFailure(f"The {self._form.words} {why}.", status=500, code="InternalServerError")


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
