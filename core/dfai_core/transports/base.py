"""The one interface between core and network: a request goes out, an answer or one of three errors comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = [
    "MAX_ANSWER_BYTES",
    "Answer",
    "BadAnswer",
    "MaybeSent",
    "NotAllowed",
    "NotSent",
    "Request",
    "Transport",
    "TransportError",
    "too_large",
]

MAX_ANSWER_BYTES = 64_000_000
"""How large an answer may be, decompressed, where nobody says otherwise: many times what any service here sends."""


@dataclass(slots=True)
class Request:
    """What is sent. Headers are few and constant for a call, so the mapping is shared, not copied."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # the key is among them
    body: bytes | None = field(default=None, repr=False)
    max_answer_bytes: int = MAX_ANSWER_BYTES  # decompressed: who reads more has been lied to, and should stop


@dataclass(slots=True)
class Answer:
    """What came back, whatever its status. *headers* are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class TransportError(Exception):
    """An exchange that gave no usable answer. *permanent*: trying again cannot help."""

    def __init__(self, message: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class NotSent(TransportError):
    """The request never left: connection refused, name not found, TLS failure."""


class NotAllowed(NotSent):
    """The request must not go where it would: the fault is the row's that names the place, not the place's."""


class MaybeSent(TransportError):
    """The connection broke after the request may have been read: it may have been billed."""


class BadAnswer(TransportError):
    """The server answered with something that is not a whole HTTP response."""


def too_large(request: Request) -> BadAnswer:
    """What a transport raises as soon as the answer to *request* holds more than it may."""
    return BadAnswer(f"the answer is larger than {request.max_answer_bytes:,} bytes (max_answer_bytes=)", True)


class Transport(Protocol):
    """Sends one request; raises `NotSent`, `MaybeSent` or `BadAnswer` and nothing else.

    Timeouts are the caller's: a transport is cancelled when its time is up. It should read in pieces, and stop with
    `too_large` where an answer does not end in time: what is read past the limit is dropped all the same.
    """

    async def send(self, request: Request) -> Answer: ...

    async def aclose(self) -> None: ...
