"""What a folder's database holds: each answer behind the time when it was stored, and the bytes of them all."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmdb import Transaction

__all__ = ["add_to_total", "fresh", "stamp_of", "stamped", "total_of"]

_STAMP = struct.Struct(">I")  # seconds since 1970
_TOTAL = struct.Struct(">Q")
_TOTAL_KEY = b"bytes"  # in the unnamed database, which otherwise holds the named ones' names


def stamped(value: bytes, now: float) -> bytes:
    """The record of *value*, stored *now*."""
    return _STAMP.pack(int(now)) + value


def fresh(record: bytes | None, oldest: int) -> bytes | None:
    """The value in *record*, unless it is too old."""
    return None if record is None or stamp_of(record) < oldest else record[_STAMP.size :]


def stamp_of(record: bytes) -> int:
    """When *record* was stored; a record too short to say is older than all."""
    return int(_STAMP.unpack_from(record)[0]) if len(record) >= _STAMP.size else -1


def total_of(txn: Transaction[bytes]) -> int:
    """Bytes of all answers, keys included."""
    stored = txn.get(_TOTAL_KEY)
    return 0 if stored is None else int(_TOTAL.unpack(stored)[0])


def add_to_total(txn: Transaction[bytes], size: int) -> None:
    txn.put(_TOTAL_KEY, _TOTAL.pack(max(0, total_of(txn) + size)))
