"""When something ran: intervals of time, joined over processes, so that idle time between two plans is not counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

__all__ = ["Interval", "bounded", "clipped", "length_s", "union"]

Interval = tuple[float, float]
"""From when to when, in seconds since the epoch."""

# Partitions that follow one another within this time are one stretch of work.
_GAP_S = 1.0
_MOST = 32


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order.

    >>> union([(5.0, 6.0), (0.0, 2.0), (1.0, 3.0)])
    [(0.0, 3.0), (5.0, 6.0)]
    """
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def length_s(intervals: Iterable[Interval]) -> float:
    """Seconds in all, what overlaps once.

    >>> length_s([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)])
    4.0
    """
    return sum(end - start for start, end in union(intervals))


def clipped(intervals: Iterable[Interval], start: float, end: float) -> list[Interval]:
    """What of them lies between *start* and *end*.

    >>> clipped([(0.0, 2.0), (3.0, 9.0)], 1.0, 4.0)
    [(1.0, 2.0), (3.0, 4.0)]
    """
    return [(max(a, start), min(b, end)) for a, b in intervals if b > start and a < end]


def bounded(intervals: Sequence[Interval]) -> list[Interval]:
    """In order, and few: stretches with hardly a gap between them are one, and then those with the smallest gaps."""
    joined = union(intervals)
    gaps = sorted(later[0] - earlier[1] for earlier, later in pairwise(joined))
    widest = max(_GAP_S, gaps[-_MOST] if len(gaps) >= _MOST else 0.0)
    result = joined[:1]
    for start, end in joined[1:]:
        if start - result[-1][1] <= widest:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result
