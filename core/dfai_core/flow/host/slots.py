"""Requests in flight over all processes of a host: slot *i* is byte *i* of a file, locked."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

from dfai_core.flow.host.files import closed, opened, try_lock, unlock

__all__ = ["HostSlots"]

# Bytes from here on say who waits: first by how many slots the waiting process holds, then since when.
_WAITING = 1 << 50
_HELD = 1 << 38  # milliseconds: more than eight years of uptime
# A waiting process that does not come for what is left to it has other things to do.
_PATIENCE_S = 0.1
_FIRST_WAIT_S = 0.001
_LONGEST_WAIT_S = 0.02


class HostSlots:
    """So many requests in flight, over all processes of the host that open *path* with the same number.

    Who finds no slot free marks a byte that says how many it holds; who comes for another slot leaves it to one that
    waits with fewer, so that shares become even, and where there are fewer slots than processes the one that waits
    longest is next.
    """

    def __init__(self, path: Path, slots: int) -> None:
        self.slots = slots
        self._key, self._file = opened(path)
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
                    if slot not in file.held and try_lock(file.fd, slot):
                        file.held.add(slot)
                        self._unmark()
                        return slot
            self._mark(now)
            return None

    def release(self, slot: int) -> None:
        """Gives *slot* back."""
        with self._file.guard:
            self._file.held.remove(slot)
            unlock(self._file.fd, slot)
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
        closed(self._key, self._file)

    def _cedes(self, now: float) -> bool:
        """Whether another process should have the next slot."""
        file = self._file
        since = now if file.waits_since is None else file.waits_since
        if now - since > _PATIENCE_S:
            return False
        size = len(file.held) * _HELD or int(since * 1_000)
        if not try_lock(file.fd, _WAITING, size):
            return True
        unlock(file.fd, _WAITING, size)
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
                unlock(file.fd, file.mark)
            # It fails where another process looks right now who waits: the next try marks it.
            file.mark = mark if try_lock(file.fd, mark, shared=True) else None

    def _unmark(self) -> None:
        file = self._file
        file.waits_since = None
        if file.mark is not None:
            unlock(file.fd, file.mark)
            file.mark = None
