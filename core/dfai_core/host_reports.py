"""Counters of processes on this host, through files in a private folder: the latest report of each process.

Dask's process pools have no other way, and wherever workers share the host with the process that made the call, what
they wrote is still there after they were killed.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

from dfai_core.errors import ConfigError
from dfai_core.loop import after_fork
from dfai_core.report import Report, process_id

__all__ = ["HostChannel", "HostReporter", "host_channel"]

_OPEN = 32  # files, in a process that reports for many calls
_LOOKS = 5


@dataclass(frozen=True, slots=True)
class HostReporter:
    """Writes into *folder* where it is there: on another host, or once its process has ended, it is not."""

    folder: str

    def send(self, report: Report) -> None:
        content = json.dumps(report.plain(), separators=(",", ":")).encode()
        # Written in place, over what the same source said before: a file that stays open costs a twentieth of one
        # that is made and renamed. The checksum tells a reader that comes in between.
        with suppress(OSError):
            file = _opened_for(self.folder, report)
            os.pwrite(file, b"%08x%s\n" % (crc32(content), content), 0)

    def repeated(self) -> int:
        return 0


def _read(path: Path) -> Report | None:
    """What *path* holds; None where it holds no report."""
    for _ in range(_LOOKS):
        try:
            line = path.read_bytes().partition(b"\n")[0]
            if int(line[:8], 16) == crc32(line[8:]):
                return Report.from_plain(json.loads(line[8:]))
        except (OSError, ValueError):  # gone, or written by somebody else
            return None
    return None


# What processes have open to write into, the latest last; used by one thread at a time.
_files: OrderedDict[tuple[str, str, str], int] = OrderedDict()


def _opened_for(folder: str, report: Report) -> int:
    key = (folder, report.call_id, report.source)
    file = _files.get(key)
    if file is None:
        name = f"{quote(report.call_id, safe='')}-{quote(report.source, safe='')}"
        file = os.open(Path(folder, name), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while len(_files) >= _OPEN:
            os.close(_files.popitem(last=False)[1])
        _files[key] = file
    return file


class HostChannel:
    """Reads what processes of this host have written for this one."""

    def __init__(self, folder: Path, owner: Any) -> None:
        self._folder = folder
        self._owner = owner  # its lock says that this process lives, so that nobody sweeps the folder
        self.reporter: HostReporter = HostReporter(str(folder))

    def collect(self, call_ids: Collection[str]) -> Iterator[Report]:
        wanted = {quote(call_id, safe="") for call_id in call_ids}
        for path in self._files():
            if path.name.partition("-")[0] in wanted and (report := _read(path)) is not None:
                yield report

    def forget(self, call_id: str) -> None:
        for path in self._files():
            if path.name.startswith(f"{quote(call_id, safe='')}-"):
                path.unlink(missing_ok=True)

    def listening(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _files(self) -> list[Path]:
        try:
            return [Path(entry.path) for entry in os.scandir(self._folder) if entry.is_file()]
        except FileNotFoundError:
            return []

    def close(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def forget_in_child(self) -> None:
        """In a forked child: folder and lock are the parent's."""
        self._owner.forget()


_lock = threading.Lock()
_channel: HostChannel | None = None
_tried = False


def host_channel() -> HostChannel | None:
    """This process's channel, made on first use; None where no private folder can be had."""
    global _channel, _tried
    with _lock:
        if not _tried:
            _tried = True
            with suppress(ConfigError, OSError):  # no POSIX system, no room, or a folder that others may look into
                _channel = _opened()
                atexit.register(_close, os.getpid())
        return _channel


def _opened() -> HostChannel:
    from dfai_core.store.folders import default_folder, private_folder, sweep
    from dfai_core.store.owners import Owner, locked

    folder = default_folder(f"runs-{process_id()}")
    # Nobody may sweep the folder of one that is just coming in.
    with locked(private_folder(folder.parent) / ".lock"):
        channel = HostChannel(private_folder(folder), Owner(folder))
        sweep(folder.parent)
    return channel


def _close(pid: int) -> None:
    if _channel is not None and pid == os.getpid():
        _channel.close()


def _forget() -> None:
    global _lock, _channel, _tried
    _lock = threading.Lock()
    if _channel is not None:
        _channel.forget_in_child()
    _channel, _tried = None, False
    _files.clear()  # the descriptors stay open until the child ends: they are few, and the parent's


after_fork(_forget)
