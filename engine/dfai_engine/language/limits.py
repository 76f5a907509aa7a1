"""How much a request may hold. In one table, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.families import LimitsName

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths count text elements (grapheme clusters), as the service's do."""

    documents: int | None  # a synchronous request's, whatever its kind; None: as each kind has it
    text_elements: int  # a document's, in a synchronous request
    job_documents: int
    job_text_elements: int  # all documents of a job together
    page_documents: int  # of a job's results, unless the poll asks for another number
    body_bytes: int


LIMITS: Mapping[LimitsName, Limits] = {
    # Source: Azure AI Language, "Service limits" (data limits), read 2026-11-22. "1 MB" is taken as 10**6 bytes;
    # the page of 20 is the one that the Text Analytics v3.1 contract states for $top.
    "azure": Limits(
        documents=None,
        text_elements=5_120,
        job_documents=25,
        job_text_elements=125_000,
        page_documents=20,
        body_bytes=1_000_000,
    ),
    # Ours, for clients in the same process: larger batches, the same length a document, so that texts are
    # split alike wherever they are sent.
    "wide": Limits(
        documents=1_000,
        text_elements=5_120,
        job_documents=1_000,
        job_text_elements=8_000_000,
        page_documents=1_000,
        body_bytes=8_000_000,
    ),
}
