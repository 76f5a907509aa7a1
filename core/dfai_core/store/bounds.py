"""How much a folder keeps, and for how long: the folder itself remembers, so that all who open it agree."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmdb import Transaction

__all__ = ["Bounds", "bounds_of", "set_bounds"]

_DAY_S = 86_400.0
_BOUNDS = struct.Struct(">Qd")
_KEY = b"bounds"  # in the unnamed database, which otherwise holds the named ones' names


@dataclass(frozen=True, slots=True)
class Bounds:
    """*max_bytes* of answers, keys included; answers older than *max_age_s* seconds are not found any more."""

    max_bytes: int = 1 << 30
    max_age_s: float = 30 * _DAY_S

    def changed(self, max_bytes: int | None, max_age_s: float | None) -> Bounds:
        """These bounds, but for what is not None.

        >>> Bounds(1_000, 60.0).changed(None, 5.0)
        Bounds(max_bytes=1000, max_age_s=5.0)
        """
        return replace(
            self,
            max_bytes=self.max_bytes if max_bytes is None else max_bytes,
            max_age_s=self.max_age_s if max_age_s is None else max_age_s,
        )


def bounds_of(txn: Transaction[bytes]) -> Bounds:
    """The bounds that the folder was given; the usual ones where it was given none."""
    kept = txn.get(_KEY)
    return Bounds(*_BOUNDS.unpack(kept)) if kept is not None and len(kept) == _BOUNDS.size else Bounds()


def set_bounds(txn: Transaction[bytes], bounds: Bounds) -> None:
    """From now on the folder has *bounds*."""
    txn.put(_KEY, _BOUNDS.pack(bounds.max_bytes, bounds.max_age_s))
