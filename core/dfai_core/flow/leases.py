"""Budgets that the processes of one host share through files: slots for requests in flight, and one learned rate.

The kernel's record locks keep them: a process that dies, however it dies, holds nothing any more. Times are those of
`time.monotonic`, which on Linux, macOS and Windows is one clock for all processes of a host; containers share it
where they share a kernel. Network file systems are no place for these files.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import stat
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from dfai_core.errors import ConfigError
from dfai_core.flow.adaptive import LearnedRate

__all__ = ["HostBucket", "HostSlots", "private_folder"]

T = TypeVar("T")


def private_folder(path: Path) -> Path:
    """Makes *path*, a folder that nobody else can look into or plant files in; says where it is.

    Raises
    ------
    ConfigError
        It exists and is another user's, or no folder.
    """
    with suppress(FileExistsError):  # what it is, is looked at below
        path.mkdir(mode=0o700, parents=True)
    if sys.platform != "win32":  # there, a user's folders are private by inheritance
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise ConfigError(f"{path} is not a folder of this user's: choose another, or remove it")
        if stat.S_IMODE(found.st_mode) != 0o700:
            path.chmod(0o700)
    return path


# Locks are on bytes far behind the content: that is allowed, and where locks keep others from writing (Windows), no
# content is ever behind one.
if sys.platform == "win32":  # written after the documentation, tried on no such system
    import msvcrt

    def _try_lock(fd: int, at: int, size: int = 1, *, shared: bool = False) -> bool:
        if shared or size > 1:
            return True  # no shared locks: processes compete for slots without courtesy
        os.lseek(fd, at % (1 << 31), os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _lock(fd: int, at: int) -> None:
        while not _try_lock(fd, at):
            time.sleep(0.0005)

    def _unlock(fd: int, at: int, size: int = 1) -> None:
        if size == 1 and at < _WAITING:
            os.lseek(fd, at % (1 << 31), os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(fd: int, at: int, size: int = 1, *, shared: bool = False) -> bool:
        try:
            fcntl.lockf(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB, size, at)
        except (BlockingIOError, PermissionError):  # POSIX allows both for "another process has it"
            return False
        return True

    def _lock(fd: int, at: int) -> None:
        fcntl.lockf(fd, fcntl.LOCK_EX, 1, at)

    def _unlock(fd: int, at: int, size: int = 1) -> None:
        fcntl.lockf(fd, fcntl.LOCK_UN, size, at)


class _HostFile:
    """A file as this process has it open: once, since a process that closes any descriptor of a file loses its locks.

    Such locks do not keep the threads of one process apart: `guard` does, and `held` remembers what is locked.
    """

    def __init__(self, path: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self.fd = os.open(path, flags, 0o600)
        self.users = 0
        self.memory: mmap.mmap | None = None
        self.renew()

    def mapped(self, size: int) -> mmap.mmap:
        """The content, in memory that all processes share. Once, too: a mapping has a descriptor of its own."""
        if self.memory is None:
            missing = size - os.fstat(self.fd).st_size
            if missing > 0:  # real zeros, so that a full disk is an error here and no crash later
                os.lseek(self.fd, 0, os.SEEK_END)
                os.write(self.fd, bytes(missing))
            self.memory = mmap.mmap(self.fd, size)
        return self.memory

    def close(self) -> None:
        if self.memory is not None:
            self.memory.close()
        os.close(self.fd)

    def renew(self) -> None:
        """As it is in a forked child, too: locks are not inherited, and a thread that held the guard is not there."""
        self.guard = threading.Lock()
        self.held: set[int] = set()
        self.mark: int | None = None  # the byte that says that this process waits
        self.waits_since: float | None = None


_files: dict[str, _HostFile] = {}
_files_guard = threading.Lock()
# One for all files: a process waits for one record at a time, so that the kernel, which sees processes and no threads,
# never takes two of them for a deadlock.
_record_guard = threading.Lock()


def _opened(path: Path) -> tuple[str, _HostFile]:
    key = os.path.realpath(path)
    with _files_guard:
        file = _files.get(key)
        if file is None:
            file = _files[key] = _HostFile(key)
        file.users += 1
        return key, file


def _closed(key: str, file: _HostFile) -> None:
    with _files_guard:
        file.users -= 1
        if not file.users:
            del _files[key]
            file.close()


def _in_child() -> None:
    global _files_guard, _record_guard
    _files_guard = threading.Lock()
    _record_guard = threading.Lock()
    for file in _files.values():
        file.renew()


if hasattr(os, "register_at_fork"):  # absent on Windows, where there is no fork
    os.register_at_fork(after_in_child=_in_child)


# Bytes from here on say who waits: first by how many slots the waiting process holds, then since when.
_WAITING = 1 << 50
_HELD = 1 << 38  # milliseconds: more than eight years of uptime
# A waiting process that does not come for what is left to it has other things to do.
_PATIENCE_S = 0.1
_FIRST_WAIT_S = 0.001
_LONGEST_WAIT_S = 0.02


class HostSlots:
    """So many requests in flight, over all processes of the host that open *path* with the same number.

    Slot *i* is byte *i*, locked. Who finds none free marks a byte that says how many slots it holds; who comes for
    another slot leaves it to one that waits with fewer, so that shares become even, and where there are fewer slots
    than processes the one that waits longest is next.
    """

    def __init__(self, path: Path, slots: int) -> None:
        self.slots = slots
        self._key, self._file = _opened(path)
        self._first = os.getpid() % slots  # processes that look in different places seldom meet
        self._line = asyncio.Lock()
        self._freed = asyncio.Event()

    def try_acquire(self) -> int | None:
        """A slot, or None where all are taken or the next is another's; then wait a little and try again.

        Whoever will not try again calls `stop_waiting`.
        """
        file, now = self._file, time.monotonic()
        with file.guard:
            if not self._cedes(now):
                for place in range(self._first, self._first + self.slots):
                    slot = place % self.slots
                    if slot not in file.held and _try_lock(file.fd, slot):
                        file.held.add(slot)
                        self._unmark()
                        return slot
            self._mark(now)
            return None

    def release(self, slot: int) -> None:
        """Gives *slot* back."""
        with self._file.guard:
            self._file.held.remove(slot)
            _unlock(self._file.fd, slot)
            self._first = slot
        self._freed.set()

    def stop_waiting(self) -> None:
        """Takes back what `try_acquire` let others know."""
        with self._file.guard:
            self._unmark()

    async def acquire(self) -> int:
        """A slot, as soon as there is one; on one event loop only.

        One coroutine a process asks, the others stand behind it in order. It asks again after 1 to 20 ms, or at once
        when this process releases one.
        """
        async with self._line:
            wait_s = _FIRST_WAIT_S
            try:
                while True:
                    self._freed.clear()
                    slot = self.try_acquire()
                    if slot is not None:
                        return slot
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait_s):
                            await self._freed.wait()
                    wait_s = min(_LONGEST_WAIT_S, wait_s * 1.5)
            finally:
                self.stop_waiting()

    def close(self) -> None:
        """Ends the use of the file; slots still held are free once its last user in this process has closed it."""
        _closed(self._key, self._file)

    def _cedes(self, now: float) -> bool:
        """Whether another process should have the next slot."""
        file = self._file
        since = now if file.waits_since is None else file.waits_since
        if now - since > _PATIENCE_S:
            return False
        size = len(file.held) * _HELD or int(since * 1_000)
        if not _try_lock(file.fd, _WAITING, size):
            return True
        _unlock(file.fd, _WAITING, size)
        if file.mark is not None and file.mark < _WAITING + size:
            file.mark = None  # it was unlocked with the rest
        return False

    def _mark(self, now: float) -> None:
        file = self._file
        if file.waits_since is None:
            file.waits_since = now
        mark = _WAITING + len(file.held) * _HELD + int(file.waits_since * 1_000)
        if mark != file.mark:
            if file.mark is not None:
                _unlock(file.fd, file.mark)
            # It fails where another process looks right now who waits: the next try marks it.
            file.mark = mark if _try_lock(file.fd, mark, shared=True) else None

    def _unmark(self) -> None:
        file = self._file
        file.waits_since = None
        if file.mark is not None:
            _unlock(file.fd, file.mark)
            file.mark = None


_RECORD = struct.Struct("<Qd10d")  # its number, when it was written, the fields of LearnedRate
_STATE = attrgetter(*[field.name for field in fields(LearnedRate)])
_SUM = struct.Struct("<I")
_WHOLE_BYTES = _RECORD.size + _SUM.size
_COPY_BYTES = 128
# A process that read the clock before another wrote is no earlier start of the machine.
_CLOCK_SLACK_S = 60.0
_RECORD_LOCK = 1 << 30


class HostBucket:
    """A `LearnedRate` that all processes of the host share: together they are one client to the target.

    The record stands in the file twice, each copy with its number and its checksum; the older one is overwritten.
    A process killed while it writes leaves the other copy whole. A file that holds neither, or one written before the
    machine was started, begins anew.
    """

    def __init__(self, path: Path) -> None:
        self._key, self._file = _opened(path)
        with _record_guard, self._locked():
            self._memory = self._file.mapped(2 * _COPY_BYTES)

    def reserve(self, now: float, rate_per_s: float | None = None) -> float:
        """As `LearnedRate.reserve`."""
        return self._change(now, lambda rate: rate.reserve(now, rate_per_s))

    def refused(self, now: float, *, sent_at: float, retry_after_s: float | None, draw: float) -> None:
        """As `LearnedRate.refused`."""
        self._change(now, lambda rate: rate.refused(now, sent_at=sent_at, retry_after_s=retry_after_s, draw=draw))

    def pause(self, now: float, until: float) -> None:
        """As `LearnedRate.pause`."""
        self._change(now, lambda rate: rate.pause(until))

    def learned(self, now: float) -> LearnedRate:
        """What is known as of *now*. Takes no lock: of a copy half written the checksum is wrong."""
        return self._read(now)[1]

    def paused_until(self, now: float) -> float:
        """When the target may be asked again."""
        return self._read(now)[1].paused_until

    def close(self) -> None:
        """Ends the use of the file."""
        _closed(self._key, self._file)

    def _change(self, now: float, change: Callable[[LearnedRate], T]) -> T:
        with _record_guard, self._locked():
            number, rate = self._read(now)
            result = change(rate)
            number += 1
            record = _RECORD.pack(number, now, *_STATE(rate))
            start = number % 2 * _COPY_BYTES
            self._memory[start : start + _WHOLE_BYTES] = record + _SUM.pack(zlib.crc32(record))
        return result

    def _read(self, now: float) -> tuple[int, LearnedRate]:
        """The newer copy, and its number."""
        newest, rate = 0, LearnedRate()
        for start in (0, _COPY_BYTES):
            record = self._memory[start : start + _RECORD.size]
            number, written_at, *state = _RECORD.unpack(record)
            (checksum,) = _SUM.unpack_from(self._memory, start + _RECORD.size)
            if number > newest and checksum == zlib.crc32(record):
                newest = number
                # The clock begins anew when the machine does.
                rate = LearnedRate(*state) if written_at <= now + _CLOCK_SLACK_S else LearnedRate()
        return newest, rate

    @contextmanager
    def _locked(self) -> Iterator[None]:
        _lock(self._file.fd, _RECORD_LOCK)
        try:
            yield
        finally:
            _unlock(self._file.fd, _RECORD_LOCK)
