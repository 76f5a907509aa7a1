"""One SQLite file for all collections: descriptors and what clients wrote beside them, never a picture."""

from __future__ import annotations

from pathlib import Path

from dfai_engine.records import Form, Records

__all__ = ["Database"]

FOLDER, FILE = "faces", "faces.sqlite"

TABLES = """
CREATE TABLE collection (
    kind TEXT, id TEXT, name TEXT NOT NULL, user_data TEXT, model TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
    made TEXT NOT NULL, trained TEXT, trained_last TEXT, failed TEXT, descriptor TEXT NOT NULL,
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


# What described the faces of a collection; the first form knew of one network alone.
STEPS = {1: "ALTER TABLE collection ADD COLUMN descriptor TEXT NOT NULL DEFAULT 'dlib-resnet-v1'"}
FORM = Form(FOLDER, FILE, 2, TABLES, "collections", STEPS)


class Database(Records):
    """The file in *folder*, or the one in memory."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__(FORM, folder)
