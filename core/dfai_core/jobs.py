"""What waits for answers: a batch's ticket, a document's entry, a request's job. Used on the loop's thread only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from dfai_core.packing import Packer
from dfai_core.service import Document, Exchange, Failure, Part, Values

__all__ = ["Entry", "Job", "Lane", "Ticket", "Whole"]


class _Waiting(Protocol):
    def settled(self) -> None: ...


class Entry:
    """A distinct document on its way: *values* holds its answer's columns, errors included, once it has ended."""

    __slots__ = ("_waiting", "document", "values", "whole")

    def __init__(self, document: Document, whole: Whole | None = None) -> None:
        self.document = document
        self.values: Values | None = None
        # Nearly always one ticket waits: a list for each of many thousand documents would keep the garbage
        # collector busier than all the rest.
        self._waiting: _Waiting | list[_Waiting] | None = None
        self.whole = whole  # the text that this is a piece of

    @property
    def top(self) -> Entry:
        """The document that a caller asked for: this one, or the text that it is a piece of."""
        return self if self.whole is None else self.whole.entry

    def tell(self, one: _Waiting) -> None:
        """*one* waits for this document's end too."""
        if self._waiting is None:
            self._waiting = one
        elif isinstance(self._waiting, list):
            self._waiting.append(one)
        else:
            self._waiting = [self._waiting, one]

    def untell(self, one: _Waiting) -> None:
        """*one* does not wait any more."""
        if self._waiting is one:
            self._waiting = None
        elif isinstance(self._waiting, list) and one in self._waiting:
            self._waiting.remove(one)

    @property
    def awaited(self) -> bool:
        """Whether anyone waits for this document."""
        return bool(self._waiting)

    def settle(self, values: Values) -> None:
        """Ends the document and tells those who wait for it."""
        self.values = values
        if self.whole is not None:
            self.whole.settled()
        waiting, self._waiting = self._waiting, None
        if isinstance(waiting, list):
            for one in waiting:
                one.settled()
        elif waiting is not None:
            waiting.settled()


class Ticket:
    """One record batch's claim on its documents' answers; *done* is how its caller's thread waits."""

    __slots__ = ("_remaining", "done", "entries", "new")

    def __init__(self) -> None:
        self.done: Future[None] = Future()
        self.entries: list[Entry] = []
        self.new = 0  # documents that nobody had asked before
        self._remaining = 1  # the submission itself: a ticket is not done while documents are still being added

    def add(self, entry: Entry) -> None:
        """Waits for *entry* too."""
        self.entries.append(entry)
        if entry.values is None:
            entry.tell(self)
            self._remaining += 1

    def settled(self) -> None:
        """One of those that this ticket waits for has ended, or the submission."""
        self._remaining -= 1
        if not self._remaining and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: BaseException) -> None:
        """Ends the ticket without answers."""
        if not self.done.done():
            self.done.set_exception(error)

    def answers(self) -> list[Values]:
        """Once done: each document's answer, in the order in which they were added."""
        answers = [entry.values for entry in self.entries if entry.values is not None]
        assert len(answers) == len(self.entries), "a ticket is done when all its documents have ended"
        return answers


class Whole:
    """A text too long for one document: its pieces, joined by *merge* once the last of them has ended."""

    __slots__ = ("_join", "_remaining", "entry", "pieces")

    def __init__(self, entry: Entry, texts: Sequence[str], join: Callable[[Sequence[Part]], Values]) -> None:
        self.entry = entry
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
                self.entry.settle(piece.values)  # one piece's error is the text's
                return
            parts.append(Part(offset, text, None if piece is None else piece.values))
            offset += len(text)
        self.entry.settle(self._join(parts))


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
    misses: int = 0  # polls in a row that brought no state
    found: list[Values | Failure | None] | None = None  # of the pages read so far

    def start(self, deadline: float) -> None:
        """Sets the deadline, unless it was set before: retries and waits count."""
        self.deadline = min(self.deadline, deadline)

    def of(self, entries: list[Entry], tries: int) -> Job:
        """A job for some of these documents, under the same deadline."""
        return Job(self.lane, entries, tries, self.deadline)
