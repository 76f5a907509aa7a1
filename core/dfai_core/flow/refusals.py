"""A target's refusal as others should know of it: the processes of other hosts that the same quota holds for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

__all__ = ["Refusal", "Refusals"]

# A coordinator remembers as many targets that are paused; of more, those that were told first are forgotten.
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 429. Times in seconds from now on, or ago: no two clocks need agree.

    *target* is a name that all processes give to one target with one credential, and that gives neither away. *ago_s*
    is when the request had left, *per_s* the rate that whoever was refused keeps to from now on.
    """

    target: str
    ago_s: float
    pause_s: float
    per_s: float

    def as_message(self) -> dict[str, Any]:
        """As it travels."""
        return {"target": self.target, "ago_s": self.ago_s, "pause_s": self.pause_s, "per_s": self.per_s}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """As it arrives; ValueError, TypeError or LookupError for anything else."""
        return cls(str(message["target"]), *(float(message[name]) for name in ("ago_s", "pause_s", "per_s")))


class Refusals:
    """The pauses that have not ended, by target. Times in seconds on the caller's monotonic clock.

    >>> refusals = Refusals()
    >>> refusals.note(10.0, Refusal("a", ago_s=0.1, pause_s=2.0, per_s=50.0))
    >>> refusals.note(10.5, Refusal("a", ago_s=0.1, pause_s=1.0, per_s=40.0))
    >>> [refusal] = refusals.at(11.0)
    >>> round(refusal.pause_s, 3), round(refusal.ago_s, 3), refusal.per_s
    (1.0, 0.6, 40.0)
    >>> refusals.at(12.0)
    []
    """

    def __init__(self) -> None:
        self._latest: dict[str, tuple[float, float, Refusal]] = {}  # when it was told, and when the pause ends

    def note(self, now: float, refusal: Refusal) -> None:
        """Keeps what was told just now; a shorter pause never undoes a longer one."""
        _, until, _ = self._latest.pop(refusal.target, (now, now, refusal))
        self._latest[refusal.target] = now, max(until, now + refusal.pause_s), refusal
        if len(self._latest) > _MOST:
            del self._latest[next(iter(self._latest))]

    def at(self, now: float) -> list[Refusal]:
        """What somebody should know who comes *now*."""
        self._latest = {target: one for target, one in self._latest.items() if one[1] > now}
        return [
            Refusal(target, refusal.ago_s + now - told_at, until - now, refusal.per_s)
            for target, (told_at, until, refusal) in self._latest.items()
        ]
