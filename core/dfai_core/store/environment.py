"""What a process has open of a store's folder: once, again after a close, and held still while the process forks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

import lmdb

from dfai_core.errors import ConfigError
from dfai_core.store.folders import local_disk, private_folder
from dfai_core.store.owners import Owner

if TYPE_CHECKING:
    from lmdb import Environment, Transaction, _Database

__all__ = ["Folder", "Opened"]

_MAX_PROCESSES = 1024


class Opened(NamedTuple):
    """A folder's databases, and this process's life in it."""

    environment: Environment
    answers: _Database
    claims: _Database
    owner: Owner


class Folder:
    """A folder's databases, for all threads of this process.

    Parameters
    ----------
    path
        Made, private, where it is absent.
    map_bytes
        How large the file may become.
    lasting
        Whether what is written must outlive a power cut.

    Raises
    ------
    ConfigError
        Where the folder is not private, not on a local disk, or holds something that LMDB cannot read.
    """

    def __init__(self, path: Path, *, map_bytes: int, lasting: bool) -> None:
        self.path = path
        self._map_bytes = map_bytes
        self._lasting = lasting
        self._make_locks()
        self._opened: Opened | None = self._open()
        _unforked.add(self)

    def _make_locks(self) -> None:
        # LMDB in a forked child would wait for ever for what another thread had begun in its parent. So both are
        # held during a fork: one during every transaction, the other while files are made safe, which takes longer.
        self.lock: threading.RLock = threading.RLock()
        self.syncing: threading.Lock = threading.Lock()

    def here(self) -> Opened:
        """What is open; opened again where it was closed, or where this process was forked."""
        if self._opened is None:
            with self.lock:
                if self._opened is None:
                    self._opened = self._open()
        return self._opened

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[tuple[Transaction[bytes], Opened]]:
        """A transaction: all of it is done at its end, or nothing where it fails or is aborted."""
        opened = self.here()
        with self.lock, self._begin(opened.environment, write=write) as txn:
            yield txn, opened

    def is_open(self, opened: Opened) -> bool:
        """Whether *opened* has not been closed since."""
        return self._opened is opened

    def resize(self, map_bytes: int) -> None:
        """How large the file may become from now on."""
        with self.lock:  # no transaction is open in this process
            self._map_bytes = map_bytes
            if self._opened is not None:
                self._opened.environment.set_mapsize(map_bytes)

    def make_safe(self) -> bool:
        """Brings to the disk what a power cut would lose, if it must last; says whether anything is open."""
        with self.syncing:
            if self._opened is not None and self._lasting:
                self._opened.environment.sync(True)
            return self._opened is not None

    def end_claims(self) -> None:
        """Where claims cannot be deleted one by one, their owner ends: nobody may wait for answers that do not come."""
        if self._opened is not None:
            try:
                self._opened.owner.retire()
            except OSError:  # not even room for a name: closing ends the owner too
                self.close()

    def close(self) -> None:
        """Closes what is open; what is used again is opened again."""
        with self.syncing, self.lock:
            if self._opened is not None:
                opened, self._opened = self._opened, None
                opened.owner.leave()
                if self._lasting:
                    opened.environment.sync(True)
                opened.environment.close()

    def forget(self) -> None:
        """In a forked child: what is open belongs to the parent. Without closing it, nothing else could be opened."""
        if self._opened is not None:
            self._opened.owner.forget()
            self._opened.environment.close()
        self._opened = None
        self._make_locks()

    def _open(self) -> Opened:
        folder = local_disk(private_folder(self.path))
        try:
            environment = lmdb.open(
                str(folder),
                map_size=self._map_bytes,
                # Killed processes lose nothing without sync, only power cuts do: `make_safe` sees to those.
                sync=False,
                metasync=False,
                readahead=False,
                mode=0o600,
                max_readers=_MAX_PROCESSES,
                max_dbs=2,
            )
            environment.reader_check()
            answers, claims = environment.open_db(b"answers"), environment.open_db(b"claims")
            return Opened(environment, answers, claims, Owner(folder))
        except (lmdb.Error, OSError) as error:
            raise ConfigError(
                f"the store in {folder} cannot be opened: {str(error).rstrip('.')}. "
                "If it is damaged, delete the folder: answers are asked for again."
            ) from error

    def _begin(self, environment: Environment, *, write: bool) -> Transaction[bytes]:
        try:
            return environment.begin(write=write)
        except lmdb.MapResizedError:  # another process opened this folder with larger bounds
            environment.set_mapsize(0)
            return environment.begin(write=write)


_unforked: WeakSet[Folder] = WeakSet()
_held: list[Folder] = []


def _hold() -> None:
    """Before a fork: waits until no folder is in the middle of something."""
    _held.extend(_unforked)
    for folder in _held:
        folder.syncing.acquire()
        folder.lock.acquire()


def _let_go() -> None:
    while _held:
        folder = _held.pop()
        folder.lock.release()
        folder.syncing.release()


os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_held.clear)
