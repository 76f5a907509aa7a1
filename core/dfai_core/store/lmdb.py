"""Answers in a folder of this host, shared by its processes, safe from any of them being killed."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

from dfai_core.errors import ConfigError, MissingExtra
from dfai_core.store.base import Claim, Statistics, Tally, forget_after_fork
from dfai_core.store.folders import local_disk, private_folder
from dfai_core.store.owners import Owner, locked
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
except ImportError as error:
    raise MissingExtra('a store in a folder needs the package lmdb. pip install "dfai[store]"') from error

if TYPE_CHECKING:
    from lmdb import Environment, Transaction, _Database

__all__ = ["LmdbStore"]

_DAY_S = 86_400.0
_TIDY_EVERY_S = 1.0  # a named folder loses at most this much to a power cut
_AGE_EVERY_S = 3_600.0
_PRUNED_SHARE = 0.8  # what is left of max_bytes after too much was stored: room until the next time
# Pages that are filled at random stay a third empty, and answers of more than half a page have pages of their own.
_MAP_FACTOR, _MAP_SLACK_BYTES = 3, 16 * 1024 * 1024
_MAX_PROCESSES = 1024
_KEYS_A_TURN = 2_500  # looked up, or pruned, before others have their turn: a few milliseconds


class _Opened(NamedTuple):
    environment: Environment
    answers: _Database
    claims: _Database
    owner: Owner


class LmdbStore:
    """A store in *folder*, which is made, private, where it is absent.

    Parameters
    ----------
    max_bytes
        Of answers. Past it the oldest are dropped within a second or so; the file may take up to three times as much.
    max_age_s
        Answers that are older are not found, and dropped.
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
        max_bytes: int = 1 << 30,
        max_age_s: float = 30 * _DAY_S,
        lasting: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.max_age_s = max_age_s
        self.lasting = lasting
        self._clock = clock
        self._tally = Tally()
        self._tidying: asyncio.Task[None] | None = None
        self._make_locks()
        self._inherited: list[Any] = []  # a child must not collect its parent's tasks: they would complain
        self._opened: _Opened | None = self._open()
        forget_after_fork(self)
        _unforked.add(self)

    def _make_locks(self) -> None:
        # LMDB in a forked child would wait for ever for what another thread had begun in its parent. So both are
        # held during a fork: one during every transaction, the other while files are made safe, which takes longer.
        self.lock = threading.RLock()
        self.syncing = threading.Lock()

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
            opened = self._here()
            with self.lock, self._begin(opened) as txn:
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
        opened = self._here()
        owner = opened.owner
        ordered = sorted(keys)
        with self.lock, self._begin(opened, write=True) as txn:
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
            opened = self._here()
            with self.lock:
                if not self._put_new(opened, records, now):
                    self._put_over(opened, records)
        except (lmdb.Error, ConfigError) as error:
            self._tally.not_stored += len(items)
            self._fail("written", error)
            self._drop_claims()
        else:
            self._tally.stored += len(items)
        self._tidy_later()

    def _put_new(self, opened: _Opened, records: Sequence[Record], now: bytes) -> bool:
        """Stores *records* and ends the claims on them; False, and nothing is done, where one of the keys is there."""
        with self._begin(opened, write=True) as txn:
            if _put(txn, opened.answers, records, overwrite=False) < len(records):
                txn.abort()
                return False
            add_to_total(txn, sum(len(key) + len(record) for key, record in records))
            set_oldest(txn, now, first=True)
            _delete(txn, opened.claims, [key for key, _ in records])
            return True

    def _put_over(self, opened: _Opened, records: Sequence[Record]) -> None:
        with self._begin(opened, write=True) as txn:
            added = 0
            for key, record in records:
                old = txn.replace(key, record, db=opened.answers)
                added += len(record) - (-len(key) if old is None else len(old))
            add_to_total(txn, added)
            _delete(txn, opened.claims, [key for key, _ in records])

    async def release(self, keys: Sequence[bytes]) -> None:
        try:
            opened = self._here()
            with self.lock, self._begin(opened, write=True) as txn:
                holders = _got(txn, opened.claims, sorted(keys))
                _delete(txn, opened.claims, [key for key, holder in holders if holder == opened.owner.id])
        except (lmdb.Error, ConfigError) as error:
            self._fail("written", error)
            self._drop_claims()

    def statistics(self) -> Statistics:
        try:
            opened = self._here()
            with self.lock, self._begin(opened) as txn:
                return self._tally.statistics(txn.stat(opened.answers)["entries"], total_of(txn))
        except (lmdb.Error, ConfigError) as error:
            self._fail("read", error)
            return self._tally.statistics(None, None)

    async def aclose(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        # Here, not on another thread: a process that ends starts none any more.
        self._close()

    # ---- bounds ------------------------------------------------------------------------------------------

    async def prune(self, *, max_age_s: float | None = None, max_bytes: int | None = None) -> int:
        """Drops answers older than *max_age_s*, then the oldest until *max_bytes* hold the rest; says how many.

        Raises
        ------
        lmdb.Error
            Where the store cannot be read or written.
        """
        dropped = await asyncio.to_thread(self._prune, max_age_s, max_bytes)
        return 0 if dropped is None else dropped

    def _prune(self, max_age_s: float | None, max_bytes: int | None) -> int | None:
        """The number of answers dropped; None where another process does the same just now."""
        with locked(self.folder / "pruning", wait=False) as mine:
            if not mine:
                return None
            opened = self._here()
            sizes: Counter[bytes] = Counter()

            def measure(txn: Transaction[bytes], records: Sequence[Record]) -> None:
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
            self._note_pruned(opened, last or stamp(self._clock()))
            return dropped

    def _note_pruned(self, opened: _Opened, oldest: bytes) -> None:
        with self.lock:
            if self._opened is not opened:
                return
            with self._begin(opened, write=True) as txn:
                set_oldest(txn, oldest)
                # Nobody waits for the claims of the dead, but they would stay until somebody asks for the same.
                with txn.cursor(db=opened.claims) as cursor:
                    holders = dict(cursor)
                living = {holder for holder in set(holders.values()) if opened.owner.lives(holder)}
                _delete(txn, opened.claims, [key for key, holder in holders.items() if holder not in living])

    def _walk(
        self, opened: _Opened, visit: Callable[[Transaction[bytes], Sequence[Record]], None], *, write: bool = False
    ) -> None:
        """Visits all answers, in short transactions between which others have their turn; ends with a close."""
        after = b"\0"
        while True:
            with self.lock:
                if self._opened is not opened:
                    return
                with self._begin(opened, write=write) as txn:
                    with txn.cursor(db=opened.answers) as cursor:
                        records = list(islice(cursor, _KEYS_A_TURN)) if cursor.set_range(after) else []
                    visit(txn, records)
            if len(records) < _KEYS_A_TURN:
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
            with self.syncing:
                opened = self._opened
                if opened is None:
                    return
                if self.lasting:
                    opened.environment.sync(True)
                with self.lock, self._begin(opened) as txn:
                    full, oldest = total_of(txn) > self.max_bytes, oldest_of(txn)
            # What is too old is not found any more: that it is still there matters little.
            longest_s = self.max_age_s + min(_AGE_EVERY_S, self.max_age_s)
            if full or oldest < stamp(self._clock() - longest_s):
                self._prune(self.max_age_s, int(self.max_bytes * _PRUNED_SHARE) if full else None)
        except (lmdb.Error, ConfigError, OSError) as error:
            self._fail("kept within bounds", error)

    def _oldest(self) -> bytes:
        return stamp(self._clock() - self.max_age_s)

    # ---- the environment ---------------------------------------------------------------------------------

    def _open(self) -> _Opened:
        folder = local_disk(private_folder(self.folder))
        try:
            environment = lmdb.open(
                str(folder),
                map_size=_MAP_FACTOR * self.max_bytes + _MAP_SLACK_BYTES,
                # Killed processes lose nothing without sync, only power cuts do: `tidy` sees to those.
                sync=False,
                metasync=False,
                readahead=False,
                mode=0o600,
                max_readers=_MAX_PROCESSES,
                max_dbs=2,
            )
            environment.reader_check()
            answers, claims = environment.open_db(b"answers"), environment.open_db(b"claims")
            return _Opened(environment, answers, claims, Owner(folder))
        except (lmdb.Error, OSError) as error:
            raise ConfigError(
                f"the store in {folder} cannot be opened: {str(error).rstrip('.')}. "
                "If it is damaged, delete the folder: answers are asked for again."
            ) from error

    def _here(self) -> _Opened:
        """What this process has opened; again, after a fork or a close."""
        if self._opened is None:
            with self.lock:
                if self._opened is None:
                    self._opened = self._open()
        return self._opened

    def _begin(self, opened: _Opened, *, write: bool = False) -> Transaction[bytes]:
        try:
            return opened.environment.begin(write=write)
        except lmdb.MapResizedError:  # another process opened this folder with larger bounds
            opened.environment.set_mapsize(0)
            return opened.environment.begin(write=write)

    def _drop_claims(self) -> None:
        """Where claims cannot be deleted one by one, their owner ends: nobody may wait for answers that do not come."""
        if self._opened is not None:
            try:
                self._opened.owner.retire()
            except OSError:  # not even room for a name: closing ends the owner too
                self._close()

    def _close(self) -> None:
        with self.syncing, self.lock:
            if self._opened is not None:
                opened, self._opened = self._opened, None
                opened.owner.leave()
                if self.lasting:
                    opened.environment.sync(True)
                opened.environment.close()

    def forget(self) -> None:
        """In a forked child: what is open belongs to the parent. Without closing it, nothing else could be opened."""
        if self._opened is not None:
            self._opened.owner.forget()
            self._opened.environment.close()
        self._inherited.append(self._tidying)
        self._opened = self._tidying = None
        self._make_locks()

    def _fail(self, done: str, error: Exception) -> None:
        full = "it is full" if isinstance(error, lmdb.MapFullError) else str(error)
        self._tally.failed(f"the store in {self.folder} cannot be {done}: {full}. The call goes on without it.")


def _got(txn: Transaction[bytes], database: _Database, keys: Sequence[bytes]) -> list[Record]:
    """What *database* has under *keys*; ascending ones are found twice as fast."""
    with txn.cursor(db=database) as cursor:
        return cursor.getmulti(keys)


def _put(
    txn: Transaction[bytes], database: _Database, items: Iterable[Record], *, overwrite: bool = True
) -> int:
    """Stores *items*, ascending; says how many were stored."""
    with txn.cursor(db=database) as cursor:
        return cursor.putmulti(items, overwrite=overwrite)[1]


def _delete(txn: Transaction[bytes], database: _Database, keys: Iterable[bytes]) -> None:
    for key in keys:
        txn.delete(key, b"", database)


_unforked: WeakSet[LmdbStore] = WeakSet()
_held: list[LmdbStore] = []


def _hold() -> None:
    """Before a fork: waits until no store is in the middle of something."""
    _held.extend(_unforked)
    for store in _held:
        store.syncing.acquire()
        store.lock.acquire()


def _let_go() -> None:
    while _held:
        store = _held.pop()
        store.lock.release()
        store.syncing.release()


os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_held.clear)
