"""The routes of v3.2's Read: documents are taken in at once and read in the background."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.jobs import Job, Jobs, Task
from dfai_engine.protocol import Reply
from dfai_engine.vision import wire
from dfai_engine.vision.older_routes import MODEL_VERSION, PATH
from dfai_engine.vision.refusals import refused
from dfai_engine.vision.wire import Desk

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["ReadDocuments", "routes"]

ORDERS = ("basic", "natural")
RESULTS = f"{PATH}/read/analyzeResults"


def routes(desk: Desk, jobs: Jobs[Any, Any]) -> list[Route]:
    """The Starlette routes of Read."""
    from starlette.routing import Route

    served = ReadDocuments(desk, jobs)
    return [
        Route(f"{PATH}/read/analyze", wire.endpoint(served.submit, _refusal), methods=["POST"]),
        Route(f"{RESULTS}/{{operation_id}}", wire.endpoint(served.poll, _refusal), methods=["GET"]),
    ]


def _refusal(failure: ServiceFailure) -> Reply:
    """Flat, as the contract of Read has it."""
    code = failure.inner_code or failure.code
    return protocol.failed({"code": code, "message": failure.message}, failure, code)


class ReadDocuments:
    """Documents of many pages, in the background."""

    def __init__(self, desk: Desk, jobs: Jobs[Any, Any]) -> None:
        self._desk = desk
        self._jobs = jobs

    async def submit(self, request: Request) -> Reply:
        """202 and where to ask for the outcome; what cannot be opened is refused at once."""
        query = request.query_params
        wire.version_named(query, MODEL_VERSION)
        order = query.get("readingOrder", "") or "basic"
        if order not in ORDERS:
            raise refused("InvalidReadingOrder", f"readingOrder must be {' or '.join(ORDERS)}.")
        words, language = wire.listed(query, "pages"), query.get("language", "")
        async with self._desk.picture(request, self._desk.limits.read) as data:
            begin = functools.partial(self._begin, data, words, language, order)
            job = await self._desk.threads.run(wire.answering, "Reading text", begin)
        place = f"{protocol.origin(request)}{RESULTS}/{job.id}"
        return Reply(202, headers={"Operation-Location": place, **_wait(job)})

    def _begin(self, data: bytes, words: list[str], language: str, order: str) -> Job[Any, Any]:
        from dfai_engine.vision import documents, ocr, reading

        if language and language not in ocr.LANGUAGES:
            raise refused("NotSupportedLanguage", "The requested language is not read here.")
        limits = self._desk.limits
        numbers = documents.chosen(words, documents.count(data, limits.read))
        if len(numbers) > limits.pages:
            raise refused("InvalidPageRange", f"At most {limits.pages:,} pages are read at a time; name them: pages=.")
        asked = reading.Asked(language, order, tuple(numbers))
        work = functools.partial(reading.read, data, asked, limits.read)
        task = Task("Read", "", functools.partial(wire.answering, "Reading text", work))
        return self._jobs.submit(asked, [task], weight=len(data))

    async def poll(self, request: Request) -> Reply:
        """How far the job is, with its pages once they are read."""
        return await self._desk.threads.run(wire.answering, "Reading text", lambda: self._state(request))

    def _state(self, request: Request) -> Reply:
        from dfai_engine.vision import reading

        try:
            job = self._jobs.get(request.path_params["operation_id"], of=reading.Asked)
        except ServiceFailure as failure:
            raise refused("BadArgument", "There is no operation with this id, or no longer.", status=404) from failure
        (task,) = job.tasks
        status = job.status if job.status in ("notStarted", "running", "succeeded") else "failed"
        said: dict[str, Any] = {
            "status": status,
            "createdDateTime": reading.said_at(job.created),
            "lastUpdatedDateTime": reading.said_at(job.updated),
        }
        if task.answer is not None:
            pages = len(task.answer["readResults"])
            return protocol.reply({**said, "analyzeResult": task.answer}, headers=wire.billed(pages))
        headers = {} if job.finished else _wait(job)
        if task.failure is not None:
            # The contract has no place for why a job failed.
            headers = {"x-ms-error-code": task.failure.inner_code or task.failure.code}
        return protocol.reply(said, headers=headers)


def _wait(job: Job[Any, Any]) -> dict[str, str]:
    """When to ask again: soon for a young job, a second at most."""
    age_ms = (time.time() - job.created) * 1_000
    return {"Retry-After": "1", "retry-after-ms": str(int(min(1_000, max(20, age_ms / 4))))}
