"""What leaves as one request: its documents, wherever they come from, and how far it has got."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from dfai_core.groups import Group, Places
from dfai_core.packing import Packer
from dfai_core.service import Ask, Body, Document, Exchange, Failure, Values
from dfai_core.transports.base import Answer, Request
from dfai_core.whole import Place, Whole

__all__ = ["Job", "Lane"]


@dataclass(slots=True)
class Lane:
    """Documents that may share a request: those whose options of scope "request" are equal."""

    exchange: Exchange
    url: str
    packer: Packer
    base: str = ""  # what stands before every path
    at: Callable[[str], str] = str  # the same for another of the target's hosts
    _credential: Mapping[str, str] | None = None
    _headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _typed: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)  # by the body's type

    def request(self, credential: Mapping[str, str], job: Job) -> Request:
        """The request for all documents of *job*."""
        body = self.exchange.write(job.documents())
        if isinstance(body, Body):
            return Request(self.exchange.method, self.url, self.headers(credential, body.type), body.content)
        return Request(self.exchange.method, self.url, self.headers(credential), body)

    def headers(self, credential: Mapping[str, str], type: str | None = None) -> Mapping[str, str]:
        """All headers of a request: the same object as long as the credential is, so that transports may prepare it.

        *type* is the body's own, where it has one.
        """
        if credential is not self._credential:
            self._credential, self._headers = credential, {**self.exchange.headers, **credential}
            self._typed = {}
        if type is None:
            return self._headers
        typed = self._typed.get(type)
        if typed is None:
            typed = self._typed[type] = {**self._headers, "Content-Type": type}
        return typed


@dataclass(slots=True, eq=False)
class Job:
    """One request on its way to its end, through retries, splits and polls.

    *origin* says where its documents stand: groups, and places in each.
    """

    lane: Lane
    origin: Sequence[tuple[Group, Places]]
    tries: int = 0
    cuts: int = 0  # tries that were given up for want of an answer in time
    deadline: float = float("inf")  # on the loop's clock; set when it first leaves
    later: float = float("inf")  # that of documents which share a request with pieces of a text that began before
    operation: str | None = None  # where a long-running operation is asked about
    places: Sequence[int] | None = None  # of the documents in the operation's request, where an earlier run sent it
    asked: int = 0  # documents in that request
    afresh: bool = False  # the operation that an earlier run began is gone
    polls: int = 0
    misses: int = 0  # polls in a row that brought no state
    found: list[Values | Failure | None] | None = None  # of the pages read so far
    claimed: bool = False  # whether a store knows that we ask
    paid: bool = False  # whether its next try has been counted as spent
    waits: int = 0  # for others who asked the same
    whole: Whole | None = None  # the request itself, where the service makes whole ones
    admitted: bool = False  # its place in the line of its origin is taken
    pages: list[Answer] | None = None  # before the one that is asked now
    ask: Ask | None = None  # the request that it has come to, where an answer takes several

    def start(self, deadline: float) -> None:
        """Sets the deadline, unless it was set before: retries and waits count, and other pieces of the same text."""
        if deadline < self.deadline:
            self.deadline = self.later = deadline
            if self.operation is None:
                self.deadline = min([group.begin(deadline) for group, _ in self.origin])

    def in_time(self) -> list[int]:
        """Positions of the documents that may take longer than this job may."""
        if self.later <= self.deadline:
            return []
        ends = [end for group, places in self.origin for end in repeat(group.begin(self.later), len(places))]
        return [position for position, end in enumerate(ends) if end > self.deadline]

    @property
    def url(self) -> str:
        """What it asks, or asked before its operation was accepted."""
        return self.lane.url if self.whole is None else self.whole.url

    @property
    def place(self) -> Place | None:
        """Whom it asks; None where that is the same for all of a call."""
        return None if self.whole is None else self.whole.place

    @property
    def count(self) -> int:
        """How many documents there are."""
        return sum([len(places) for _, places in self.origin])

    def documents(self) -> Iterable[Document]:
        """The documents, to be read once: they are made on the way, not kept."""
        if len(self.origin) == 1:
            group, places = self.origin[0]
            return group.documents(places)
        return chain.from_iterable(group.documents(places) for group, places in self.origin)

    def only(self, positions: Sequence[int], tries: int | None = None) -> Job:
        """A job for the documents at *positions*, ascending, under the same deadline."""
        origin: list[tuple[Group, Places]] = []
        start = 0
        for group, places in self.origin:
            stop = start + len(places)
            chosen = [places[position - start] for position in positions if start <= position < stop]
            if chosen:
                origin.append((group, chosen))
            start = stop
        tries = self.tries if tries is None else tries
        cuts, deadline, later = self.cuts, self.deadline, self.later
        return Job(self.lane, origin, tries, cuts, deadline, later, claimed=self.claimed, paid=self.paid)
