"""Documents to requests, within a service's limits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dfai_core.groups import Group, Places
from dfai_core.service import Document, Limits

__all__ = ["Packer", "fits_by_count", "json_bytes"]

# What the envelope may add to a body.
_ENVELOPE_BYTES = 2_000
# JSON writes a control character as \u00XX; no character of UTF-8 grows by more.
_WORST_GROWTH = 6


def fits_by_count(limits: Limits) -> bool:
    """Whether *max_documents* texts of the greatest length always fit, so that no size need be counted."""
    if limits.max_documents == 1:  # it leaves alone, whatever its size
        return True
    if limits.max_chars is None or limits.max_chars_per_request is not None:
        return False
    most = limits.max_documents * (limits.max_chars * _WORST_GROWTH + limits.document_bytes) + _ENVELOPE_BYTES
    return most <= limits.max_bytes


def json_bytes(document: Document, limits: Limits) -> int:
    """Bytes that a document adds to a JSON body."""
    return len(orjson.dumps(document, default=str)) + limits.document_bytes


def _chars(document: tuple[Any, ...]) -> int:
    return sum(len(value) for value in document if isinstance(value, str))


@dataclass(slots=True)
class _Waiting:
    """Documents of one group that stand in line together; those before *start* have left."""

    group: Group
    places: Places
    sizes: Sequence[tuple[int, int]]  # bytes and characters of each; empty where they need no count
    start: int = 0


class Packer:
    """A line of documents that leave as requests: in order, as full as the limits allow."""

    __slots__ = ("_by_count", "_bytes", "_chars", "_count", "_limits", "_line", "_most")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._most = limits.max_documents
        self._by_count = fits_by_count(limits)
        self._line: deque[_Waiting] = deque()
        self._count = 0
        self._bytes = limits.max_bytes - _ENVELOPE_BYTES  # what the line leaves of one request, below 0 if more
        self._chars = limits.max_chars_per_request or limits.max_bytes

    def __len__(self) -> int:
        return self._count

    def extend(self, group: Group, places: Places) -> None:
        """Puts documents of *group* at the end of the line."""
        if not places:
            return
        sizes: list[tuple[int, int]] = []
        if not self._by_count:
            sizes = [(json_bytes(document, self._limits), _chars(document)) for document in group.documents(places)]
            self._bytes -= sum(size for size, _ in sizes)
            self._chars -= sum(size for _, size in sizes)
        self._count += len(places)
        self._line.append(_Waiting(group, places, sizes))

    def full(self) -> bool:
        """Whether another document would not make the next request fuller."""
        return self._count >= self._most or self._bytes < 0 or self._chars < 0

    def take(self) -> list[tuple[Group, Places]]:
        """The next request's documents; at least one, even if that one alone is over a limit."""
        line = self._line
        first = line[0]
        count = len(first.places) - first.start
        if self._by_count and count >= self._most:  # the way of nearly all
            stop = first.start + self._most
            self._count -= self._most
            places = first.places[first.start : stop]
            if count == self._most:
                line.popleft()
            else:
                first.start = stop
            return [(first.group, places)]
        taken = 0
        origin: list[tuple[Group, Places]] = []
        budget_bytes = self._limits.max_bytes - _ENVELOPE_BYTES
        budget_chars = self._limits.max_chars_per_request or self._limits.max_bytes
        while line and taken < self._most:
            first = line[0]
            begin = place = first.start
            while place < len(first.places) and taken < self._most:
                if first.sizes:
                    size_bytes, size_chars = first.sizes[place]
                    budget_bytes -= size_bytes
                    budget_chars -= size_chars
                    if taken and (budget_bytes < 0 or budget_chars < 0):
                        break
                    self._bytes += size_bytes
                    self._chars += size_chars
                taken += 1
                place += 1
            if place > begin:
                origin.append((first.group, first.places[begin:place]))
            first.start = place
            if place < len(first.places):
                break
            line.popleft()
        self._count -= taken
        return origin

    def keep(self, wanted: Callable[[Group, Places], Places]) -> list[tuple[Group, Places]]:
        """Takes out what is not *wanted*, and says what that was."""
        dropped: list[tuple[Group, Places]] = []
        kept = []
        for waiting in self._drain():
            group, places = waiting.group, waiting.places[waiting.start :]
            rest = wanted(group, places)
            if len(rest) < len(places):
                still = set(rest)
                dropped.append((group, [place for place in places if place not in still]))
            kept.append((group, rest))
        for group, rest in kept:
            self.extend(group, rest)
        return dropped

    def clear(self) -> list[tuple[Group, Places]]:
        """Takes everything out."""
        return [(waiting.group, waiting.places[waiting.start :]) for waiting in self._drain()]

    def _drain(self) -> list[_Waiting]:
        drained = list(self._line)
        self._line.clear()
        self._count = 0
        self._bytes = self._limits.max_bytes - _ENVELOPE_BYTES
        self._chars = self._limits.max_chars_per_request or self._limits.max_bytes
        return drained
