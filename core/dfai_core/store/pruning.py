"""Which answers go when a folder is to hold less: a pure rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Cut", "cut"]


class Cut(NamedTuple):
    """Answers older than *stamp* go, and of those with this very stamp as many as hold *size_bytes*."""

    stamp: bytes
    size_bytes: int


def cut(sizes: Mapping[bytes, int], oldest: bytes, max_bytes: int | None) -> Cut:
    """What must go so that no answer is older than *oldest*, and the younger ones fit into *max_bytes*.

    Parameters
    ----------
    sizes
        How many bytes were stored in each second, by its stamp.
    max_bytes
        None where size does not matter.

    >>> cut({b"1": 10, b"2": 10, b"3": 10}, b"2", 15)
    Cut(stamp=b'2', size_bytes=5)
    """
    kept = sorted(stamp for stamp in sizes if stamp >= oldest)
    excess = 0 if max_bytes is None else max(0, sum(sizes[stamp] for stamp in kept) - max_bytes)
    for stamp in kept:
        if excess <= sizes[stamp]:
            return Cut(stamp, excess)
        excess -= sizes[stamp]
    return Cut(oldest, 0)
