"""The profiles that clients make: a voice as a sum of embeddings, and how much speech is in it. Never a sound.

Profiles that are made for one comparison (with a lifetime) are in memory alone, and end with their time or the process.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.records import Form, Records
from dfai_engine.speaker import limits
from dfai_engine.speaker.encoder import VERSION, Embedding, Voice
from dfai_engine.speaker.hearing import Heard
from dfai_engine.speaker.kinds import Kind

__all__ = ["FORM", "Profile", "Profiles", "check_model"]

FORM = Form(
    "speakers",
    "speakers.sqlite",
    1,
    """
CREATE TABLE profile (
    kind TEXT, id TEXT, locale TEXT NOT NULL, phrase TEXT, made TEXT NOT NULL, changed TEXT NOT NULL,
    until REAL, count INTEGER NOT NULL DEFAULT 0, audio_s REAL NOT NULL DEFAULT 0, speech_s REAL NOT NULL DEFAULT 0,
    ready INTEGER NOT NULL DEFAULT 0, model TEXT NOT NULL, windows INTEGER NOT NULL DEFAULT 0, voice BLOB,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX ending ON profile (until) WHERE until IS NOT NULL
""",
    "profiles",
)
_COLUMNS = "id, locale, phrase, made, changed, until, count, audio_s, speech_s, ready, model, windows, voice"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A profile as it is kept. Lengths are seconds; *voice* is the sum over all windows, None before any."""

    id: str
    locale: str
    phrase: str | None
    made: str
    changed: str
    until: float | None
    count: int
    audio_s: float
    speech_s: float
    ready: bool  # whether there is a voice print
    model: str
    windows: int
    voice: Embedding | None


class Profiles:
    """All profiles of one engine, in *folder* or in memory; *now* tells the time."""

    def __init__(self, folder: Path | None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._passing = Records(FORM, None)
        self._lasting = Records(FORM, folder)
        self._now = now

    def create(self, kind: Kind, locale: str, lifetime_s: int | None) -> Profile:
        """A new one, without a voice; one with a lifetime ends by itself."""
        identity, now = str(uuid.uuid4()), self._time()
        until = None if lifetime_s is None else self._now().timestamp() + lifetime_s
        with self._home(until).transaction(write=True) as db:
            if until is not None:
                self._forget(db)
            db.execute(
                "INSERT INTO profile (kind, id, locale, made, changed, until, model) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (kind.path, identity, locale, now, now, until, VERSION),
            )
            return self._known(db, kind, identity)

    def list(self, kind: Kind, after: str, top: int) -> Sequence[Profile]:
        """Those that last whose ids follow *after*, in order."""
        with self._lasting.transaction() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM profile WHERE kind = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608 - ours
                (kind.path, after, top),
            ).fetchall()
        return [_profile(row) for row in rows]

    def get(self, kind: Kind, identity: str) -> Profile:
        """One profile.

        Raises
        ------
        ServiceFailure
            404: there is none, or no longer.
        """
        for home in (self._passing, self._lasting):
            with home.transaction() as db:
                if (found := self._found(db, kind, identity)) is not None:
                    return found
        raise _missing(identity)

    def delete(self, kind: Kind, identity: str) -> None:
        """The profile, with all that is known of the voice."""
        home = self._where(kind, identity)
        with home.transaction(write=True) as db:
            self._known(db, kind, identity)
            db.execute("DELETE FROM profile WHERE kind = ? AND id = ?", (kind.path, identity))

    def reset(self, kind: Kind, identity: str) -> Profile:
        """The profile as it was made."""
        home = self._where(kind, identity)
        with home.transaction(write=True) as db:
            self._known(db, kind, identity)
            db.execute(
                "UPDATE profile SET phrase = NULL, changed = ?, count = 0, audio_s = 0, speech_s = 0, ready = 0, "
                "model = ?, windows = 0, voice = NULL WHERE kind = ? AND id = ?",
                (self._time(), VERSION, kind.path, identity),
            )
            return self._known(db, kind, identity)

    def enrol(
        self, kind: Kind, identity: str, heard: Heard, voice: Voice, *, phrase: str | None = None, at_once: bool = False
    ) -> Profile:
        """The profile, with one more sound in it; *at_once*: however little speech there is, it is a voice print.

        Raises
        ------
        ServiceFailure
            The profile is gone, or full, or describes voices as this engine no longer does.
        """
        home = self._where(kind, identity)
        with home.transaction(write=True) as db:
            before = self._known(db, kind, identity)
            check_model(before)
            if kind.phrased:
                if before.count >= limits.MOST_ENROLMENTS:
                    raise _full(f"{limits.MOST_ENROLMENTS} enrolments")
            elif before.audio_s + heard.audio_s > limits.MOST_ENROLMENT_S:
                raise _full(f"{limits.MOST_ENROLMENT_S:g} s of audio")
            speech_s, count = before.speech_s + heard.speech_s, before.count + 1
            enough = count >= limits.PHRASES_NEEDED if kind.phrased else speech_s >= limits.LEAST_ENROLMENT_SPEECH_S
            total = voice.total if before.voice is None else before.voice + voice.total
            db.execute(
                "UPDATE profile SET phrase = ?, changed = ?, count = ?, audio_s = ?, speech_s = ?, ready = ?, "
                "model = ?, windows = ?, voice = ? WHERE kind = ? AND id = ?",
                (
                    *(phrase or before.phrase, self._time(), count, before.audio_s + heard.audio_s, speech_s),
                    *(int(before.ready or enough or at_once), VERSION, before.windows + voice.windows),
                    *(total.astype("<f4").tobytes(), kind.path, identity),
                ),
            )
            return self._known(db, kind, identity)

    def _home(self, until: float | None) -> Records:
        return self._lasting if until is None else self._passing

    def _where(self, kind: Kind, identity: str) -> Records:
        return self._home(self.get(kind, identity).until)

    def _forget(self, db: sqlite3.Connection) -> None:
        """Let go what has ended, and the oldest where there are too many."""
        db.execute("DELETE FROM profile WHERE until <= ?", (self._now().timestamp(),))
        (count,) = db.execute("SELECT count(*) FROM profile").fetchone()
        if count >= limits.MOST_PASSING:
            db.execute(
                "DELETE FROM profile WHERE (kind, id) IN (SELECT kind, id FROM profile ORDER BY until LIMIT ?)",
                (count - limits.MOST_PASSING + 1,),
            )

    def _found(self, db: sqlite3.Connection, kind: Kind, identity: str) -> Profile | None:
        row = db.execute(
            f"SELECT {_COLUMNS} FROM profile WHERE kind = ? AND id = ?",  # noqa: S608 - names of ours
            (kind.path, identity),
        ).fetchone()
        if row is None or (row[5] is not None and row[5] <= self._now().timestamp()):
            return None
        return _profile(row)

    def _known(self, db: sqlite3.Connection, kind: Kind, identity: str) -> Profile:
        found = self._found(db, kind, identity)
        if found is None:
            raise _missing(identity)
        return found

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_model(profile: Profile) -> None:
    """Nothing, if the profile describes its voice as this engine does.

    Raises
    ------
    ServiceFailure
    """
    if profile.model != VERSION and profile.count:
        raise ServiceFailure(
            f"The profile {profile.id} was enrolled with the model of {profile.model}; this engine has that of "
            f"{VERSION}. Reset it and enrol the voice again.",
            status=409,
            code="ModelVersionMismatch",
        )


def _missing(identity: str) -> ServiceFailure:
    return ServiceFailure(f"The profile {identity} is not found.", status=404, code="NotFound")


def _full(of_what: str) -> ServiceFailure:
    return ServiceFailure(f"A profile takes at most {of_what}; reset it to begin anew.", code="QuotaExceeded")


def _profile(row: tuple[Any, ...]) -> Profile:
    made = Profile(*row)
    voice: Any = made.voice
    return replace(made, ready=bool(made.ready), voice=None if voice is None else np.frombuffer(voice, "<f4"))
