"""The declaration of a service: what it reads, what it answers, its limits, and how it looks on the wire."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from dfai_core.billed import Billing
from dfai_core.errors import ConfigError
from dfai_core.media.formats import Media
from dfai_core.transports.base import Answer
from dfai_core.whole import Whole

__all__ = [
    "ERROR_DETAIL",
    "UNREADABLE",
    "Ask",
    "Bind",
    "Body",
    "Bound",
    "Column",
    "Document",
    "Exchange",
    "Failure",
    "Gather",
    "Limits",
    "Option",
    "Paged",
    "Part",
    "Progress",
    "Rows",
    "Service",
    "TooLarge",
    "Values",
    "Web",
    "Wiring",
]

Document = tuple[Any, ...]
"""The values of one distinct row: the inputs in order, then the options that vary by row."""


Values = tuple[Any, ...]
"""A document's answer: one value for each of the service's own and included columns, in order."""


UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading raises where a service's answer does not have the shape that its contract promises."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may hold. *source* says where the numbers come from.

    *counts* is what the setting ``rate_per_s`` counts here, as the service's own quota does: requests, the documents
    in them, or their characters.
    """

    max_documents: int
    max_chars: int | None  # text elements (grapheme clusters) a document; None: no such limit
    max_bytes: int  # of the request's body
    source: str
    max_chars_per_request: int | None = None
    counts: Literal["requests", "documents", "characters"] = "requests"
    max_rows: int = 1_000_000  # of a group: of one with more, not even its rows are held
    document_bytes: int = 96  # what each document adds to a body besides its values: its id, names, punctuation


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the answer: *suffix* is added to the output name; "" is the headline."""

    suffix: str
    type: pa.DataType
    doc: str


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a verb. *scope* "document" may differ in one request, "request" may not."""

    name: str
    scope: Literal["document", "request"]
    default: Any
    check: Callable[[str, Any], Any]


class Failure(NamedTuple):
    """Why a document has no answer."""

    code: str
    message: str
    status: int | None = None
    retryable: bool = False
    service_code: str | None = None


class TooLarge(ConfigError):
    """What an exchange's ``check`` raises for a document that holds more than is asked of one row."""


class Progress(NamedTuple):
    """Where an operation stands."""

    state: str  # "running", "done" or "failed"
    message: str = ""
    next_page: str | None = None


class Body(NamedTuple):
    """A request's body that says itself what it is: one request of a call may hold an image, the next a URL."""

    content: bytes
    type: str  # its media type


class Ask(NamedTuple):
    """One of several requests that an answer takes: below the target's own address, under the call's headers.

    *host* is another of a region's hosts that answers it ("stt", "tts"). *headers* are its own. *url*, instead of the
    path, is where an answer before said that something is; at another host it is read without the key, from public
    places alone unless *private*. What is *optional* may fail: the answer is known without it.
    """

    path: str
    body: bytes | Body = b""
    method: str = "POST"
    host: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    url: str | None = None
    private: bool = False
    optional: bool = False


class Part(NamedTuple):
    """A piece of a text that was too long for one document. Pieces in order give the text again."""

    offset: int  # of its first code point
    text: str
    values: Values | None  # None: the piece is blank and was not sent


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one group, in order: by time where the call has one, else as they came.

    *columns* are those of the service's inputs, *times* microseconds since 1970 in UTC. Where inputs are nullable
    *there* says of each which values it has: the others are NaN.
    """

    columns: tuple[np.ndarray[Any, Any], ...]
    times: np.ndarray[Any, Any] | None
    there: tuple[np.ndarray[Any, Any], ...] = ()

    def __len__(self) -> int:
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class Gather:
    """How all rows of a group become one document, and its answer theirs again.

    *write* gives the text that stands for the group in a request made with these options, or says why the group cannot
    be asked. A document is the number of its rows and that text, then the options that vary by row, which must not vary
    within a group. With *answers* "each" every value of an answer is a list, one item a row; with "last" the answer is
    that of the group's last row, and the others are not asked. *ordered* services need a time where the frame has no
    order of its own.
    """

    write: Callable[[Rows, Mapping[str, Any]], str | Failure]
    answers: Literal["each", "last"] = "each"
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a service must know of a call to prepare its requests."""

    options: Mapping[str, Any]  # of scope "request", and those of scope "document" that do not vary
    varying: tuple[str, ...]  # options that each document carries, after the inputs
    include: tuple[str, ...]
    api_version: str
    model_version: str | None
    keep_logs: bool
    target_kind: str
    private_urls: bool = False  # whether a row's URL may lead to this machine or into its network


@dataclass(frozen=True, slots=True)
class Web:
    """How a service asks wherever its documents say, instead of one path of a target.

    *request* makes the whole request of a job's documents, or says why there can be none. *accepts* tells which
    statuses are answers. *next_page* finds the link to what follows an answer, at most *max_pages* of them are asked,
    and *joined* makes one answer of all. *progress* reads how an operation stands that the service accepted with 202;
    None: 202 is an answer like others.
    """

    request: Callable[[Sequence[Document]], Whole | Failure]
    accepts: Callable[[int], bool]
    next_page: Callable[[Answer], str | None] | None = None
    max_pages: int = 1
    joined: Callable[[Sequence[Answer]], Answer] | None = None
    progress: Callable[[Answer], Progress] | None = None


@dataclass(frozen=True, slots=True)
class Paged:
    """How one document is asked by GET, and again where an answer is not all of it.

    *path* says where to ask, given the answers so far; None: they are all. *joined* makes one answer of them.
    """

    path: Callable[[Document, Sequence[Answer]], str | None]
    joined: Callable[[Sequence[Answer]], Answer]


@dataclass(frozen=True, slots=True)
class Exchange:
    """How one call's requests look on the wire, prepared once.

    *write* makes a request's body from its documents, which it reads once; they are numbered by their place. A
    `Body` names its own type, else the headers do. *read* gives, by the same places, each document's values, its
    `Failure`, or None where the answer does not hold it; it raises ValueError for a body that makes no sense.
    *merge* joins the parts of a long text; *finish* gives a whole document's values their final form, where parts
    must keep more than the answer shows. *cancel* says how a long-running operation is called off: method and URL,
    made from the URL at which it is asked about. *codes* are ours for the service's own codes of refusals that are
    more than that. *check* raises ConfigError, or `TooLarge`, for a document that must not be sent; *accepts* are
    the statuses that `read` reads. A *whole* document is never cut into parts, however long its text. *steps*,
    where an answer takes several requests, is given the documents and the answers so far, and says what is asked
    next, or what the documents' values are. *begun* finds in the first answer where an operation can be asked about
    that was accepted with another status than 202, *progress* reads how it stands; what it ended with is the first
    answer that `steps` is given. *longer_s* is how many seconds more than others an attempt may take for these
    documents.
    """

    path: str
    write: Callable[[Iterable[Document]], bytes | Body]
    read: Callable[[Answer, int], list[Values | Failure | None]]
    merge: Callable[[Sequence[Part]], Values]
    finish: Callable[[Values], Values] | None = None
    cancel: Callable[[str], tuple[str, str]] | None = None
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    web: Web | None = None  # then requests are whole: path, write, method and headers are not used
    codes: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Document], None] | None = None
    accepts: frozenset[int] = frozenset({200})
    whole: bool = False
    paged: Paged | None = None  # then each document is asked by GET: write and method are not used
    begun: Callable[[Answer], str | None] | None = None
    progress: Callable[[Answer], Progress] | None = None
    longer_s: Callable[[Iterable[Document]], float] | None = None
    # Then path, write, read and method are not used.
    steps: Callable[[Sequence[Document], Sequence[Answer]], Ask | Sequence[Values | Failure | None]] | None = None

    @property
    def several(self) -> bool:
        """Whether an answer may take several requests."""
        return self.steps is not None or self.paged is not None


class Bound(NamedTuple):
    """A service as one call needs it, the columns that it reads, and the options that are left."""

    service: Service
    inputs: tuple[Hashable, ...]
    options: Mapping[str, Any] = {}


Bind = Callable[["Service", Callable[[Hashable], Hashable], Sequence[Hashable], Any, Mapping[str, Any]], Bound]
"""Makes the service of one call, where what it reads and answers depends on the verb's arguments.

It is given the service; a function that gives the frame's own spelling of a column's name, or raises ColumnNotFound;
all of the frame's columns; the verb's first argument; its options.
"""


ERROR_DETAIL = Column(
    "_error_detail",
    pa.struct(
        [
            pa.field("status", pa.int64()),
            pa.field("attempts", pa.int64()),
            pa.field("retryable", pa.bool_()),
            pa.field("request_id", pa.string()),
            pa.field("service_code", pa.string()),
        ]
    ),
    "HTTP status, attempts, whether asking again may help, the service's own request id and code; null on success.",
)
_ERRORS = (
    Column("_error", pa.string(), "A code where the row has no answer; null otherwise."),
    Column("_error_message", pa.string(), "One line for people where the row has no answer; null otherwise."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: small, declarative, the single place where its protocol and its columns are written.

    *name* is the verb, *noun* the headline column unless the caller chooses ``output=``. *reads* is what its inputs
    hold. Where it has a *gather*, a document is not one row but all rows of a group.
    """

    name: str
    family: str
    noun: str
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    options: tuple[Option, ...]
    limits: Mapping[str, Limits]  # by kind of target; "azure" holds where a kind is not listed
    operation: str  # the protocol's own name for what is asked
    wire: Callable[[Wiring], Exchange]
    api_version: str
    includes: Mapping[str, Column] = field(default_factory=dict)
    offering: Literal["ai", "search"] = "ai"  # AI services, or Azure AI Search with endpoints and keys of its own
    host: str = ""  # which of a region's hosts answers, where its family has several: "stt", "tts"
    long_running: bool = False
    reads: Literal["text", "numbers", "media", "any", "answers"] = "text"
    writes: Callable[[Document], Values | Failure] | None = None  # then nobody is asked: it is done to each row here
    media: Media | None = None  # what is read, where that is images or sounds
    versions: Callable[[str], str | None] | None = None  # why an api-version is none of its own; None: it is
    gather: Gather | None = None
    each: Service | None = None  # asked of every row first: its answers are what is gathered
    retired: str | None = None  # why Azure does not offer it any more, and who does
    known_as: tuple[str, ...] = ()  # names of the same verb elsewhere
    forms: Mapping[str, Service] = field(default_factory=dict)  # what it is with this option in the place of an input
    bind: Bind | None = None  # then it is made anew for each call
    web: bool = False  # its requests say themselves who is asked: no target does
    nullable: frozenset[str] = frozenset()  # inputs that may be null; where all are, a row is asked unless all are null
    shareable: bool = True  # equal documents are asked once, and answers may be kept
    repeatable: bool = True  # else a request is sent again only if it was certainly not carried out
    keeps: bool = True  # answers may be kept in a store: they are small, and the same tomorrow
    rows_at_once: int = 10_000  # rows handled at a time: few where one answer may be large
    billing: Billing | None = None  # what Azure bills for a document; None: nobody has said it
    asks: int | None = 1  # requests that a document takes at most, polls aside; None: the answers tell

    def takes(self, kind: str) -> bool:
        """Whether its inputs may be columns of *kind*, as backends tell it."""
        group = kind.partition(":")[0]
        if group == "unknown" or self.reads == "any":
            return True
        if self.reads == "media":
            samples = self.media is not None and self.media.kind.samples
            return group in ("text", "bytes", "structs") or (group == "lists" and samples)
        return group == self.reads

    def limits_at(self, kind: str) -> Limits:
        """The limits that hold at a target of *kind*."""
        return self.limits.get(kind) or self.limits["azure"]

    def answer_columns(self, include: Sequence[str] = ()) -> tuple[Column, ...]:
        """Every column of the answer, in order: headline, companions, included ones, errors."""
        included = [self.includes[name] for name in self.includes if name in include]
        detail = [ERROR_DETAIL] if "error_detail" in include else []
        return (*self.columns, *included, *detail, *_ERRORS)

    def schema(self, output: str | None = None, include: Sequence[str] = ()) -> pa.Schema:
        """The answer's Arrow schema, from which every backend derives its own types."""
        prefix = self.noun if output is None else output
        return pa.schema([pa.field(prefix + column.suffix, column.type) for column in self.answer_columns(include)])

    def fields(self, include: Sequence[str] = ()) -> pa.Schema:
        """The answer as the fields of one struct: the headline by its noun, the others by their suffixes alone."""
        return pa.schema(
            [
                pa.field(column.suffix.removeprefix("_") or self.noun, column.type)
                for column in self.answer_columns(include)
            ]
        )

    def option(self, name: str) -> Option:
        """The option called *name*."""
        return next(option for option in self.options if option.name == name)
