"""Requests to the engine in this process, and handlers that need no model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from dfai_engine.app import App
from dfai_engine.language.documents import Answered, Document, DocumentFailure

__all__ = ["CONTRACT", "JOBS", "ask", "documents", "finished", "post", "words"]

CONTRACT = "language-2023-04-01/analyzetext.json"
JOBS = "/language/analyze-text/jobs"


def ask(app: App, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any) -> httpx.Response:
    """One request, in process, without a socket."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine.test:5000") as client:
            return await client.request(method, path, headers=headers, **body)

    return asyncio.run(send())


def post(
    app: App,
    kind: str,
    entries: object,
    *,
    query: str = "api-version=2023-04-01",
    parameters: object = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """One synchronous analysis."""
    body: dict[str, object] = {"kind": kind, "analysisInput": {"documents": entries}}
    if parameters is not None:
        body["parameters"] = parameters
    return ask(app, "POST", f"/language/:analyze-text?{query}", json=body, headers=headers)


def documents(*texts: str, **more: object) -> list[dict[str, object]]:
    """Documents with the ids "0", "1", …"""
    return [{"id": str(position), "text": text, **more} for position, text in enumerate(texts)]


def words(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """A handler of EntityRecognition: each word is an entity; "refuse" refuses the document."""
    return Answered([_words(document) for document in documents], "2026-11-23-words")


def _words(document: Document) -> dict[str, object] | DocumentFailure:
    if document.text == "refuse":
        return DocumentFailure("InvalidArgument", "UnsupportedLanguageCode", f"{document.language} is not served.")
    entities: list[dict[str, object]] = []
    at = 0
    for word in document.text.split():
        at = document.text.index(word, at)
        entities.append(
            {"text": word, "category": document.language, "offset": at, "length": len(word), "confidenceScore": 1.0}
        )
        at += len(word)
    return {"entities": entities}


def finished(app: App, location: str, query: str = "") -> dict[str, Any]:
    """A job's last state; the job's own thread is waited for, not the clock."""
    identity = location.split("/jobs/")[1].split("?", maxsplit=1)[0]
    jobs = app.jobs
    future = jobs.get(identity).future
    assert future is not None
    future.result(timeout=60)
    answer = ask(app, "GET", f"{location}{query}")
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state
