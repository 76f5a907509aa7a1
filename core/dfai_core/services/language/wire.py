"""What all Language services share on the wire: the envelope, ids, errors and limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from dfai_core.billed import RECORD_CHARACTERS, TEXT_RECORD, Billing, text_records
from dfai_core.errors import ConfigError
from dfai_core.service import UNREADABLE, Document, Exchange, Failure, Limits, Option, Part, Values, Wiring
from dfai_core.transports.base import Answer

__all__ = ["API_VERSION", "LANGUAGE", "RECORDS", "analyze_text", "knows_auto", "limits", "rows_of"]

API_VERSION = "2023-04-01"

IDS = [str(place) for place in range(10_000)]
PLACES = {id: place for place, id in enumerate(IDS)}

_SYNCHRONOUS = "Azure AI Language, Service limits, synchronous requests; read 2026-11-22. Characters are text elements."
RECORDS = Billing(
    TEXT_RECORD,
    text_records,
    "Azure AI Language, Service limits: a text record is 1,000 characters; read 2026-11-26",
    even=RECORD_CHARACTERS,
)
_CODE = re.compile(r"auto|[A-Za-z]{2,3}([-_][A-Za-z]{2,8})*")
# Codes of the service's per-document errors that are not simply a refusal.
_CODES = {
    "UnsupportedLanguageCode": "unsupported",
    "InternalServerError": "unavailable",
    "ServiceUnavailable": "unavailable",
}


def limits(max_documents: int, local_documents: int) -> Mapping[str, Limits]:
    """A synchronous service's limits: *max_documents* in the cloud and in containers, more in process."""
    return {
        "azure": Limits(max_documents, 5_120, 1_000_000, _SYNCHRONOUS),
        "local": Limits(
            local_documents, 5_120, 8_000_000, "The embedded engine in process: enough to keep its models busy."
        ),
    }


def _language(name: str, value: Any) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise ConfigError(f"{name}={value!r} is not a language code (ISO 639-1, such as 'en').")


LANGUAGE = Option("language", "document", "auto", _language)


def knows_auto(wiring_kind: str, api_version: str) -> bool:
    """Whether language "auto" means anything: the contract of 2023-04-01 reads a missing language as English.

    >>> knows_auto("azure", "2023-04-01"), knows_auto("local", "2023-04-01"), knows_auto("azure", "2024-11-01")
    (False, True, True)
    """
    return wiring_kind == "local" or api_version[:10] > API_VERSION


def analyze_text(
    wiring: Wiring,
    kind: str,
    row: Callable[[dict[str, Any]], Values | Failure],
    merge: Callable[[Sequence[Part]], Values],
    *,
    parameters: Mapping[str, Any],
    tag: str = "language",
    job: str | None = None,
    offsets: bool = True,
) -> Exchange:
    """The exchange of one kind of analysis.

    *row* turns a document's result into values. *tag* is the name under which a document carries its
    option ("language" or "countryHint"). *job* is the kind of the task where the service is long-running.
    *offsets*: the kind takes ``stringIndexType``.
    """
    option = "country" if tag == "countryHint" else "language"
    fixed = _tag(wiring, option, wiring.options.get(option)) if option not in wiring.varying else None
    common: dict[str, Any] = {"modelVersion": wiring.model_version or "latest", "loggingOptOut": not wiring.keep_logs}
    if offsets:
        common["stringIndexType"] = "UnicodeCodePoint"
    common |= parameters
    head: dict[str, Any] = (
        {"tasks": [{"kind": job, "parameters": common}]} if job else {"kind": kind, "parameters": common}
    )

    def write(documents: Iterable[Document]) -> bytes:
        if option in wiring.varying:
            listed = []
            for id, (text, value) in zip(IDS, documents, strict=False):
                tagged = _tag(wiring, option, value)
                listed.append({"id": id, "text": text, tag: tagged} if tagged else {"id": id, "text": text})
        elif fixed:
            listed = [{"id": id, "text": text, tag: fixed} for id, (text,) in zip(IDS, documents, strict=False)]
        else:
            listed = [{"id": id, "text": text} for id, (text,) in zip(IDS, documents, strict=False)]
        return orjson.dumps({**head, "analysisInput": {"documents": listed}})

    def read(answer: Answer, count: int) -> list[Values | Failure | None]:
        body = orjson.loads(answer.body)
        return rows_of(_task_results(body) if job else body["results"], count, row)

    path = "/language/analyze-text/jobs" if job else "/language/:analyze-text"
    return Exchange(f"{path}?api-version={wiring.api_version}", write, read, merge, cancel=_cancelling if job else None)


def _cancelling(operation: str) -> tuple[str, str]:
    """How a job is called off.

    >>> _cancelling("https://host/language/analyze-text/jobs/7?api-version=2023-04-01")
    ('POST', 'https://host/language/analyze-text/jobs/7:cancel?api-version=2023-04-01')
    """
    path, question, query = operation.partition("?")
    return "POST", f"{path}:cancel{question}{query}"


def _tag(wiring: Wiring, option: str, value: Any) -> str | None:
    """What a document says of its language or country; None: nothing."""
    if option == "country":
        return str(value) if value else None
    if value in (None, "", "auto"):
        return "auto" if knows_auto(wiring.target_kind, wiring.api_version) else None
    return str(value)


def _task_results(body: dict[str, Any]) -> dict[str, Any]:
    """The results of a finished job of one task."""
    items = body["tasks"]["items"]
    results: dict[str, Any] = items[0]["results"]
    return results


def rows_of(
    results: dict[str, Any], count: int, row: Callable[[dict[str, Any]], Values | Failure]
) -> list[Values | Failure | None]:
    """Joins results and errors to the places of their documents, by id.

    An id that was not asked is ignored, one that comes twice counts as missing: whose answer it is cannot be
    told. A result that cannot be read counts as missing too.
    """
    documents = results["documents"]
    # Nearly always every document is answered, in order: then one look at all ids says whose each answer is.
    if not results.get("errors") and len(documents) == count:
        try:
            if [document["id"] for document in documents] == IDS[:count]:
                return [row(document) for document in documents]
        except UNREADABLE:
            pass  # one of them is odd: each is read by itself
    found: list[Values | Failure | None] = [None] * count
    twice: set[int] = set()
    seen: set[int] = set()
    for document in documents:
        place = _place(document, count)
        if place is None:
            continue
        if place in seen:
            twice.add(place)
        seen.add(place)
        try:  # a context manager for each document would take longer than reading it
            found[place] = row(document)
        except UNREADABLE:
            found[place] = None
    for error in results.get("errors") or ():
        place = _place(error, count)
        if place is None:
            continue
        if place in seen:
            twice.add(place)
        seen.add(place)
        with suppress(*UNREADABLE):
            found[place] = _failure(error.get("error") or {})
    for place in twice:
        found[place] = None
    return found


def _place(item: Any, count: int) -> int | None:
    """The place of the document that *item* speaks of; None where it is not one that was asked."""
    id = item.get("id") if isinstance(item, dict) else None
    place = PLACES.get(id) if isinstance(id, str) else None
    return place if place is not None and place < count else None


def _failure(error: Mapping[str, Any]) -> Failure:
    inner = error.get("innererror") or error.get("innerError") or {}
    code = str(inner.get("code") or error.get("code") or "unknown")
    message = str(inner.get("message") or error.get("message") or "no reason given")
    ours = _CODES.get(code, "refused")
    return Failure(ours, f"{message} [{code}]", status=200, retryable=ours == "unavailable", service_code=code)
