"""Answers kept in this process's memory: bounded, the longest unused go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from dfai_core.store.base import Claim, Statistics, Tally, forget_after_fork

__all__ = ["MemoryStore"]

# What Python's objects cost beside their content: two bytes objects and a place in the table.
_OVERHEAD_BYTES = 200


class MemoryStore:
    """The default where one process runs the whole call.

    Parameters
    ----------
    max_entries, max_bytes
        Past either, the longest unused answers are dropped. Bytes count keys, values and Python's share.
    """

    def __init__(self, *, max_entries: int = 1_000_000, max_bytes: int = 256_000_000) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self._values: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0
        self._claims: set[bytes] = set()
        self._tally = Tally()
        forget_after_fork(self)

    async def look_up(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found = [self._get(key) for key in keys]
        self._tally.looked_up(found)
        return found

    async def reserve(self, keys: Sequence[bytes]) -> list[bytes | Claim]:
        found = [self._reserve(key) for key in keys]
        self._tally.reserved(found)
        return found

    def _get(self, key: bytes) -> bytes | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def _reserve(self, key: bytes) -> bytes | Claim:
        value = self._get(key)
        if value is not None:
            return value
        if key in self._claims:
            return Claim.THEIRS
        self._claims.add(key)
        return Claim.MINE

    async def put(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        for key, value in items:
            self._claims.discard(key)
            size = _size(key, value)
            if size > self.max_bytes:
                self._tally.not_stored += 1
                continue
            old = self._values.pop(key, None)
            self._bytes += size - (0 if old is None else _size(key, old))
            self._values[key] = value
            self._tally.stored += 1
        while len(self._values) > self.max_entries or self._bytes > self.max_bytes:
            self._bytes -= _size(*self._values.popitem(last=False))

    async def release(self, keys: Sequence[bytes]) -> None:
        self._claims.difference_update(keys)

    def statistics(self) -> Statistics:
        return self._tally.statistics(len(self._values), self._bytes)

    async def aclose(self) -> None:
        self._values.clear()
        self._claims.clear()
        self._bytes = 0

    def forget(self) -> None:
        """In a forked child: the answers are a copy and stay, the claims were the parent's."""
        self._claims = set()


def _size(key: bytes, value: bytes) -> int:
    return len(key) + len(value) + _OVERHEAD_BYTES
