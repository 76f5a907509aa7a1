"""Who lives: each process that holds claims keeps a lock on a file of its own, which ends with the process.

The kernel drops the lock on any death, so there are no clocks and no leases; it also works across containers on
one kernel.
"""

from __future__ import annotations

import os
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dfai_core.errors import ConfigError

try:
    import fcntl
except ImportError as error:  # Windows
    raise ConfigError('folders need the locks of a POSIX system. Use store="memory" or a Redis.') from error

__all__ = ["Owner", "anyone_lives", "locked"]

_LIVE = "live"


class Owner:
    """This process's life, as others see it, and others', as this process sees them."""

    def __init__(self, folder: Path) -> None:
        self._live = folder / _LIVE
        self._live.mkdir(mode=0o700, exist_ok=True)
        self._enter()

    def _enter(self) -> None:
        self.id: bytes = uuid.uuid4().bytes
        path = self._live / self.id.hex()
        # Locked before it has its name: nobody can meet it unlocked and take its owner for dead.
        unnamed = path.with_suffix(".new")
        file = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # An owner that nobody refers to any more ends too, and so do its claims.
        self._close = weakref.finalize(self, os.close, file)
        fcntl.flock(file, fcntl.LOCK_EX)
        unnamed.rename(path)

    def lives(self, owner: bytes) -> bool:
        """Whether *owner*'s process still runs."""
        return owner == self.id or _locked_by_another(self._live / owner.hex())

    def retire(self) -> None:
        """Ends all claims of this owner at once, and begins a new life."""
        self.leave()
        self._enter()

    def leave(self) -> None:
        """Ends this owner."""
        (self._live / self.id.hex()).unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """In a forked child: the lock is the parent's, and must end with the parent even while the child lives."""
        self._close()


def anyone_lives(folder: Path) -> bool:
    """Whether any process holds claims in *folder*; what the dead left is cleared away."""
    live = folder / _LIVE
    files = [file for file in live.iterdir() if file.suffix != ".new"] if live.is_dir() else []
    living = [file for file in files if _locked_by_another(file)]  # all are looked at: the dead's files go
    return bool(living)


def _locked_by_another(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared: two who look at the same time do not take each other for the owner.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with suppress(FileNotFoundError):  # another may have cleared it away by now
            path.unlink()
        return False
    finally:
        os.close(file)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Holds the lock on the file *path*; gives False, at once, where another holds it and *wait* is False."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)
