"""What waits for answers: batches, documents, long texts, requests. Used on the loop's thread only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dfai_core.documents import Asked
from dfai_core.packing import Packer
from dfai_core.service import Document, Exchange, Failure, Part, Values

__all__ = ["Job", "Lane", "Piece", "Ticket", "Waiting", "Whole", "whole_of"]


class Ticket:
    """One record batch on its way; *done* is how its caller's thread waits for its answer."""

    __slots__ = ("_answers", "_complete", "_remaining", "asked", "done", "new")

    def __init__(self) -> None:
        self.done: Future[pa.RecordBatch] = Future()
        self.asked: Asked | None = None
        self.new = 0  # documents that nobody had asked before
        self._answers: dict[Document, Values] = {}
        self._remaining = 0

    def start(self, asked: Asked, complete: Callable[[Ticket], object]) -> None:
        """Waits for the documents of *asked*, which are distinct; *complete* is called once all have ended."""
        self.asked = asked
        self._complete = complete
        self._remaining = len(asked.documents)
        if not self._remaining:
            complete(self)

    def settle(self, document: Document, values: Values) -> None:
        """*document* has ended, errors included, with *values*."""
        self._answers[document] = values
        self._remaining -= 1
        if not self._remaining:
            self._complete(self)

    def finish(self, answer: pa.RecordBatch) -> None:
        """Hands the answer to the caller."""
        if not self.done.done():
            self.done.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Ends the ticket without an answer."""
        if not self.done.done():
            self.done.set_exception(error)

    def answers(self) -> list[Values]:
        """Once complete: each document's answer, in order."""
        return [self._answers[document] for document in self.documents]

    @property
    def documents(self) -> Sequence[Document]:
        """What it waits for."""
        return self.asked.documents if self.asked is not None else ()


class Waiting:
    """Documents on their way, and the tickets that wait for each.

    No object is made for a document: millions of them would keep the garbage collector busier than all the
    rest. A document is its own key, and nearly always one ticket waits for it.
    """

    __slots__ = ("_tickets",)

    def __init__(self) -> None:
        self._tickets: dict[Document, Ticket | list[Ticket]] = {}

    def add(self, documents: Sequence[Document], ticket: Ticket) -> list[Document]:
        """*ticket* waits for *documents*; gives back those that were not on their way yet."""
        on_way = self._tickets
        new = []
        for document in documents:
            if document not in on_way:
                on_way[document] = ticket
                new.append(document)
                continue
            first = on_way[document]
            if isinstance(first, list):
                first.append(ticket)
            else:
                on_way[document] = [first, ticket]
        return new

    def settle(self, ended: Sequence[tuple[Document, Values]]) -> None:
        """Tells those who wait for these documents."""
        pop = self._tickets.pop
        for document, values in ended:
            tickets = pop(document, ())
            if isinstance(tickets, Ticket):
                tickets.settle(document, values)
            else:
                for ticket in tickets:
                    ticket.settle(document, values)

    def leave(self, ticket: Ticket) -> None:
        """*ticket* waits no more; its documents are still on their way."""
        for document in ticket.documents:
            tickets = self._tickets.get(document)
            if tickets is ticket:
                self._tickets[document] = []
            elif isinstance(tickets, list) and ticket in tickets:
                tickets.remove(ticket)

    def awaited(self, document: Document) -> bool:
        """Whether any ticket waits for *document*."""
        return bool(self._tickets.get(document))

    def drop(self, document: Document) -> None:
        """*document* is not on its way any more."""
        self._tickets.pop(document, None)

    def clear(self) -> None:
        """Nothing is on its way any more."""
        self._tickets.clear()


class Piece(tuple[Any, ...]):  # noqa: SLOT001  a tuple can have no slots of its own
    """A document that holds a part of a text too long for one."""

    whole: Whole
    values: Values | None = None  # once it has ended


class Whole:
    """A text too long for one document: its pieces, joined by *merge* once the last of them has ended."""

    __slots__ = ("_join", "_remaining", "document", "pieces")

    def __init__(self, document: Document, texts: Sequence[str], join: Callable[[Sequence[Part]], Values]) -> None:
        self.document = document
        self._join = join
        # A blank piece is not sent; its text is kept for those services that give the text back.
        self.pieces = [(text, self._piece(text) if text.strip() else None) for text in texts]
        self._remaining = sum(piece is not None for _, piece in self.pieces)

    def _piece(self, text: str) -> Piece:
        piece = Piece((text, *self.document[1:]))
        piece.whole = self
        return piece

    def settle(self, piece: Piece, values: Values) -> Values | None:
        """The whole text's values, once *piece* was the last to end."""
        piece.values = values
        self._remaining -= 1
        if self._remaining:
            return None
        parts = []
        offset = 0
        for text, part in self.pieces:
            if part is not None and part.values is not None and part.values[-1] is not None:
                return part.values  # one piece's error is the text's
            parts.append(Part(offset, text, None if part is None else part.values))
            offset += len(text)
        return self._join(parts)


def whole_of(document: Document) -> Document:
    """The document that a caller asked for: this one, or the text that it is a piece of."""
    return document.whole.document if isinstance(document, Piece) else document


@dataclass(slots=True)
class Lane:
    """Documents that may share a request: those whose options of scope "request" are equal."""

    exchange: Exchange
    url: str
    packer: Packer
    pieces: bool = False  # whether a text was ever cut here


@dataclass(slots=True)
class Job:
    """One request on its way to its end, through retries, splits and polls."""

    lane: Lane
    documents: list[Document]
    tries: int = 0
    deadline: float = float("inf")  # on the loop's clock; set when it first leaves
    operation: str | None = None  # where a long-running operation is asked about
    polls: int = 0
    misses: int = 0  # polls in a row that brought no state
    found: list[Values | Failure | None] | None = None  # of the pages read so far
    claimed: bool = False  # whether a store knows that we ask
    waits: int = 0  # for others who asked the same

    def start(self, deadline: float) -> None:
        """Sets the deadline, unless it was set before: retries and waits count."""
        self.deadline = min(self.deadline, deadline)

    def of(self, documents: list[Document], tries: int) -> Job:
        """A job for some of these documents, under the same deadline."""
        return Job(self.lane, documents, tries, self.deadline, claimed=self.claimed)
