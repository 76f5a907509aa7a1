"""What a store promises: answers kept by key, and claims that stop two tasks from asking the same at once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable
from weakref import WeakSet

from dfai_core.errors import DfaiWarning
from dfai_core.loop import after_fork

__all__ = ["Claim", "Statistics", "Store", "StoreFailed", "Tally", "forget_after_fork"]


class Claim(Enum):
    """Who asks for a document that has no answer yet."""

    MINE = "mine"
    THEIRS = "theirs"


class StoreFailed(DfaiWarning):
    """A store cannot be read or written; the call goes on without it."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a store holds, and what it did for this process."""

    entries: int | None = None  # None where counting would cost a round trip
    bytes: int | None = None  # of keys and values, as the store writes them
    hits: int = 0  # keys that were answered
    misses: int = 0  # keys that `look_up` did not find
    claimed: int = 0  # keys that `reserve` gave to this process
    refused: int = 0  # keys that a living other had; each time it was asked
    stored: int = 0
    not_stored: int = 0  # answers that found no room, or no store
    failures: int = 0  # times that the store could not be used at all


@runtime_checkable
class Store(Protocol):
    """Answers by key. Used on the loop's thread only, which it must not block for long.

    A store never fails a row: one that cannot be read has no answers, one that cannot be written stores nothing.
    Keys and values are bytes; a value may come back damaged, so who reads it checks it (`decode_values` does).
    """

    async def look_up(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of *keys*, in order; None where there is none."""
        ...

    async def reserve(self, keys: Sequence[bytes]) -> list[bytes | Claim]:
        """For each key its value, or MINE: claimed just now, or THEIRS: a living other has the claim.

        Called just before a request leaves. A claim belongs to whoever was told MINE, until `put` or `release`;
        to anyone who asks meanwhile, in this process too, it is THEIRS. The claims of a dead process end with it.
        """
        ...

    async def put(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Stores values by key, and ends the claims on them."""
        ...

    async def release(self, keys: Sequence[bytes]) -> None:
        """Gives claims back unanswered; keys that are not claimed here are left alone."""
        ...

    def statistics(self) -> Statistics:
        """Counts, without waiting for anything."""
        ...

    async def aclose(self) -> None:
        """Makes what was stored safe and gives back what is held; using the store again opens it again."""
        ...


@dataclass(slots=True)
class Tally:
    """The counts of one store in one process."""

    hits: int = 0
    misses: int = 0
    claimed: int = 0
    refused: int = 0
    stored: int = 0
    not_stored: int = 0
    failures: int = 0
    _warned: bool = False

    def looked_up(self, found: Sequence[bytes | None]) -> None:
        missing = found.count(None)
        self.hits += len(found) - missing
        self.misses += missing

    def reserved(self, found: Sequence[bytes | Claim]) -> None:
        mine = found.count(Claim.MINE)
        theirs = found.count(Claim.THEIRS) if mine < len(found) else 0
        self.claimed += mine
        self.refused += theirs
        self.hits += len(found) - mine - theirs

    def failed(self, message: str) -> None:
        """Counts a failure; says so once, since a store that is gone fails at every request."""
        self.failures += 1
        if not self._warned:
            self._warned = True
            warnings.warn(message, StoreFailed, stacklevel=2)

    def statistics(self, entries: int | None, size_bytes: int | None) -> Statistics:
        return Statistics(
            entries,
            size_bytes,
            self.hits,
            self.misses,
            self.claimed,
            self.refused,
            self.stored,
            self.not_stored,
            self.failures,
        )


class _Forgetful(Protocol):
    def forget(self) -> None: ...


_open: WeakSet[_Forgetful] = WeakSet()


def forget_after_fork(store: _Forgetful) -> None:
    """Sees that *store* lets go, in a forked child, of what belongs to the parent: claims, files, connections."""
    _open.add(store)


def _forget() -> None:
    for store in list(_open):
        store.forget()


after_fork(_forget)
