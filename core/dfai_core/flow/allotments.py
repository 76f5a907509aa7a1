"""Who may hold how many of a budget's slots: the pure rule.

A holder is a process that works on the call. It says how many slots it could use and how many it holds at most; it is
told its limit. What it held is free for others only once it has said that it holds less.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

__all__ = ["Ledger", "fair_shares"]

H = TypeVar("H", bound=Hashable)


def fair_shares(slots: int, wants: Sequence[int], turn: int = 0) -> list[int]:
    """Divides *slots* so that nobody gets more than it wants, and who gets less has as much as anybody.

    What does not divide evenly goes to some of those who get less than they want, to others with each *turn*.

    >>> fair_shares(10, [2, 9, 9])
    [2, 4, 4]
    >>> fair_shares(10, [1, 9, 9, 9], turn=0), fair_shares(10, [1, 9, 9, 9], turn=1)
    ([1, 3, 3, 3], [1, 3, 3, 3])
    >>> [fair_shares(1, [5, 5, 0, 5], turn) for turn in range(3)]
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    """
    shares = [0] * len(wants)
    open_to = [place for place, want in enumerate(wants) if want > 0]
    while open_to:
        level = slots // len(open_to)
        modest = [place for place in open_to if wants[place] <= level]
        if not modest:
            for place in open_to:
                shares[place] = level
            for extra in range(slots - level * len(open_to)):
                shares[open_to[(turn + extra) % len(open_to)]] += 1
            break
        for place in modest:
            shares[place] = wants[place]
            slots -= wants[place]
        open_to = [place for place in open_to if wants[place] > level]
    return shares


class _Holder:
    __slots__ = ("hold", "limit", "number", "want")

    def __init__(self) -> None:
        self.want = 0
        self.limit = 0  # what it was last told
        self.hold = 0  # what it may be using; never below its limit
        self.number = 0  # of the last telling


class Ledger(Generic[H]):
    """The slots of one budget, and who holds them. Times in seconds on the caller's monotonic clock.

    The holds together never exceed *slots*, and no slot is free while somebody wants one, except for as long as
    messages take.

    Parameters
    ----------
    slots
        How many may be held at once.
    turn_s
        How long a slot stays with a holder that has one more than others who want it too.
    """

    def __init__(self, slots: int, turn_s: float = 0.25) -> None:
        self.slots = slots
        self.turn_s = turn_s
        self._holders: dict[H, _Holder] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def join(self, holder: H) -> None:
        """*holder* comes, and holds nothing yet."""
        self._holders[holder] = _Holder()

    def leave(self, holder: H) -> None:
        """*holder* is gone, and so is all that it held."""
        self._holders.pop(holder, None)

    def heard(self, holder: H, *, want: int, hold: int, number: int) -> None:
        """*holder* could use *want* slots and, until it is told otherwise, uses *hold* at most.

        *number* is that of the last telling it had seen: what it says of its hold is void where another is on its way.
        """
        found = self._holders[holder]
        found.want = max(0, min(want, self.slots))
        if number == found.number:
            found.hold = max(0, min(hold, found.hold))
            found.limit = min(found.limit, found.hold)

    def tell(self, now: float) -> list[tuple[H, int, int]]:
        """Whom to tell a new limit, and the number of that telling."""
        holders = self._holders
        shares = fair_shares(self.slots, [one.want for one in holders.values()], int(now / self.turn_s))
        free = self.slots - sum(one.hold for one in holders.values())
        told: list[tuple[H, int, int]] = []
        # Those with least come first where there is not enough for all yet.
        for (holder, one), share in sorted(zip(holders.items(), shares, strict=True), key=lambda pair: pair[0][1].hold):
            limit = min(share, one.hold + free)
            if limit != one.limit:
                free -= max(0, limit - one.hold)
                one.hold = max(one.hold, limit)
                one.limit = limit
                one.number += 1
                told.append((holder, limit, one.number))
        return told

    def held(self) -> int:
        """Slots that may be in use."""
        return sum(one.hold for one in self._holders.values())

    def takes_turns(self) -> bool:
        """Whether limits change with time alone, since slots do not divide evenly among those who want more."""
        wants = [one.want for one in self._holders.values()]
        return fair_shares(self.slots, wants, 0) != fair_shares(self.slots, wants, 1)
