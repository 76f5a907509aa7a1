"""What travels between the routes and the models: plain values, no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Analyze", "Answered", "Document", "DocumentFailure", "ServiceFailure"]


@dataclass(frozen=True, slots=True)
class Document:
    """One text of a request, checked by the routes: not blank, within the length limit."""

    id: str
    text: str
    language: str = "en"  # ISO 639-1, "auto" already resolved
    country_hint: str = ""  # language detection only


@dataclass(frozen=True, slots=True)
class DocumentFailure:
    """A document that has no answer: an entry of ``results.errors`` under HTTP 200."""

    code: str
    inner_code: str
    message: str


class ServiceFailure(Exception):
    """The whole request has no answer: an error body with its own HTTP status."""

    def __init__(
        self, message: str, *, status: int = 400, code: str = "InvalidRequest", inner_code: str = "", target: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.inner_code = inner_code
        self.target = target


@dataclass(frozen=True, slots=True)
class Answered:
    """A handler's answers, in the documents' order.

    A result is the document's part of the response body without ``id``, ``statistics`` and (unless the
    handler has some to give) ``warnings``. Offsets and lengths count Unicode code points from the start of
    the document; the routes convert them to the ``stringIndexType`` that was asked for.
    """

    results: Sequence[dict[str, object] | DocumentFailure]
    model_version: str


Analyze = Callable[[Sequence[Document], Mapping[str, object]], Answered]
