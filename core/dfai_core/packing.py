"""Documents to requests, within a service's limits."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import orjson

from dfai_core.service import Document, Limits

__all__ = ["Packer", "fits_by_count", "json_bytes"]

# What the envelope and each document's id, language and punctuation may add to a body.
_ENVELOPE_BYTES = 2_000
_DOCUMENT_BYTES = 96
# JSON writes a control character as \u00XX; no character of UTF-8 grows by more.
_WORST_GROWTH = 6


def fits_by_count(limits: Limits) -> bool:
    """Whether *max_documents* texts of the greatest length always fit, so that no size need be counted."""
    if limits.max_chars is None or limits.max_chars_per_request is not None:
        return False
    most = limits.max_documents * (limits.max_chars * _WORST_GROWTH + _DOCUMENT_BYTES) + _ENVELOPE_BYTES
    return most <= limits.max_bytes


def json_bytes(document: Document) -> int:
    """Bytes that a document adds to a JSON body."""
    return len(orjson.dumps(document)) + _DOCUMENT_BYTES


def _chars(document: tuple[Any, ...]) -> int:
    return sum(len(value) for value in document if isinstance(value, str))


class Packer:
    """A queue of documents that gives them out as requests: in order, as full as the limits allow."""

    __slots__ = ("_by_count", "_bytes", "_chars", "_limits", "_queue", "_sizes")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_count = fits_by_count(limits)
        self._queue: deque[Document] = deque()
        self._sizes: deque[tuple[int, int]] = deque()  # bytes and characters of each; empty where they need no count
        self._bytes = limits.max_bytes - _ENVELOPE_BYTES  # what the queue leaves of one request, below 0 if more
        self._chars = limits.max_chars_per_request or limits.max_bytes

    def __len__(self) -> int:
        return len(self._queue)

    def extend(self, documents: Sequence[Document]) -> None:
        """Puts *documents* at the end of the queue."""
        self._queue.extend(documents)
        if not self._by_count:
            sizes = [(json_bytes(document), _chars(document)) for document in documents]
            self._sizes.extend(sizes)
            self._bytes -= sum(size for size, _ in sizes)
            self._chars -= sum(size for _, size in sizes)

    def clear(self) -> list[Document]:
        """Takes everything out."""
        taken = list(self._queue)
        self._bytes += sum(size for size, _ in self._sizes)
        self._chars += sum(size for _, size in self._sizes)
        self._queue.clear()
        self._sizes.clear()
        return taken

    def full(self) -> bool:
        """Whether another document would not make the next request fuller."""
        return len(self._queue) >= self._limits.max_documents or self._bytes < 0 or self._chars < 0

    def take(self) -> list[Document]:
        """The next request's documents; at least one, even if that one alone is over a limit."""
        queue = self._queue
        most = min(len(queue), self._limits.max_documents)
        if self._by_count:
            return [queue.popleft() for _ in range(most)]
        budget_bytes = self._limits.max_bytes - _ENVELOPE_BYTES
        budget_chars = self._limits.max_chars_per_request or self._limits.max_bytes
        taken: list[Document] = []
        while len(taken) < most:
            size_bytes, size_chars = self._sizes[0]
            budget_bytes -= size_bytes
            budget_chars -= size_chars
            if taken and (budget_bytes < 0 or budget_chars < 0):
                break
            self._sizes.popleft()
            self._bytes += size_bytes
            self._chars += size_chars
            taken.append(queue.popleft())
        return taken
