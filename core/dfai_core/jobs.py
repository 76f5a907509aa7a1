"""What waits for answers: a batch's ticket, a document's entry, a request's job. Used on the loop's thread only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from dfai_core.packing import Packer
from dfai_core.service import Document, Exchange, Failure, Part, Values

__all__ = ["Entry", "Job", "Lane", "Ticket", "Whole"]


class _Waiting(Protocol):
    def settled(self) -> None: ...


class Entry:
    """A distinct document on its way: *values* holds its answer's columns, errors included, once it has ended."""

    __slots__ = ("document", "values", "waiting", "whole")

    def __init__(self, document: Document, whole: Whole | None = None) -> None:
        self.document = document
        self.values: Values | None = None
        self.waiting: list[_Waiting] = []
        self.whole = whole  # the text that this is a piece of

    def settle(self, values: Values) -> None:
        """Ends the document and tells those who wait for it."""
        self.values = values
        if self.whole is not None:
            self.whole.settled()
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.settled()


class Ticket:
    """One record batch's claim on its documents' answers; *done* is how its caller's thread waits."""

    __slots__ = ("done", "entries", "remaining")

    def __init__(self) -> None:
        self.done: Future[None] = Future()
        self.entries: list[Entry] = []
        self.remaining = 0

    def settled(self) -> None:
        self.remaining -= 1
        if not self.remaining and not self.done.done():
            self.done.set_result(None)


class Whole:
    """A text too long for one document: its pieces, joined by *merge* once the last of them has ended."""

    __slots__ = ("_entry", "_join", "_remaining", "pieces")

    def __init__(self, entry: Entry, texts: Sequence[str], join: Callable[[Sequence[Part]], Values]) -> None:
        self._entry = entry
        self._join = join
        rest = entry.document[1:]
        # A blank piece is not sent; its text is kept for those services that give the text back.
        self.pieces = [(text, Entry((text, *rest), self) if text.strip() else None) for text in texts]
        self._remaining = sum(piece is not None for _, piece in self.pieces)

    def settled(self) -> None:
        self._remaining -= 1
        if self._remaining:
            return
        parts = []
        offset = 0
        for text, piece in self.pieces:
            if piece is not None and piece.values is not None and piece.values[-1] is not None:
                self._entry.settle(piece.values)  # one piece's error is the text's
                return
            parts.append(Part(offset, text, None if piece is None else piece.values))
            offset += len(text)
        self._entry.settle(self._join(parts))


@dataclass(slots=True)
class Lane:
    """Documents that may share a request: those whose options of scope "request" are equal."""

    exchange: Exchange
    url: str
    packer: Packer[Entry]


@dataclass(slots=True)
class Job:
    """One request on its way to its end, through retries, splits and polls."""

    lane: Lane
    entries: list[Entry]
    tries: int = 0
    deadline: float = float("inf")  # on the loop's clock; set when it first leaves
    operation: str | None = None  # where a long-running operation is asked about
    polls: int = 0
    found: list[Values | Failure | None] | None = None  # of the pages read so far

    def of(self, entries: list[Entry], tries: int) -> Job:
        """A job for some of these documents, under the same deadline."""
        return Job(self.lane, entries, tries, self.deadline)
