"""What travels between the routes and the models: plain values, no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dfai_engine.failures import ServiceFailure

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
