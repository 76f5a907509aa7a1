"""Files that the processes of one host share, and locks on their bytes.

The kernel keeps the locks: a process that dies, however it dies, holds nothing any more. They work across containers
that share a folder and a kernel. Network file systems are no place for these files.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dfai_core.errors import ConfigError

try:
    import fcntl
except ImportError as error:  # Windows
    raise ConfigError("processes share limits by the locks of a POSIX system, which this one is not.") from error

__all__ = [
    "HostFile",
    "closed",
    "host_file",
    "host_folder",
    "is_due",
    "opened",
    "private_folder",
    "sweep",
    "try_lock",
    "unlock",
]

_DAY_S = 86_400.0
_SWEPT_EVERY_S = 3_600.0
# Locks are on bytes far behind the content, which is allowed. This one says that a process has the file open.
_IN_USE = 1 << 60
_RECORD = 1 << 59
# A file can be swept between being opened and being marked as in use; it is then opened again.
_TRIES = 100


def private_folder(path: Path) -> Path:
    """Makes *path*, a folder that nobody else can look into or plant files in; says where it is.

    Raises
    ------
    ConfigError
        It cannot be made, or it exists and is another user's, or no folder.
    """
    try:
        with suppress(FileExistsError):  # what it is, is looked at below
            path.mkdir(mode=0o700, parents=True)
        found = path.lstat()
    except OSError as error:
        raise ConfigError(f"{path} cannot be made ({error.strerror}): set TMPDIR to a folder that can") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ConfigError(f"{path} is not a folder of this user's: remove it, or set TMPDIR to another place")
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)
    return path


def host_folder() -> Path:
    """The folder in which this user's processes on this host share their limits."""
    # A store's folders are swept by whether somebody claims something in them, so these files lie elsewhere.
    return private_folder(Path(tempfile.gettempdir()) / f"dfai-{os.getuid()}-limits")


def host_file(name: str, kind: str) -> Path:
    """Where the processes of this host share the *kind* of thing that *name* stands for; old files are swept once.

    Raises
    ------
    ConfigError
        The folder cannot be used.
    """
    global _swept
    folder = host_folder()
    if not _swept:
        _swept = True
        if is_due(folder / ".swept"):
            sweep(folder)
    return folder / f"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}.{kind}"


def is_due(mark: Path, now: float | None = None) -> bool:
    """Whether no process of this host has swept for an hour; then the caller is the one who does."""
    now = time.time() if now is None else now
    try:
        if now - mark.stat().st_mtime < _SWEPT_EVERY_S:
            return False
    except FileNotFoundError:
        pass
    mark.touch(0o600)
    return True


def sweep(folder: Path, *, now: float | None = None, min_age_s: float = _DAY_S) -> list[Path]:
    """Deletes the files in *folder* that no process has open and none has opened for *min_age_s*; says which."""
    now = time.time() if now is None else now
    gone = []
    with _files_guard:  # a process that closes any descriptor of a file loses its locks on it
        resolved = folder.resolve()
        for path in folder.iterdir():
            if str(resolved / path.name) in _files:
                continue
            with suppress(OSError):  # another process sweeps too
                found = path.lstat()
                if stat.S_ISREG(found.st_mode) and now - found.st_mtime > min_age_s and _unlink_unused(path):
                    gone.append(path)
    return gone


def _unlink_unused(path: Path) -> bool:
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        unused = try_lock(fd, _IN_USE)
        if unused:
            path.unlink()
        return unused
    finally:
        os.close(fd)


def try_lock(fd: int, at: int, size: int = 1, *, shared: bool = False) -> bool:
    """Locks *size* bytes; False where another process has one of them."""
    try:
        fcntl.lockf(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB, size, at)
    except (BlockingIOError, PermissionError):  # POSIX allows both for "another process has it"
        return False
    return True


def unlock(fd: int, at: int, size: int = 1) -> None:
    """Takes the lock off *size* bytes."""
    fcntl.lockf(fd, fcntl.LOCK_UN, size, at)


class HostFile:
    """A file as this process has it open: once, since a process that closes any descriptor of a file loses its locks.

    Such locks do not keep the threads of one process apart: `guard` does, and `held` remembers what is locked.
    """

    def __init__(self, path: str) -> None:
        self.fd: int = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self.users = 0
        self.memory: mmap.mmap | None = None
        self.renew()

    def is_at(self, path: str) -> bool:
        """Whether this is still the file of that name."""
        try:
            return os.path.samestat(os.fstat(self.fd), Path(path).stat())
        except FileNotFoundError:
            return False

    def mapped(self, size: int) -> mmap.mmap:
        """The content, in memory that all processes share. Once, too: a mapping has a descriptor of its own."""
        if self.memory is None:
            missing = size - os.fstat(self.fd).st_size
            if missing > 0:  # real zeros, so that a full disk is an error here and no crash later
                os.pwrite(self.fd, bytes(missing), size - missing)
            self.memory = mmap.mmap(self.fd, size)
        return self.memory

    @contextmanager
    def record_locked(self) -> Iterator[None]:
        """Holds the lock on the content, for microseconds."""
        with _record_guard:
            fcntl.lockf(self.fd, fcntl.LOCK_EX, 1, _RECORD)
            try:
                yield
            finally:
                unlock(self.fd, _RECORD)

    def close(self) -> None:
        if self.memory is not None:
            self.memory.close()
        os.close(self.fd)

    def renew(self) -> None:
        """As it is in a forked child, too: locks are not inherited, and a thread that held the guard is not there."""
        try_lock(self.fd, _IN_USE, shared=True)
        self.guard: threading.Lock = threading.Lock()
        self.held: set[int] = set()
        self.mark: int | None = None  # the byte that says that this process waits
        self.waits_since: float | None = None


_swept = False
_files: dict[str, HostFile] = {}
_files_guard = threading.Lock()
# One for all files: a process waits for one record at a time, so that the kernel, which sees processes and no threads,
# never takes two of them for a deadlock.
_record_guard = threading.Lock()


def opened(path: Path) -> tuple[str, HostFile]:
    """This process's open file at *path*, with one more user, and the key by which `closed` knows it."""
    key = _key(path)
    with _files_guard:
        file = _files.get(key)
        if file is None:
            file = _files[key] = _open(key)
        file.users += 1
        return key, file


def _key(path: Path) -> str:
    return str(path.parent.resolve() / path.name)  # a link in the place of the file itself is not followed


def _open(key: str) -> HostFile:
    for _ in range(_TRIES):
        file = HostFile(key)
        if file.is_at(key):
            os.utime(file.fd)
            return file
        file.close()
    raise ConfigError(f"{key} is deleted as soon as it is made")


def closed(key: str, file: HostFile) -> None:
    """Ends one use of *file*."""
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


os.register_at_fork(after_in_child=_in_child)
