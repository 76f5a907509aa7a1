"""What a call may spend in all: the pure rule, and the count of a process."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

__all__ = ["Allowance", "Left", "Purse", "purse_of"]

# Costs are sums of many small amounts.
_SLACK = 1e-9
_KEPT = 1_000  # calls whose spending is remembered: more are not under way in one process


class Allowance(NamedTuple):
    """How many documents a call may send, and what they may cost; infinite where there is no limit."""

    documents: float = math.inf
    cost: float = math.inf

    def shared(self, hosts: int) -> Allowance:
        """One host's part.

        >>> Allowance(100, 5.0).shared(2), Allowance(cost=1.0).shared(4)
        (Allowance(documents=50, cost=2.5), Allowance(documents=inf, cost=0.25))
        """
        return Allowance(self.documents if math.isinf(self.documents) else self.documents // hosts, self.cost / hosts)


class Left(NamedTuple):
    """What may still be spent, where that is less than was asked for."""

    documents: float
    cost: float


class Purse:
    """Counts what a call has spent, and lets no more be spent than it may.

    >>> purse = Purse(Allowance(documents=10))
    >>> purse.take(8, 0.0), purse.take(4, 0.0), purse.take(2, 0.0), purse.take(1, 0.0)
    (None, Left(documents=2.0, cost=inf), None, Left(documents=0.0, cost=inf))
    >>> purse.take(-3, 0.0), purse.take(3, 0.0)
    (None, None)
    """

    __slots__ = ("allowance", "cost", "documents")

    def __init__(self, allowance: Allowance, documents: float = 0.0, cost: float = 0.0) -> None:
        self.allowance: Allowance = allowance
        self.documents: float = documents
        self.cost: float = cost

    def take(self, documents: float, cost: float) -> Left | None:
        """Counts as much as is spent, or, where it is too much, nothing: and says what is left. Less than 0 comes back.

        What came back twice, by a process that was killed between, never makes room for more than there was.
        """
        most = self.allowance
        if self.documents + documents > most.documents or self.cost + cost > most.cost * (1 + _SLACK):
            return Left(max(0.0, most.documents - self.documents), max(0.0, most.cost - self.cost))
        self.documents = max(0.0, self.documents + documents)
        self.cost = max(0.0, self.cost + cost)
        return None


_purses: OrderedDict[str, Purse] = OrderedDict()


def purse_of(name: str, allowance: Allowance) -> Purse:
    """This process's purse of that *name*: the same for as long as the call may go on. On the loop's thread only.

    A budget ends when nobody uses it for some seconds; what was spent under it does not come back.
    """
    purse = _purses.get(name)
    if purse is None:
        purse = _purses[name] = Purse(allowance)
    _purses.move_to_end(name)
    while len(_purses) > _KEPT:
        _purses.popitem(last=False)
    return purse
