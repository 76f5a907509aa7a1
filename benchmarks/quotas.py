"""Quotas as services keep them: which request is one too many, and when there is room again.

Pure rules on the clock that they are given, in seconds; the mock service and the simulation keep the same ones.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["QUOTAS", "FixedWindow", "Quota", "SlidingWindow", "TokenBucket"]


class Quota(Protocol):
    """Counts requests in the order of time."""

    def take(self, now: float) -> float | None:
        """None where the request is served; otherwise the seconds until one would be."""
        ...


@dataclass(slots=True)
class TokenBucket:
    """*depth_s* seconds' worth of requests may be saved up.

    >>> bucket = TokenBucket(per_s=2.0, depth_s=1.0)
    >>> [bucket.take(now) for now in (0.0, 0.0, 0.0, 0.5)]
    [None, None, 0.5, None]
    """

    per_s: float
    depth_s: float = 1.0
    _tokens: float = field(init=False)
    _at: float = -math.inf

    def __post_init__(self) -> None:
        self._tokens = self.depth_s * self.per_s

    def take(self, now: float) -> float | None:
        if self._at > -math.inf:
            self._tokens = min(self.depth_s * self.per_s, self._tokens + (now - self._at) * self.per_s)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return None
        return (1.0 - self._tokens) / self.per_s


@dataclass(slots=True)
class FixedWindow:
    """So many requests in each second of the service's clock.

    >>> window = FixedWindow(per_s=1.0)
    >>> [window.take(now) for now in (0.5, 0.75, 1.0)]
    [None, 0.25, None]
    """

    per_s: float
    _second: int = -1
    _taken: int = 0

    def take(self, now: float) -> float | None:
        if int(now) != self._second:
            self._second, self._taken = int(now), 0
        if self._taken < self.per_s:
            self._taken += 1
            return None
        return 1.0 - now % 1.0


@dataclass(slots=True)
class SlidingWindow:
    """So many requests in any second.

    >>> window = SlidingWindow(per_s=1.0)
    >>> [window.take(now) for now in (0.5, 0.75, 1.5)]
    [None, 0.75, None]
    """

    per_s: float
    _taken: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> float | None:
        while self._taken and self._taken[0] <= now - 1.0:
            self._taken.popleft()
        if len(self._taken) < self.per_s:
            self._taken.append(now)
            return None
        return self._taken[0] + 1.0 - now


QUOTAS: dict[str, Callable[[float], Quota]] = {
    "bucket": TokenBucket,
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
}
"""By name: made from the requests a second that they allow."""
