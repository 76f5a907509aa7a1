"""What a call has asked already: equal documents are asked once, in whatever batches they come."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from typing import Any

from dfai_core.groups import Group, Places

__all__ = ["Known"]


class Known:
    """Every document of a call that is on its way, and those that have ended lately.

    Documents are numbered through all groups: a number costs nothing to keep, and leads to group and place.

    Parameters
    ----------
    most, most_bytes
        Of what has ended: past either it is forgotten.
    """

    __slots__ = ("_bytes", "_groups", "_most", "_most_bytes", "_next", "_numbers", "_starts", "_trim_at")

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._next = 0
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._numbers: dict[Any, int] = {}
        self._groups: list[Group] = []
        self._starts: list[int] = []
        self._bytes = 0
        self._trim_at = self._most

    def add(self, group: Group, size_bytes: int) -> Places:
        """The places of *group* that nobody has asked yet; its other documents end as their equals do.

        *size_bytes* is what its documents weigh together.
        """
        names, numbers, start = group.names(), self._numbers, self._next
        if not names:
            return ()
        self._next += group.size
        self._groups.append(group)
        self._starts.append(start)
        if numbers.keys().isdisjoint(names):
            numbers.update(zip(names, range(start, self._next), strict=True))
            self._bytes += size_bytes
            return range(group.size)
        new = []
        for place, name in enumerate(names):
            number = numbers.get(name)
            if number is None:
                numbers[name] = start + place
                new.append(place)
            else:
                at = bisect_right(self._starts, number) - 1
                self._groups[at].follow(number - self._starts[at], group, place)
        if not new:  # nothing leads here
            self._groups.pop()
            self._starts.pop()
        self._bytes += size_bytes * len(new) // group.size
        return new

    def forget(self, group: Group, places: Collection[int]) -> None:
        """These documents will not be asked: who asks for them again asks anew."""
        names = group.names()
        for place in places:
            self._numbers.pop(names[place], None)

    def trim(self) -> None:
        """Forgets what has ended, if it has become too much."""
        if len(self._numbers) <= self._trim_at and self._bytes <= self._most_bytes:
            return
        on_way = [pair for pair in zip(self._groups, self._starts, strict=True) if pair[0].left and pair[0].awaited]
        self._groups = [group for group, _ in on_way]
        self._starts = [start for _, start in on_way]
        self._numbers = {}
        for group, start in on_way:
            self._numbers.update(zip(group.names(), range(start, start + group.size), strict=True))
        # What is on its way cannot be forgotten: looking again at once would be in vain.
        self._trim_at = len(self._numbers) + self._most
        self._bytes = 0
