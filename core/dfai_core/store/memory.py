"""Answers kept in this process's memory: bounded, the longest unused go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from dfai_core.errors import ConfigError
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
        found = self._get(keys)
        self._tally.looked_up(found)
        return found

    async def reserve(self, keys: Sequence[bytes]) -> list[bytes | Claim]:
        found: list[bytes | Claim]
        values = self._get(keys)
        unknown = set(keys) if values.count(None) == len(keys) else set()
        if len(unknown) == len(keys) and self._claims.isdisjoint(unknown):  # nearly always
            self._claims |= unknown
            found = [Claim.MINE] * len(keys)
        else:
            found = [self._claim(key) if value is None else value for key, value in zip(keys, values, strict=True)]
        self._tally.reserved(found)
        return found

    def _get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found = list(map(self._values.get, keys))
        if found.count(None) < len(found):
            move_to_end = self._values.move_to_end
            for key, value in zip(keys, found, strict=True):
                if value is not None:
                    move_to_end(key)
        return found

    def _claim(self, key: bytes) -> Claim:
        if key in self._claims:
            return Claim.THEIRS
        self._claims.add(key)
        return Claim.MINE

    async def put(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        new = dict(items)
        self._claims.difference_update(new)
        size_bytes = _size(new)
        if size_bytes > self.max_bytes:  # perhaps one of them alone
            fitting = {key: value for key, value in new.items() if _size({key: value}) <= self.max_bytes}
            self._tally.not_stored += len(new) - len(fitting)
            new, size_bytes = fitting, _size(fitting)
        for key in list(filter(self._values.__contains__, new)):
            size_bytes -= _size({key: self._values.pop(key)})
        for key, value in new.items():  # its own update() makes as many tuples at once: work for the garbage collector
            self._values[key] = value
        self._bytes += size_bytes
        self._tally.stored += len(new)
        self._shrink(self.max_bytes)

    def _shrink(self, max_bytes: int) -> None:
        while len(self._values) > self.max_entries or self._bytes > max_bytes:
            self._bytes -= _size(dict([self._values.popitem(last=False)]))

    async def prune(self, *, max_age_s: float | None = None, max_bytes: int | None = None) -> int:
        """Drops the longest unused answers until *max_bytes* hold the rest; says how many.

        Raises
        ------
        ConfigError
            For *max_age_s*: nothing here knows when it came.
        """
        if max_age_s is not None:
            raise ConfigError("a store in memory does not know how old its answers are: prune it by max_bytes=.")
        before = len(self._values)
        if max_bytes is not None:
            self._shrink(max_bytes)
        return before - len(self._values)

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


def _size(values: Mapping[bytes, bytes]) -> int:
    return sum(map(len, values)) + sum(map(len, values.values())) + len(values) * _OVERHEAD_BYTES
