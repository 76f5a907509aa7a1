"""What the mock service saw, and who did not wait when told to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

__all__ = ["GRACE_S", "ClientCounts", "Counters", "Memory", "Pauses"]

GRACE_S = 0.005
"""A request that arrives so soon after a refusal has left was on its way already, and broke nothing."""


@dataclass(slots=True)
class ClientCounts:
    """Of one client: those whose texts begin with its mark."""

    requests: int = 0
    answered: int = 0
    refused: int = 0


@dataclass(slots=True)
class Counters:
    """What the service saw since it started or was reset. Shares and windows: see `Behaviour` and `Pauses`."""

    requests: int = 0
    documents: int = 0
    answered: int = 0  # with status 200 and all that belongs to it
    refused: int = 0  # with status 429
    failed: int = 0  # with a 5xx
    reset: int = 0
    malformed: int = 0
    hanging: int = 0
    in_window: int = 0  # arrived while their client had been told to wait
    in_window_of_others: int = 0  # arrived while another client had been told to wait
    repeated_documents: int = 0  # asked before
    unread: int = 0  # requests worked on whose client got no whole answer: it broke, or nobody waited any more
    billed_twice: int = 0  # documents worked on that had been worked on before
    in_flight: int = 0
    max_in_flight: int = 0
    connections: int = 0
    cpu_s: float = 0.0  # of its process
    clients: dict[str, ClientCounts] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        """As the service tells them."""
        clients = {name: ClientCounts(**counts) for name, counts in given["clients"].items()}
        return cls(**{**given, "clients": clients})


@dataclass(slots=True)
class Pauses:
    """When each client must not send: from *GRACE_S* after a refusal left until its Retry-After has passed.

    >>> pauses = Pauses()
    >>> pauses.refused("a", left_at=10.0, retry_after_s=1.0)
    >>> [pauses.broken("a", at) for at in (10.004, 10.5, 11.0)]
    [False, True, False]
    >>> pauses.broken("b", 10.5), pauses.broken_by_other("b", 10.5)
    (False, True)
    """

    _pauses: dict[str, tuple[float, float]] = field(default_factory=dict)
    _any: tuple[float, float] = (math.inf, -math.inf)

    def refused(self, client: str, *, left_at: float, retry_after_s: float) -> None:
        """A refusal left."""
        never = (math.inf, -math.inf)
        self._pauses[client] = _longer(self._pauses.get(client, never), left_at, retry_after_s)
        self._any = _longer(self._any, left_at, retry_after_s)

    def broken(self, client: str, arrived_at: float) -> bool:
        """Whether *client* had been told to wait when this request arrived."""
        start, end = self._pauses.get(client, (math.inf, -math.inf))
        return start <= arrived_at < end

    def broken_by_other(self, client: str, arrived_at: float) -> bool:
        """Whether only others had been told."""
        start, end = self._any
        return start <= arrived_at < end and not self.broken(client, arrived_at)


def _longer(pause: tuple[float, float], left_at: float, retry_after_s: float) -> tuple[float, float]:
    """A burst of refusals is one pause: from the first, until what the last one said."""
    start, end = pause
    return (start if left_at < end else left_at + GRACE_S), max(end, left_at + retry_after_s)


class Memory:
    """Which documents were asked before, by their hashes."""

    __slots__ = ("_asked", "_billed")

    def __init__(self) -> None:
        self._asked: set[int] = set()
        self._billed: set[int] = set()

    def asked(self, texts: Sequence[str]) -> int:
        """How many of *texts* had been asked before."""
        return _known(self._asked, texts)

    def billed(self, texts: Sequence[str]) -> int:
        """How many of *texts* had been worked on before."""
        return _known(self._billed, texts)


def _known(before: set[int], texts: Sequence[str]) -> int:
    """How many of *texts* are among *before*, where they are from now on."""
    count = len(before)
    before.update(map(hash, texts))
    return len(texts) - (len(before) - count)
