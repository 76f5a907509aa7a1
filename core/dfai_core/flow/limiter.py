"""How fast a target may be asked: a token bucket without a clock of its own."""

from __future__ import annotations

__all__ = ["DEPTH_S", "Pace"]

DEPTH_S = 0.05
"""What may be caught up: a deeper bucket would send a burst that a service counting by the second refuses."""


class Pace:
    """Says how long the next request must wait. Times in seconds on the caller's monotonic clock.

    Requests leave evenly: in any *t* seconds never more than ``rate_per_s * t + 1``, or a twentieth of a
    second's worth more where that is over one. Where requests cost different amounts, the 1 is the dearest.

    >>> pace = Pace(rate_per_s=10.0)
    >>> [round(pace.reserve(0.0), 3) for _ in range(3)]
    [0.0, 0.1, 0.2]
    >>> round(pace.reserve(0.0, not_before=5.0, cost=20.0), 3)
    5.0
    >>> round(pace.reserve(0.0), 3)
    7.0
    """

    __slots__ = ("_slack_s", "_step_s", "next_at")

    def __init__(self, rate_per_s: float | None = None) -> None:
        self._step_s = 1.0 / rate_per_s if rate_per_s else 0.0
        self._slack_s = max(0.0, DEPTH_S - self._step_s) if rate_per_s else 0.0
        self.next_at: float = float("-inf")  # the next free place

    def reserve(self, now: float, not_before: float = float("-inf"), cost: float = 1.0) -> float:
        """Takes the next place in line and says how many seconds to wait for it.

        *not_before* is the end of a pause that the service asked for; *cost* is what the request counts for.
        """
        moment = max(now, not_before)
        if self._step_s:
            moment = max(moment, self.next_at)
            # Places that went unused may be caught up, but only a twentieth of a second's worth of them.
            self.next_at = max(self.next_at, moment - self._slack_s) + self._step_s * cost
        return moment - now
