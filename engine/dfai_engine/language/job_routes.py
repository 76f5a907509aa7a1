"""The Language service's long-running operations: ``/language/analyze-text/jobs``."""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.jobs import Job, Jobs, Task
from dfai_engine.language import envelope
from dfai_engine.language.envelope import Analysis, Batch
from dfai_engine.language.kinds import KINDS, Kinds
from dfai_engine.language.limits import Limits
from dfai_engine.language.routes import API_VERSIONS, NEWER
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["AnalyzeTextJobs", "routes"]

PATH = "/language/analyze-text/jobs"
# Kinds that the service knows and no model here answers.
ELSEWHERE = frozenset(
    (
        *("AbstractiveSummarization", "Healthcare", "CustomEntityRecognition"),
        *("CustomSingleLabelClassification", "CustomMultiLabelClassification"),
    )
)


def routes(threads: Threads, jobs: Jobs[Batch, Analysis], kinds: Kinds, limits: Limits) -> list[Route]:
    """The Starlette routes of jobs."""
    from starlette.routing import Route

    served = AnalyzeTextJobs(threads, jobs, kinds, limits)
    return [
        Route(PATH, protocol.endpoint(served.submit), methods=["POST"]),
        Route(f"{PATH}/{{job_id}}:cancel", protocol.endpoint(served.cancel), methods=["POST"]),
        Route(f"{PATH}/{{job_id}}", protocol.endpoint(served.poll), methods=["GET"]),
    ]


class AnalyzeTextJobs:
    """Several kinds of analysis over one batch of documents, in the background."""

    def __init__(self, threads: Threads, jobs: Jobs[Batch, Analysis], kinds: Kinds, limits: Limits) -> None:
        self._threads = threads
        self._jobs = jobs
        self._kinds = kinds
        self._limits = limits

    async def submit(self, request: Request) -> Reply:
        """202 and where to ask for the outcome."""
        version = protocol.api_version(request.query_params, API_VERSIONS)
        body = await protocol.body_of(request, self._limits.body_bytes)
        job = await self._threads.run(self._begin, body, version)
        return Reply(202, headers=_location(request, job, version) | _wait(job))

    def _begin(self, body: bytes, version: str) -> Job[Batch, Analysis]:
        asked = protocol.json_of(body)
        limits = self._limits
        batch = envelope.read(
            asked.get("analysisInput"),
            country=False,
            max_documents=limits.job_documents,
            max_elements=limits.job_text_elements,
            exact=True,
        )
        if sum(batch.elements) > limits.job_text_elements:
            raise ServiceFailure(
                f"The documents hold {sum(batch.elements):,} text elements; "
                f"at most {limits.job_text_elements:,} are allowed in a job.",
                inner_code="InvalidDocumentBatch",
                target="documents",
            )
        entries = asked.get("tasks")
        if not isinstance(entries, list) or not entries:
            raise ServiceFailure("The job holds no tasks.", inner_code="InvalidRequestBodyFormat", target="tasks")
        tasks = [self._task(entry, batch, version) for entry in entries]
        name = asked.get("displayName")
        weight = sum(len(document.text) for document in batch.documents) * len(tasks)
        return self._jobs.submit(batch, tasks, name=name if isinstance(name, str) else "", weight=weight)

    def _task(self, entry: object, batch: Batch, version: str) -> Task[Analysis]:
        if not isinstance(entry, dict):
            raise ServiceFailure("A task must be an object.", inner_code="InvalidRequestBodyFormat", target="tasks")
        name, kind = entry.get("taskName") or "", _kind(entry.get("kind"))
        if not isinstance(name, str):
            raise ServiceFailure("taskName must be a string.", inner_code="InvalidParameterValue", target="tasks")
        parameters = envelope.parameters_of(entry.get("parameters"))
        return Task(kind, name, functools.partial(self._work, kind, batch, parameters, version in NEWER))

    def _work(self, kind: str, batch: Batch, parameters: Mapping[str, object], newer: bool) -> Analysis:
        return envelope.analyze(kind, batch, parameters, self._kinds, newer=newer)

    async def poll(self, request: Request) -> Reply:
        """The job's state, with a page of each finished task's results."""
        query = request.query_params
        version = protocol.api_version(query, API_VERSIONS)
        statistics = protocol.flag(query, "showStats")
        most = self._limits.job_documents
        top = protocol.natural(query, "top", self._limits.page_documents, least=1, most=most)
        skip = protocol.natural(query, "skip", 0, least=0, most=most)
        job = self._jobs.get(request.path_params["job_id"], of=Batch)
        state = await self._threads.run(_state, job, top, skip, statistics)
        if job.finished and skip + top < len(job.subject.ids):
            url = _location(request, job, version)["Operation-Location"]
            more = f"&showStats={str(statistics).lower()}" if statistics else ""
            state["nextLink"] = f"{url}&$skip={skip + top}&$top={top}{more}"
        return protocol.reply(state, headers={} if job.finished else _wait(job))

    async def cancel(self, request: Request) -> Reply:
        """202 and where to ask whether it has stopped."""
        version = protocol.api_version(request.query_params, API_VERSIONS)
        job = self._jobs.cancel(request.path_params["job_id"], of=Batch)
        return Reply(202, headers=_location(request, job, version))


def _kind(name: object) -> str:
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is not None and kind.job:
        return kind.name
    served = ", ".join(kind.name for kind in KINDS.values() if kind.job)
    if name in ELSEWHERE:
        message = f"No open model here answers {name}; an Azure AI Language resource does. Served here: {served}."
    else:
        message = f"A task's kind must be one of {served}."
    raise ServiceFailure(message, inner_code="InvalidParameterValue", target="kind")


def _state(job: Job[Batch, Analysis], top: int, skip: int, statistics: bool) -> dict[str, object]:
    batch = job.subject
    page = range(skip, min(skip + top, len(batch.ids)))
    items: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    for task in job.tasks:
        results: dict[str, object]
        if task.answer is not None:
            results = envelope.render(batch, task.answer, statistics=statistics, positions=page)
        elif task.failure is not None:
            said = _task_error(task.failure)
            errors.append({**said, "target": f"#/tasks/items/{len(items)}"})
            each = [{"id": batch.ids[position], "error": said} for position in page]
            results = {"documents": [], "errors": each, "modelVersion": ""}
        elif task.status == "cancelled":
            results = {"documents": [], "errors": [], "modelVersion": ""}
        else:
            continue
        item: dict[str, object] = {"kind": f"{task.kind}LROResults", "lastUpdateDateTime": _time(task.updated)}
        items.append(item | {"taskName": task.name, "status": task.status, "results": results})
    states = [task.status for task in job.tasks]
    state: dict[str, object] = {
        "jobId": job.id,
        "createdDateTime": _time(job.created),
        "lastUpdatedDateTime": _time(job.updated),
        "expirationDateTime": _time(job.expires),
        "status": job.status,
        "errors": errors,
        "tasks": {
            "completed": states.count("succeeded"),
            "failed": states.count("failed"),
            "inProgress": states.count("running") + states.count("notStarted"),
            "total": len(states),
            "items": items,
        },
    }
    if job.name:
        state["displayName"] = job.name
    return state


def _task_error(failure: ServiceFailure) -> dict[str, object]:
    """A task's failure; clients show the outer message alone, so it says the whole."""
    said = protocol.error(failure.code, failure.message, inner_code=failure.inner_code)
    return {**said, "message": failure.message}


def _location(request: Request, job: Job[Batch, Analysis], version: str) -> dict[str, str]:
    """The absolute address of a job, on the host that the client used."""
    return {"Operation-Location": f"{protocol.origin(request)}{PATH}/{job.id}?api-version={version}"}


def _wait(job: Job[Batch, Analysis]) -> dict[str, str]:
    """When to ask again: soon for a young job, a second at most."""
    age_ms = (time.time() - job.created) * 1_000
    return {"Retry-After": "1", "retry-after-ms": str(int(min(1_000, max(20, age_ms / 4))))}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
