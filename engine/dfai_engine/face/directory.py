"""The collections of faces and persons that clients make: kept until they are deleted."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from dfai_engine.face.database import Database
from dfai_engine.face.kinds import Kind
from dfai_engine.face.similarity import Embedding
from dfai_engine.failures import ServiceFailure

__all__ = ["Directory", "Members"]

# What describes faces now: those that something else described are not compared with them.
DESCRIPTOR = "mobilefacenet-1"
# Half the bytes of 32-bit floats, and distances the same to the third digit.
STORED = "<f2"
# Descriptors of collections that were searched lately, together.
CACHED_BYTES = 256_000_000
NO_PERSON = ServiceFailure("Person is not found.", status=404, code="PersonNotFound")
NO_FACE = ServiceFailure("Persisted face is not found.", status=404, code="PersistedFaceNotFound")


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The faces of a collection, as it is searched: ids, whose they are, a descriptor in each row."""

    model: str
    faces: tuple[str, ...]
    persons: tuple[str | None, ...]
    embeddings: Embedding


class Directory:
    """All collections of one engine, in *folder* or in memory; *now* tells the time."""

    def __init__(self, folder: Path | None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = Database(folder)
        self._now = now
        self._cache: OrderedDict[tuple[str, str], tuple[tuple[str, int], Members]] = OrderedDict()
        self._lock = threading.Lock()

    # ---- collections ------------------------------------------------------------------------------------------------

    def create(self, kind: Kind, identity: str, name: str, user_data: str | None, model: str) -> None:
        """A new collection, empty."""
        with self._database.transaction(write=True) as db:
            try:
                db.execute(
                    "INSERT INTO collection (kind, id, name, user_data, model, made, descriptor) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (kind.path, identity, name, user_data, model, self._time(), DESCRIPTOR),
                )
            except sqlite3.IntegrityError:
                raise kind.exists() from None

    def collections(self, kind: Kind, start: str, top: int) -> list[dict[str, Any]]:
        """Those whose ids follow *start*, in order."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT id, name, user_data, model FROM collection WHERE kind = ? AND id > ? ORDER BY id LIMIT ?",
                (kind.path, start, top),
            ).fetchall()
        return [_shown(kind, *row) for row in rows]

    def collection(self, kind: Kind, identity: str) -> dict[str, Any]:
        """One collection; a face list with all that is in it."""
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT id, name, user_data, model FROM collection WHERE kind = ? AND id = ?", (kind.path, identity)
            ).fetchone()
            if row is None:
                raise kind.missing()
            shown = _shown(kind, *row)
            if not kind.trained:
                shown["persistedFaces"] = self._faces(db, kind, identity, "", kind.most)
        return shown

    def update(self, kind: Kind, identity: str, changes: dict[str, str]) -> None:
        """Another name, other user data."""
        with self._database.transaction(write=True) as db:
            self._known(db, kind, identity)
            for column, value in changes.items():
                db.execute(
                    f"UPDATE collection SET {column} = ? WHERE kind = ? AND id = ?",  # noqa: S608 - names of ours
                    (value, kind.path, identity),
                )

    def delete(self, kind: Kind, identity: str) -> None:
        """The collection, with all that is in it."""
        with self._database.transaction(write=True) as db:
            self._known(db, kind, identity)
            db.execute("DELETE FROM collection WHERE kind = ? AND id = ?", (kind.path, identity))

    # ---- persons ----------------------------------------------------------------------------------------------------

    def create_person(self, kind: Kind, identity: str, name: str, user_data: str | None) -> str:
        """A new person without a face; the id."""
        person = str(uuid.uuid4())
        with self._database.transaction(write=True) as db:
            self._known(db, kind, identity)
            (count,) = db.execute(
                "SELECT count(*) FROM person WHERE kind = ? AND collection = ?", (kind.path, identity)
            ).fetchone()
            if count >= kind.most:
                raise kind.full()
            db.execute("INSERT INTO person VALUES (?, ?, ?, ?, ?)", (kind.path, identity, person, name, user_data))
            self._changed(db, kind, identity)
        return person

    def persons(self, kind: Kind, identity: str, start: str, top: int) -> list[dict[str, Any]]:
        """Those whose ids follow *start*, in order."""
        with self._database.transaction() as db:
            self._known(db, kind, identity)
            rows = db.execute(
                "SELECT id, name, user_data FROM person WHERE kind = ? AND collection = ? AND id > ? "
                "ORDER BY id LIMIT ?",
                (kind.path, identity, start, top),
            ).fetchall()
            return [self._person(db, kind, identity, *row) for row in rows]

    def person(self, kind: Kind, identity: str, person: str) -> dict[str, Any]:
        """One person, with the ids of the faces."""
        with self._database.transaction() as db:
            return self._person(db, kind, identity, *self._known_person(db, kind, identity, person))

    def update_person(self, kind: Kind, identity: str, person: str, changes: dict[str, str]) -> None:
        """Another name, other user data."""
        with self._database.transaction(write=True) as db:
            self._known_person(db, kind, identity, person)
            for column, value in changes.items():
                db.execute(
                    f"UPDATE person SET {column} = ? WHERE kind = ? AND collection = ? AND id = ?",  # noqa: S608
                    (value, kind.path, identity, person),
                )

    def delete_person(self, kind: Kind, identity: str, person: str) -> None:
        """The person, with all faces."""
        with self._database.transaction(write=True) as db:
            self._known_person(db, kind, identity, person)
            db.execute("DELETE FROM person WHERE kind = ? AND collection = ? AND id = ?", (kind.path, identity, person))
            self._changed(db, kind, identity)

    # ---- faces ------------------------------------------------------------------------------------------------------

    def add_face(
        self, kind: Kind, identity: str, person: str | None, user_data: str | None, embedding: Embedding, most: int
    ) -> str:
        """A face, of a person where the collection has persons; its id. No more than *most* are there then."""
        face = str(uuid.uuid4())
        with self._database.transaction(write=True) as db:
            self._known(db, kind, identity)
            self._comparable(db, kind, identity)
            if person is not None:
                self._known_person(db, kind, identity, person)
            (count,) = db.execute(
                "SELECT count(*) FROM face WHERE kind = ? AND collection = ? AND person IS ?",
                (kind.path, identity, person),
            ).fetchone()
            if count >= most:
                raise ServiceFailure(
                    f"Persisted faces reached the limit of {most:,}.", status=403, code="QuotaExceeded"
                )
            db.execute(
                "INSERT INTO face (kind, collection, id, person, user_data, embedding) VALUES (?, ?, ?, ?, ?, ?)",
                (kind.path, identity, face, person, user_data, embedding.astype(STORED).tobytes()),
            )
            # A collection of an earlier release, empty until now, is of this one from here on.
            db.execute(
                "UPDATE collection SET descriptor = ? WHERE kind = ? AND id = ?", (DESCRIPTOR, kind.path, identity)
            )
            self._changed(db, kind, identity)
        return face

    def faces(self, kind: Kind, identity: str, start: str, top: int) -> list[dict[str, Any]]:
        """Those whose ids follow *start*, in order."""
        with self._database.transaction() as db:
            self._known(db, kind, identity)
            return self._faces(db, kind, identity, start, top)

    def face(self, kind: Kind, identity: str, person: str | None, face: str) -> dict[str, Any]:
        """One face."""
        with self._database.transaction() as db:
            return _face(face, self._known_face(db, kind, identity, person, face))

    def update_face(self, kind: Kind, identity: str, person: str | None, face: str, user_data: str) -> None:
        """Other user data."""
        with self._database.transaction(write=True) as db:
            self._known_face(db, kind, identity, person, face)
            db.execute(
                "UPDATE face SET user_data = ? WHERE kind = ? AND collection = ? AND id = ?",
                (user_data, kind.path, identity, face),
            )

    def delete_face(self, kind: Kind, identity: str, person: str | None, face: str) -> None:
        """One face."""
        with self._database.transaction(write=True) as db:
            self._known_face(db, kind, identity, person, face)
            db.execute("DELETE FROM face WHERE kind = ? AND collection = ? AND id = ?", (kind.path, identity, face))
            self._changed(db, kind, identity)

    # ---- training and searching -------------------------------------------------------------------------------------

    def train(self, kind: Kind, identity: str) -> None:
        """From now on the faces that are there now are searched. Nothing is computed, so that it has ended at once."""
        now = self._time()
        with self._database.transaction(write=True) as db:
            self._known(db, kind, identity)
            changed = db.execute(
                "UPDATE face SET trained = 1 WHERE kind = ? AND collection = ?", (kind.path, identity)
            ).rowcount
            what = "person" if kind.persons else "persisted face"
            failed = None if changed else f"There is no {what} with a face." if kind.persons else f"There is no {what}."
            db.execute(
                "UPDATE collection SET trained_last = ?, failed = ?, "
                "trained = CASE WHEN ? IS NULL THEN ? ELSE trained END WHERE kind = ? AND id = ?",
                (now, failed, failed, now, kind.path, identity),
            )
            self._changed(db, kind, identity)

    def training(self, kind: Kind, identity: str) -> dict[str, Any]:
        """How the last training went."""
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT made, trained, trained_last, failed FROM collection WHERE kind = ? AND id = ?",
                (kind.path, identity),
            ).fetchone()
        if row is None:
            raise kind.missing()
        made, trained, last, failed = row
        if last is None:
            code = f"{kind.code}NotTrained"
            raise ServiceFailure(f"{kind.words} is not trained.", status=404, code=code)
        said = {
            "status": "failed" if failed else "succeeded",
            "createdDateTime": made,
            "lastActionDateTime": last,
            # The contract wants one even where there was none.
            "lastSuccessfulTrainingDateTime": trained or last,
        }
        return said | ({"message": failed} if failed else {})

    def members(self, kind: Kind, identity: str) -> Members:
        """The faces among which is searched."""
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT model, made, version, trained FROM collection WHERE kind = ? AND id = ?", (kind.path, identity)
            ).fetchone()
            if row is None:
                raise kind.missing()
            model, made, version, trained = row
            if kind.trained and trained is None:
                raise kind.untrained()
            self._comparable(db, kind, identity)
            key, state = (kind.path, identity), (made, version)
            with self._lock:
                cached = self._cache.get(key)
                if cached is not None and cached[0] == state:
                    self._cache.move_to_end(key)
                    return cached[1]
            rows = db.execute(
                "SELECT id, person, embedding FROM face WHERE kind = ? AND collection = ? AND trained >= ?",
                (kind.path, identity, int(kind.trained)),
            ).fetchall()
        held = _embeddings([row[2] for row in rows])
        members = Members(model, tuple(row[0] for row in rows), tuple(row[1] for row in rows), held)
        with self._lock:
            self._cache[key] = (state, members)
            while len(self._cache) > 1 and sum(one.embeddings.nbytes for _, one in self._cache.values()) > CACHED_BYTES:
                self._cache.popitem(last=False)
        return members

    def of_person(self, kind: Kind, identity: str, person: str) -> Members:
        """The faces of one person, trained or not."""
        with self._database.transaction() as db:
            model = self._known(db, kind, identity)
            self._known_person(db, kind, identity, person)
            self._comparable(db, kind, identity)
            rows = db.execute(
                "SELECT id, embedding FROM face WHERE kind = ? AND collection = ? AND person = ?",
                (kind.path, identity, person),
            ).fetchall()
        held = _embeddings([row[1] for row in rows])
        return Members(model, tuple(row[0] for row in rows), (person,) * len(rows), held)

    def model(self, kind: Kind, identity: str) -> str:
        """The recognition model that a collection was made with."""
        with self._database.transaction() as db:
            return self._known(db, kind, identity)

    # ---- rows -------------------------------------------------------------------------------------------------------

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @staticmethod
    def _changed(db: sqlite3.Connection, kind: Kind, identity: str) -> None:
        """What was read of it before is out of date."""
        db.execute("UPDATE collection SET version = version + 1 WHERE kind = ? AND id = ?", (kind.path, identity))

    @staticmethod
    def _known(db: sqlite3.Connection, kind: Kind, identity: str) -> str:
        row = db.execute("SELECT model FROM collection WHERE kind = ? AND id = ?", (kind.path, identity)).fetchone()
        if row is None:
            raise kind.missing()
        return str(row[0])

    @staticmethod
    def _comparable(db: sqlite3.Connection, kind: Kind, identity: str) -> None:
        """Nothing, if what describes faces now described those of a collection, or it has none."""
        row = db.execute(
            "SELECT descriptor FROM collection WHERE kind = ? AND id = ? AND descriptor <> ? "
            "AND EXISTS (SELECT 1 FROM face WHERE face.kind = collection.kind AND face.collection = collection.id)",
            (kind.path, identity, DESCRIPTOR),
        ).fetchone()
        if row is not None:
            raise kind.outdated(row[0], DESCRIPTOR)

    def _known_person(self, db: sqlite3.Connection, kind: Kind, identity: str, person: str) -> tuple[str, str, str]:
        self._known(db, kind, identity)
        row: tuple[str, str, str] | None = db.execute(
            "SELECT id, name, user_data FROM person WHERE kind = ? AND collection = ? AND id = ?",
            (kind.path, identity, person),
        ).fetchone()
        if row is None:
            raise NO_PERSON
        return row

    def _known_face(self, db: sqlite3.Connection, kind: Kind, identity: str, person: str | None, face: str) -> Any:
        if person is not None:
            self._known_person(db, kind, identity, person)
        self._known(db, kind, identity)
        row = db.execute(
            "SELECT user_data FROM face WHERE kind = ? AND collection = ? AND id = ? AND person IS ?",
            (kind.path, identity, face, person),
        ).fetchone()
        if row is None:
            raise NO_FACE
        return row[0]

    @staticmethod
    def _faces(db: sqlite3.Connection, kind: Kind, identity: str, start: str, top: int) -> list[dict[str, Any]]:
        rows = db.execute(
            "SELECT id, user_data FROM face WHERE kind = ? AND collection = ? AND id > ? ORDER BY id LIMIT ?",
            (kind.path, identity, start, top),
        )
        return [_face(*row) for row in rows]

    @staticmethod
    def _person(
        db: sqlite3.Connection, kind: Kind, identity: str, person: str, name: str, user_data: str | None
    ) -> dict[str, Any]:
        rows = db.execute(
            "SELECT id FROM face WHERE kind = ? AND collection = ? AND person = ? ORDER BY id",
            (kind.path, identity, person),
        )
        shown: dict[str, Any] = {"personId": person, "name": name, "persistedFaceIds": [row[0] for row in rows]}
        return shown | ({} if user_data is None else {"userData": user_data})


def _face(identity: str, user_data: str | None) -> dict[str, Any]:
    return {"persistedFaceId": identity} | ({} if user_data is None else {"userData": user_data})


def _shown(kind: Kind, identity: str, name: str, user_data: str | None, model: str) -> dict[str, Any]:
    shown = {kind.id_name: identity, "name": name, "recognitionModel": model}
    return shown | ({} if user_data is None else {"userData": user_data})


def _embeddings(held: Sequence[bytes]) -> Embedding:
    """Descriptors as they are kept, one in each row."""
    return np.frombuffer(b"".join(held), STORED).reshape(len(held), -1 if held else 0)
