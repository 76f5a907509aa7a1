"""Places in a line that other processes stand in too, handed out in blocks."""

from __future__ import annotations

import math
from collections import deque

from dfai_core.flow.limiter import DEPTH_S

__all__ = ["BLOCK_S", "Places", "block_units"]

BLOCK_S = 0.05
"""How much of the line one block takes up: what a process that stops asking leaves unused."""


def block_units(rate_per_s: float, processes: int) -> float:
    """What one process of so many is given at once, in units of the rate, where it asks for less.

    >>> block_units(1_000.0, 2), block_units(10.0, 8)
    (25.0, 1.0)
    """
    return max(1.0, float(int(rate_per_s * BLOCK_S / max(1, processes))))


class Places:
    """What this process was given of the line, by its own clock.

    >>> places = Places(rate_per_s=10.0)
    >>> places.take(0.0) is None
    True
    >>> places.add(0.0, wait_s=0.5, units=2.0)
    >>> places.take(0.0), round(places.take(0.0), 3), places.take(0.0)
    (0.5, 0.6, None)
    """

    __slots__ = ("_blocks", "_late_s", "_step_s")

    def __init__(self, rate_per_s: float) -> None:
        self._step_s = 1.0 / rate_per_s
        # A place that went unused may be caught up, but not for long.
        self._late_s = max(DEPTH_S, self._step_s)
        self._blocks: deque[tuple[float, float]] = deque()  # when each begins, and its units

    def add(self, now: float, wait_s: float, units: float) -> None:
        """Takes in a block that begins *wait_s* from now."""
        self._blocks.append((now + wait_s, units))

    def units(self, now: float) -> float:
        """What is left, without what is too late to be used."""
        latest = now - self._late_s
        while self._blocks:
            begins, units = self._blocks[0]
            late = (latest - begins) / self._step_s
            if late <= 0:
                break
            # Whole places only: half of one is of no use to anybody.
            self._drop(min(units, float(math.ceil(late))))
        return sum((units for _, units in self._blocks), 0.0)

    def take(self, now: float, cost: float = 1.0) -> float | None:
        """Takes *cost* units from the front, and says how long to wait for the last of them to begin.

        None where there are not so many: what there is stays.
        """
        if self.units(now) < cost:
            return None
        begins = now
        while cost > 0:
            begins, units = self._blocks[0]
            used = min(units, cost)
            self._drop(used)
            cost -= used
        return max(0.0, begins - now)

    def _drop(self, units: float) -> None:
        begins, has = self._blocks.popleft()
        if has > units:
            self._blocks.appendleft((begins + units * self._step_s, has - units))
