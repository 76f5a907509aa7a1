"""Answers in a folder of this host, shared by its processes, safe from any of them being killed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfai_core.errors import ConfigError, MissingExtra
from dfai_core.store.base import Claim, Statistics, Tally, forget_after_fork
from dfai_core.store.bounds import Bounds, bounds_of, set_bounds
from dfai_core.store.owners import locked
from dfai_core.store.pruning import cut
from dfai_core.store.records import (
    Record,
    add_to_total,
    fresh,
    oldest_of,
    set_oldest,
    stamp,
    stamp_of,
    total_of,
)

try:
    import lmdb

    from dfai_core.store.environment import Folder, Opened
except ImportError as error:
    raise MissingExtra('a store in a folder needs the package lmdb. pip install "dfai[store]"') from error

if TYPE_CHECKING:
    from lmdb import Transaction, _Database

__all__ = ["LmdbStore"]

_TIDY_EVERY_S = 1.0  # a named folder loses at most this much to a power cut
_AGE_EVERY_S = 3_600.0
_PRUNED_SHARE = 0.8  # what is left of max_bytes after too much was stored: room until the next time
# Pages that are filled at random stay a third empty, and answers of more than half a page have pages of their own.
_MAP_FACTOR, _MAP_SLACK_BYTES = 3, 16 * 1024 * 1024
# Looked up, or pruned, before others have their turn: some milliseconds' work.
_KEYS_A_TURN, _BYTES_A_TURN = 2_500, 16 * 1024 * 1024


class LmdbStore:
    """A store in *folder*, which is made, private, where it is absent.

    Parameters
    ----------
    max_bytes
        Of answers. Past it the oldest are dropped within a second or so; the file may take up to three times as much.
        None: what the folder was last given, by whatever process.
    max_age_s
        Answers that are older are not found, and dropped. None: likewise.
    lasting
        Whether answers must outlive a power cut. Without it they outlive their processes, however these end.
    clock
        Seconds since 1970, the same in all processes.

    Raises
    ------
    ConfigError
        Where the folder is not private, not on a local disk, or holds something that LMDB cannot read.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int | None = None,
        max_age_s: float | None = None,
        lasting: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.bounds: Bounds = Bounds().changed(max_bytes, max_age_s)
        self.lasting = lasting
        self._clock = clock
        self._tally = Tally()
        self._tidying: asyncio.Task[None] | None = None
        self._inherited: list[Any] = []  # a child must not collect its parent's tasks: they would complain
        self._databases = Folder(folder, map_bytes=_map_bytes(self.bounds), lasting=lasting)
        self.bound(max_bytes, max_age_s)
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"LmdbStore({str(self.folder)!r})"

    # ---- the store ---------------------------------------------------------------------------------------

    async def look_up(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found: list[bytes | None] = []
        for start in range(0, len(keys), _KEYS_A_TURN):
            if start:
                await asyncio.sleep(0)
            found += self._look_up(keys[start : start + _KEYS_A_TURN])
        self._tally.looked_up(found)
        return found

    def _look_up(self, keys: Sequence[bytes]) -> list[bytes | None]:
        oldest = self._oldest()
        try:
            with self._databases.transaction() as (txn, opened):
                found = fresh(_got(txn, opened.answers, sorted(keys)), oldest)
        except (lmdb.Error, ConfigError) as error:
            self._fail("read", error)
            return [None] * len(keys)
        return list(map(found.get, keys))

    async def reserve(self, keys: Sequence[bytes]) -> list[bytes | Claim]:
        found: list[bytes | Claim]
        try:
            found = self._reserve(keys)
        except lmdb.MapFullError as error:
            # Without room for answers nobody needs to wait for one.
            self._fail("written", error)
            found = [Claim.MINE if value is None else value for value in self._look_up(keys)]
        except (lmdb.Error, ConfigError) as error:
            self._fail("written", error)
            found = [Claim.MINE] * len(keys)
        self._tally.reserved(found)
        return found

    def _reserve(self, keys: Sequence[bytes]) -> list[bytes | Claim]:
        oldest = self._oldest()
        ordered = sorted(keys)
        with self._databases.transaction(write=True) as (txn, opened):
            owner = opened.owner
            answers = fresh(_got(txn, opened.answers, ordered), oldest)
            holders = dict(_got(txn, opened.claims, ordered))
            mine = dict.fromkeys(ordered, owner.id)
            if not answers and not holders and len(mine) == len(keys):  # nearly always
                _put(txn, opened.claims, mine.items())
                return [Claim.MINE] * len(keys)
            living = {holder for holder in set(holders.values()) if owner.lives(holder)}
            held = {key for key, holder in holders.items() if holder in living}
            mine.clear()
            found: list[bytes | Claim] = []
            for key in keys:
                if key in answers:
                    found.append(answers[key])
                elif key in held or key in mine:
                    found.append(Claim.THEIRS)
                else:
                    mine[key] = owner.id
                    found.append(Claim.MINE)
            _put(txn, opened.claims, mine.items())
        return found

    async def put(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        now = stamp(self._clock())
        values = dict(items)
        records = [(key, now + values[key]) for key in sorted(values)]
        try:
            if not self._put_new(records, now):
                self._put_over(records)
        except (lmdb.Error, ConfigError) as error:
            self._tally.not_stored += len(items)
            self._fail("written", error)
            self._databases.end_claims()
        else:
            self._tally.stored += len(items)
        self._tidy_later()

    def _put_new(self, records: Sequence[Record], now: bytes) -> bool:
        """Stores *records* and ends the claims on them; False, and nothing is done, where one of the keys is there."""
        with self._databases.transaction(write=True) as (txn, opened):
            if _put(txn, opened.answers, records, overwrite=False) < len(records):
                txn.abort()
                return False
            add_to_total(txn, sum(len(key) + len(record) for key, record in records))
            set_oldest(txn, now, first=True)
            _delete(txn, opened.claims, [key for key, _ in records])
            return True

    def _put_over(self, records: Sequence[Record]) -> None:
        with self._databases.transaction(write=True) as (txn, opened):
            added = 0
            for key, record in records:
                old = txn.replace(key, record, db=opened.answers)
                added += len(record) - (-len(key) if old is None else len(old))
            add_to_total(txn, added)
            _delete(txn, opened.claims, [key for key, _ in records])

    async def release(self, keys: Sequence[bytes]) -> None:
        try:
            with self._databases.transaction(write=True) as (txn, opened):
                holders = _got(txn, opened.claims, sorted(keys))
                _delete(txn, opened.claims, [key for key, holder in holders if holder == opened.owner.id])
        except (lmdb.Error, ConfigError) as error:
            self._fail("written", error)
            self._databases.end_claims()

    def statistics(self) -> Statistics:
        try:
            with self._databases.transaction() as (txn, opened):
                return self._tally.statistics(txn.stat(opened.answers)["entries"], total_of(txn))
        except (lmdb.Error, ConfigError) as error:
            self._fail("read", error)
            return self._tally.statistics(None, None)

    async def aclose(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        # Here, not on another thread: a process that ends starts none any more.
        self._databases.close()

    # ---- bounds ------------------------------------------------------------------------------------------

    def bound(self, max_bytes: int | None = None, max_age_s: float | None = None) -> None:
        """Gives the folder other bounds, for all processes that use it; what is None stays."""
        try:
            with self._databases.transaction() as (txn, _):
                kept = bounds_of(txn)
            wanted = kept.changed(max_bytes, max_age_s)
            if wanted.max_bytes > kept.max_bytes:
                self._follow(wanted)  # first: there may be no room for a word
            if wanted != kept:
                with self._databases.transaction(write=True) as (txn, _):
                    set_bounds(txn, wanted)
            self._follow(wanted)
        except (lmdb.Error, ConfigError) as error:
            self._fail("given its bounds", error)

    def _follow(self, bounds: Bounds) -> None:
        if bounds != self.bounds:
            self.bounds = bounds
            self._databases.resize(_map_bytes(bounds))

    async def prune(self, *, max_age_s: float | None = None, max_bytes: int | None = None) -> int:
        """Drops answers older than *max_age_s*, then the oldest until *max_bytes* hold the rest; says how many.

        Where another process does the same just now nothing is dropped here.

        Raises
        ------
        ConfigError
            Where the store cannot be read or written.
        """
        try:
            dropped = await asyncio.to_thread(self._prune, max_age_s, max_bytes)
        except (lmdb.Error, OSError) as error:
            raise ConfigError(f"the store in {self.folder} cannot be pruned: {error}") from error
        return 0 if dropped is None else dropped

    def _prune(self, max_age_s: float | None, max_bytes: int | None) -> int | None:
        """The number of answers dropped; None where another process does the same just now."""
        with locked(self.folder / "pruning", wait=False) as mine:
            if not mine:
                return None
            opened = self._databases.here()
            sizes: Counter[bytes] = Counter()

            def measure(_txn: Transaction[bytes], records: Sequence[Record]) -> None:
                for key, record in records:
                    sizes[stamp_of(record)] += len(key) + len(record)

            self._walk(opened, measure)
            last, excess = cut(sizes, b"" if max_age_s is None else stamp(self._clock() - max_age_s), max_bytes)
            dropped = 0

            def drop(txn: Transaction[bytes], records: Sequence[Record]) -> None:
                nonlocal excess, dropped
                gone = []
                for key, record in records:
                    its, size = stamp_of(record), len(key) + len(record)
                    if its < last or (its == last and excess > 0):
                        excess -= size if its == last else 0
                        gone.append((key, size))
                _delete(txn, opened.answers, [key for key, _ in gone])
                add_to_total(txn, -sum(size for _, size in gone))
                dropped += len(gone)

            self._walk(opened, drop, write=True)
            if self._databases.is_open(opened):
                self._note_pruned(last or stamp(self._clock()))
            return dropped

    def _note_pruned(self, oldest: bytes) -> None:
        with self._databases.transaction(write=True) as (txn, opened):
            set_oldest(txn, oldest)
            # Nobody waits for the claims of the dead, but they would stay until somebody asks for the same.
            with txn.cursor(db=opened.claims) as cursor:
                holders = dict(cursor)
            living = {holder for holder in set(holders.values()) if opened.owner.lives(holder)}
            _delete(txn, opened.claims, [key for key, holder in holders.items() if holder not in living])

    def _walk(
        self, opened: Opened, visit: Callable[[Transaction[bytes], Sequence[Record]], None], *, write: bool = False
    ) -> None:
        """Visits all answers, in short transactions between which others have their turn; ends with a close."""
        after = b"\0"
        while True:
            with self._databases.lock:
                if not self._databases.is_open(opened):
                    return
                with self._databases.transaction(write=write) as (txn, _):
                    records = _from(txn, opened.answers, after)
                    visit(txn, records)
            if not records:
                return
            after = records[-1][0] + b"\0"

    def _tidy_later(self) -> None:
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.get_running_loop().create_task(self._tidy())

    async def _tidy(self) -> None:
        await asyncio.sleep(_TIDY_EVERY_S)
        await asyncio.to_thread(self.tidy)

    def tidy(self) -> None:
        """What is done a second after answers were stored, off the loop: makes them safe, and keeps the bounds."""
        try:
            if not self._databases.make_safe():
                return
            with self._databases.transaction() as (txn, _):
                bounds, total, oldest = bounds_of(txn), total_of(txn), oldest_of(txn)
            self._follow(bounds)
            full = total > bounds.max_bytes
            # What is too old is not found any more: that it is still there matters little.
            longest_s = bounds.max_age_s + min(_AGE_EVERY_S, bounds.max_age_s)
            if full or oldest < stamp(self._clock() - longest_s):
                self._prune(bounds.max_age_s, int(bounds.max_bytes * _PRUNED_SHARE) if full else None)
        except (lmdb.Error, ConfigError, OSError) as error:
            self._fail("kept within bounds", error)

    def _oldest(self) -> bytes:
        return stamp(self._clock() - self.bounds.max_age_s)

    def forget(self) -> None:
        """In a forked child: claims, files and tasks are the parent's."""
        self._databases.forget()
        self._inherited.append(self._tidying)
        self._tidying = None

    def _fail(self, done: str, error: Exception) -> None:
        full = "it is full" if isinstance(error, lmdb.MapFullError) else str(error)
        self._tally.failed(f"the store in {self.folder} cannot be {done}: {full}. The call goes on without it.")


def _map_bytes(bounds: Bounds) -> int:
    return _MAP_FACTOR * bounds.max_bytes + _MAP_SLACK_BYTES


def _got(txn: Transaction[bytes], database: _Database, keys: Sequence[bytes]) -> list[Record]:
    """What *database* has under *keys*; ascending ones are found twice as fast."""
    with txn.cursor(db=database) as cursor:
        return cursor.getmulti(keys)


def _from(txn: Transaction[bytes], database: _Database, key: bytes) -> list[Record]:
    """Some of what *database* has from *key* on."""
    records: list[Record] = []
    size = 0
    with txn.cursor(db=database) as cursor:
        for record in cursor if cursor.set_range(key) else ():
            records.append(record)
            size += len(record[1])
            if len(records) == _KEYS_A_TURN or size > _BYTES_A_TURN:
                break
    return records


def _put(txn: Transaction[bytes], database: _Database, items: Iterable[Record], *, overwrite: bool = True) -> int:
    """Stores *items*, ascending; says how many were stored."""
    with txn.cursor(db=database) as cursor:
        return cursor.putmulti(items, overwrite=overwrite)[1]


def _delete(txn: Transaction[bytes], database: _Database, keys: Iterable[bytes]) -> None:
    for key in keys:
        txn.delete(key, b"", database)
