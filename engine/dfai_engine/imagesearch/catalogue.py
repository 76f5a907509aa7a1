"""What is known of pictures: one SQLite file for all processes of a host, a row a picture, words to find it by."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from dfai_engine.failures import ServiceFailure
from dfai_engine.places import data_folder

__all__ = ["WEIGHTS", "Catalogue", "Known", "Picture", "identity_of", "picture_of"]

_FILE = "images.sqlite"
_PATIENCE_S = 30.0
# How much a word counts by where it stands: in the name, in its maker's notes, as a tag, as an object, in the picture.
WEIGHTS = {"name": 4.0, "noted": 3.0, "tags": 3.0, "objects": 2.0, "text": 1.0}
# Words by their English stems and without accents: a picture is found by "cats" that is tagged "cat".
_TABLES = f"""
CREATE TABLE IF NOT EXISTS pictures (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, root TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
    sight TEXT NOT NULL, width INTEGER, height INTEGER, format TEXT, published TEXT NOT NULL, shown TEXT NOT NULL,
    vector BLOB
) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    id UNINDEXED, {", ".join(WEIGHTS)}, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""


def identity_of(path: Path) -> str:
    """The id of the picture at *path*: the same in every process, and telling nothing of the place."""
    return blake2b(str(path).encode(errors="surrogateescape"), digest_size=16).hexdigest().upper()


@dataclass(frozen=True, slots=True)
class Known:
    """What tells whether a file was looked at already."""

    size: int
    changed: int  # nanoseconds
    sight: str  # what looked at it; "" where nothing did


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. *words* are by where they stand, *shown* is what answers tell besides."""

    path: Path
    root: Path
    known: Known
    published: str
    width: int | None = None
    height: int | None = None
    format: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    vector: bytes | None = None  # float32, of length 1

    @property
    def id(self) -> str:
        """Its id."""
        return identity_of(self.path)

    @property
    def place(self) -> str:
        """Where it is below its folder."""
        return self.path.relative_to(self.root).as_posix()


class Catalogue:
    """The pictures that some process looked at.

    Parameters
    ----------
    data
        The server's data folder; None: the user's own.
    """

    def __init__(self, data: Path | None) -> None:
        self._folder = data_folder(data)

    @contextmanager
    def opened(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The file in one transaction; with *write* all that is done in it, or nothing."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self._folder / _FILE, timeout=_PATIENCE_S, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone():
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault) or "busy" in str(fault):
                raise ServiceFailure("Others write to the index of images; try again.", status=503) from None
            raise
        finally:
            connection.close()

    def known(self, root: Path) -> dict[str, Known]:
        """The pictures below *root*, by path."""
        with self.opened() as connection:
            rows = connection.execute("SELECT path, size, changed, sight FROM pictures WHERE root = ?", (str(root),))
            return {path: Known(size, changed, sight) for path, size, changed, sight in rows}

    def keep(self, pictures: Sequence[Picture]) -> None:
        """Keeps *pictures* in the place of what was known of their paths."""
        with self.opened(write=True) as connection:
            _forget(connection, (picture.id for picture in pictures))
            for picture in pictures:
                known = picture.known
                connection.execute(
                    "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(picture.id, str(picture.path), str(picture.root), known.size, known.changed, known.sight),
                        *(picture.width, picture.height, picture.format, picture.published),
                        *(orjson.dumps(dict(picture.shown)).decode(), picture.vector),
                    ),
                )
                words = [picture.words.get(name, "") for name in WEIGHTS]
                connection.execute("INSERT INTO words VALUES (?, ?, ?, ?, ?, ?)", (picture.id, *words))

    def forget(self, paths: Iterable[str]) -> None:
        """Forgets files that are gone."""
        with self.opened(write=True) as connection:
            _forget(connection, (identity_of(Path(path)) for path in paths))

    def picture(self, connection: sqlite3.Connection, identity: str) -> Picture | None:
        """One picture by its id, without its words."""
        row = connection.execute("SELECT * FROM pictures WHERE id = ?", (identity,)).fetchone()
        return None if row is None else picture_of(row)


def picture_of(row: Sequence[Any]) -> Picture:
    """A picture out of its row."""
    _, path, root, size, changed, sight, width, height, kind, published, shown, vector = row
    known = Known(size, changed, sight)
    return Picture(Path(path), Path(root), known, published, width, height, kind, {}, orjson.loads(shown), vector)


def _forget(connection: sqlite3.Connection, identities: Iterable[str]) -> None:
    chosen = [(identity,) for identity in identities]
    connection.executemany("DELETE FROM words WHERE id = ?", chosen)
    connection.executemany("DELETE FROM pictures WHERE id = ?", chosen)
