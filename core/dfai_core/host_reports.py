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
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dfai_core.errors import ConfigError
from dfai_core.loop import after_fork
from dfai_core.report import Report, process_id

__all__ = ["HostChannel", "HostReporter", "host_channel"]


@dataclass(frozen=True, slots=True)
class HostReporter:
    """Writes into *folder* where it is there: on another host, or once its process has ended, it is not."""

    folder: str

    def send(self, report: Report) -> None:
        place = Path(self.folder, f"{quote(report.call_id, safe='')}-{quote(report.source, safe='')}")
        # Written aside and then named, so that a reader meets it whole.
        aside = place.with_suffix(".new")
        with suppress(OSError):
            aside.write_text(json.dumps(report.plain(), separators=(",", ":")), encoding="utf-8")
            aside.replace(place)

    def repeated(self) -> int:
        return 0


class HostChannel:
    """Reads what processes of this host have written for this one."""

    def __init__(self, folder: Path, owner: Any) -> None:
        self._folder = folder
        self._owner = owner  # its lock says that this process lives, so that nobody sweeps the folder
        self.reporter = HostReporter(str(folder))

    def collect(self, call_ids: Collection[str]) -> Iterator[Report]:
        wanted = {quote(call_id, safe="") for call_id in call_ids}
        for path in self._files():
            if path.name.partition("-")[0] in wanted and path.suffix != ".new":
                with suppress(OSError, ValueError):  # gone, or written by somebody else
                    report = Report.from_plain(json.loads(path.read_text(encoding="utf-8")))
                    if report is not None:
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


after_fork(_forget)
