"""How much was done when: counts in slots of time, which grow wider as a run grows longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Timeline"]

# Slots begin an eighth of a second wide; twice as wide whenever they would become more than these.
_NARROWEST = -3
_SLOTS = 128


@dataclass(frozen=True, slots=True)
class Timeline:
    """Counts by slot; slot *n* begins ``n * width_s`` seconds after the epoch, so that those of all hosts agree.

    Never changed, so that any thread may read it while another counts.
    """

    power: int = _NARROWEST
    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def width_s(self) -> float:
        """How wide a slot is: a power of two."""
        return 2.0**self.power

    @property
    def total(self) -> int:
        """All that was counted."""
        return sum(self.counts.values())

    def end_s(self, at_s: float) -> float:
        """When the slot that *at_s* falls in ends."""
        return (at_s // self.width_s + 1) * self.width_s

    def adding(self, at_s: float, count: int) -> Timeline:
        """With what was done at *at_s*, in seconds since the epoch."""
        if not count:
            return self
        slot = int(at_s // self.width_s)
        return _fitting(self.power, {**self.counts, slot: self.counts.get(slot, 0) + count})

    def plus(self, other: Timeline, sign: int = 1) -> Timeline:
        """Both together, or with *sign* -1 what is in this one and not in *other*."""
        power = max(self.power, other.power)
        counts = self._at(power)
        for slot, count in other._at(power).items():
            counts[slot] = counts.get(slot, 0) + sign * count
        return _fitting(power, {slot: count for slot, count in sorted(counts.items()) if count})

    def series(self) -> Iterator[tuple[float, int]]:
        """Each slot's start and count from the first that has one to the last, empty ones between included.

        >>> list(Timeline().adding(10.0, 5).adding(10.3, 2).series())
        [(10.0, 5), (10.125, 0), (10.25, 2)]
        """
        if self.counts:
            for slot in range(min(self.counts), max(self.counts) + 1):
                yield slot * self.width_s, self.counts.get(slot, 0)

    def _at(self, power: int) -> dict[int, int]:
        counts: dict[int, int] = {}
        for slot, count in self.counts.items():
            wide = slot >> (power - self.power)
            counts[wide] = counts.get(wide, 0) + count
        return counts

    def plain(self) -> dict[str, object]:
        """As it travels."""
        return {"power": self.power, "counts": {str(slot): count for slot, count in self.counts.items()}}

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Timeline:
        """As it arrived; ValueError, TypeError or KeyError where it is none."""
        power, counts = plain["power"], plain["counts"]
        if not isinstance(power, int) or not _NARROWEST <= power <= 40 or not isinstance(counts, Mapping):
            raise ValueError("no timeline")
        return _fitting(power, {int(slot): int(count) for slot, count in counts.items()})


def _fitting(power: int, counts: Mapping[int, int]) -> Timeline:
    """A timeline of slots so wide that they are not too many."""
    timeline = Timeline(power, counts)
    while timeline.counts and max(timeline.counts) - min(timeline.counts) >= _SLOTS:
        timeline = Timeline(timeline.power + 1, timeline._at(timeline.power + 1))
    return timeline
