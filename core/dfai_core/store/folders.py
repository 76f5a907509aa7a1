"""Folders that hold answers: private to their user, on a disk of this host, and not kept for ever."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path

from dfai_core.errors import ConfigError
from dfai_core.store.owners import anyone_lives

__all__ = ["default_folder", "file_system_of", "is_network", "local_disk", "private_folder", "sweep"]

_MOUNTS = Path("/proc/self/mountinfo")
# File systems whose locks and shared memory do not reach from host to host.
_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "gfs2", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"ocfs2", "orangefs", "pvfs2", "smb2", "smb3", "smbfs"}
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.ntfs"})
_DAY_S = 86_400.0


def private_folder(path: Path) -> Path:
    """The folder *path*, made with mode 0700 where absent.

    Raises
    ------
    ConfigError
        Where it belongs to someone else, or others may look into it: answers may quote what was asked.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise ConfigError(f"the store's folder {path} cannot be made ({error.strerror}). Name another.") from error
    if found.st_uid != os.getuid():
        raise ConfigError(f"the store's folder {path} belongs to another user. Name one of your own.")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"the store's folder {path} is open to other users (mode {stat.S_IMODE(found.st_mode):04o}), "
            f"but answers may quote what was asked. Run: chmod 700 {path}"
        )
    return path


def local_disk(path: Path) -> Path:
    """*path* itself; ConfigError where it lies on a network file system."""
    kind = file_system_of(path)
    if kind is not None and is_network(kind):
        raise ConfigError(
            f"the store's folder {path} lies on a network file system ({kind}), where processes of several hosts "
            'would damage it. Name a local folder, or share a Redis: store="redis://host".'
        )
    return path


def is_network(kind: str) -> bool:
    """Whether a file system of this kind may be shared with other hosts.

    >>> [kind for kind in ("ext4", "nfs4", "fuse.sshfs", "fuse.fuse-overlayfs", "tmpfs") if is_network(kind)]
    ['nfs4', 'fuse.sshfs']
    """
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def file_system_of(path: Path) -> str | None:
    """The kind of file system that holds *path*; None where the system does not tell."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # not Linux
        return None
    return _mounted_on(mounts, path.resolve())


def _mounted_on(mounts: str, path: Path) -> str | None:
    """The kind of the innermost mount around *path*; of two on the same place the later hides the earlier."""
    best, kind = -1, None
    for line in mounts.splitlines():
        place, _, source = line.partition(" - ")
        fields = place.split(" ")
        if len(fields) < 5 or not source:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), source.split(" ")[0]
    return kind


def default_folder(application: str) -> Path:
    """Where the processes of *application* on this host keep answers that need not outlive it.

    >>> default_folder("app-2026/11").name
    'app-2026_11'
    """
    name = re.sub(r"[^A-Za-z0-9._-]", "_", application).lstrip(".")[:100]
    if not name:
        raise ConfigError(f"an application needs a name, not {application!r}")
    return Path(tempfile.gettempdir()).resolve() / f"dfai-{os.getuid()}" / name


def sweep(parent: Path, *, now: float | None = None, min_age_s: float = _DAY_S) -> list[Path]:
    """Deletes the folders in *parent* that nobody uses and nobody wrote to for *min_age_s*; says which."""
    now = time.time() if now is None else now
    swept = []
    for folder in parent.iterdir():
        if folder.is_symlink() or not folder.is_dir() or anyone_lives(folder):
            continue
        try:
            youngest = max(file.lstat().st_mtime for file in (folder, *folder.iterdir()))
        except FileNotFoundError:  # another process sweeps too
            continue
        if now - youngest > min_age_s:
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder)
    return swept
