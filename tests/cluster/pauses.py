"""A service that refuses one request, and what arrives before it may be asked again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

__all__ = ["PAUSE_S", "PlannedPause"]

PAUSE_S = 4.0
"""What the refusal's Retry-After says."""
_NEWS_S = 2.0
"""In what time even a busy machine passes on a message."""


class PlannedPause:
    """Refuses the request number *at_request* with 429, and no other."""

    def __init__(self, at_request: int) -> None:
        self.began_at = 0.0  # on the monotonic clock
        self._at_request = at_request

    def __call__(self, number: int, documents: Sequence[dict[str, Any]]) -> int | None:
        if self.began_at or number < self._at_request:
            return None
        self.began_at = time.monotonic()
        return 429

    def broken(self, arrivals: Sequence[float]) -> int:
        """How many of *arrivals* are in the pause, from when all hosts know of it."""
        return sum(self.began_at + _NEWS_S <= at < self.began_at + PAUSE_S for at in arrivals)
