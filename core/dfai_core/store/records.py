"""What a folder's database holds: each answer behind the time when it was stored, and what is true of them all."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmdb import Transaction

__all__ = ["Record", "add_to_total", "fresh", "oldest_of", "set_oldest", "stamp", "stamp_of", "total_of"]

Record = tuple[bytes, bytes]
"""A document's key, and its value behind a stamp."""

_STAMP = struct.Struct(">I")  # seconds since 1970
_TOTAL = struct.Struct(">Q")
# In the unnamed database, which otherwise holds the named ones' names.
_TOTAL_KEY, _OLDEST_KEY = b"bytes", b"oldest"


def stamp(now: float) -> bytes:
    """What stands before a value that is stored *now*: the smaller, the older.

    >>> stamp(0) < stamp(1_800_000_000) < stamp(1_800_000_001)
    True
    """
    return _STAMP.pack(max(0, int(now)))


def stamp_of(record: bytes) -> bytes:
    """The stamp of *record*; one too short to have any is older than all."""
    return record[: _STAMP.size] if len(record) >= _STAMP.size else b""


def fresh(records: Iterable[Record], oldest: bytes) -> dict[bytes, bytes]:
    """By key, the values of those *records* whose stamp is *oldest* or younger."""
    size = _STAMP.size
    return {key: record[size:] for key, record in records if record >= oldest and len(record) >= size}


def total_of(txn: Transaction[bytes]) -> int:
    """Bytes of all answers, keys included."""
    stored = txn.get(_TOTAL_KEY)
    return 0 if stored is None else int(_TOTAL.unpack(stored)[0])


def add_to_total(txn: Transaction[bytes], size: int) -> None:
    txn.put(_TOTAL_KEY, _TOTAL.pack(max(0, total_of(txn) + size)))


def oldest_of(txn: Transaction[bytes]) -> bytes:
    """A stamp that no answer is older than."""
    return txn.get(_OLDEST_KEY) or b""


def set_oldest(txn: Transaction[bytes], stamp: bytes, *, first: bool = False) -> None:
    """Notes that no answer is older than *stamp*; only if nothing was noted yet, where it is the *first* answer's."""
    txn.put(_OLDEST_KEY, stamp, overwrite=not first)
