"""How fast a target may be asked: a token bucket without a clock of its own."""

from __future__ import annotations

__all__ = ["Pace"]

# A deeper bucket would send a burst that a service counting by the second refuses.
_DEPTH_S = 0.05


class Pace:
    """Says how long the next request must wait. Times in seconds on the caller's monotonic clock.

    Requests leave evenly: in any *t* seconds never more than ``rate_per_s * t + 1``, or a twentieth of a
    second's worth more where that is over one.

    >>> pace = Pace(rate_per_s=10.0)
    >>> [round(pace.reserve(0.0), 3) for _ in range(3)]
    [0.0, 0.1, 0.2]
    >>> round(pace.reserve(0.0, not_before=5.0), 3)
    5.0
    """

    __slots__ = ("_next", "_slack_s", "_step_s")

    def __init__(self, rate_per_s: float | None = None) -> None:
        self._step_s = 1.0 / rate_per_s if rate_per_s else 0.0
        self._slack_s = max(0.0, _DEPTH_S - self._step_s) if rate_per_s else 0.0
        self._next = float("-inf")

    def reserve(self, now: float, not_before: float = float("-inf")) -> float:
        """Takes the next place in line and says how many seconds to wait for it.

        *not_before* is the end of a pause that the service asked for.
        """
        moment = max(now, not_before)
        if self._step_s:
            moment = max(moment, self._next)
            # Places that went unused may be caught up, but only a twentieth of a second's worth of them.
            self._next = max(self._next, moment - self._slack_s) + self._step_s
        return moment - now
