"""The routes of batch synthesis: jobs that bear the names which clients give them."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import threading
import uuid
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.families import Room
from dfai_engine.jobs import Job, Jobs, Task
from dfai_engine.protocol import Reply
from dfai_engine.speech.unspoken import refused
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from dfai_engine.speech.batch_synthesis import Done, Synthesis

__all__ = ["API_VERSIONS", "routes"]

API_VERSIONS = ("2024-04-01",)
_PATH = "/texttospeech"
_JOBS = f"{_PATH}/batchsyntheses"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,62}[a-zA-Z0-9]")
_MAX_BYTES = 2_000_000  # Source: the contract of 2024-04-01
_MOST_LISTED = 100
_STATES = {"notStarted": "NotStarted", "running": "Running", "succeeded": "Succeeded"}


def routes(room: Room) -> list[Route]:
    """Create, look at, list and delete; the operations behind them; their results."""
    from starlette.routing import Route

    served = BatchSyntheses(room.threads, room.jobs)
    answers = {
        (_JOBS, "GET"): served.list,
        (f"{_JOBS}/{{id}}", "PUT"): served.create,
        (f"{_JOBS}/{{id}}", "GET"): served.get,
        (f"{_JOBS}/{{id}}", "DELETE"): served.delete,
        (f"{_PATH}/operations/{{id}}", "GET"): served.operation,
    }
    return [
        *(Route(path, protocol.endpoint(answer), methods=[method]) for (path, method), answer in answers.items()),
        Route(f"{_JOBS}/{{id}}/results.zip", served.results, methods=["GET"]),
    ]


class BatchSyntheses:
    """The jobs by their names. Results are files in a folder of this process, gone with it."""

    def __init__(self, threads: Threads, jobs: Jobs[Any, Any]) -> None:
        self._threads = threads
        self._jobs = jobs
        self._lock = threading.Lock()
        self._folder: Path | None = None

    async def create(self, request: Request) -> Reply:
        """201 and the job; the same request again is the same job."""
        protocol.api_version(request.query_params, API_VERSIONS)
        name = request.path_params["id"]
        body = await protocol.body_of(request, _MAX_BYTES)
        asked = request.headers.get("operation-id", "")
        job = await self._threads.run(self._begun, name, asked, body)
        operation = job.subject.operation
        location = f"{protocol.origin(request)}{_PATH}/operations/{operation}?api-version={API_VERSIONS[0]}"
        headers = {"operation-location": location, "operation-id": operation}
        return protocol.reply(_said(job, request), status=201, headers=headers)

    def _begun(self, name: str, asked: str, body: bytes) -> Job[Synthesis, Done]:
        from dfai_engine.speech.batch_synthesis import read_definition, write_results
        from dfai_engine.speech.speaking_routes import speaking

        for value, what in ((name, "the job"), (asked or name, "Operation-Id")):
            if not _NAME.fullmatch(value):
                raise refused("InvalidArgument", f"The name of {what} must be 3 to 64 letters, digits, '.', '_', '-'.")
        fingerprint = hashlib.sha256(body).digest()
        definition = protocol.json_of(body)
        operation = asked or str(uuid.uuid4())
        synthesis = speaking(lambda: read_definition(name, operation, definition, fingerprint))
        with self._lock:
            known = self._found(lambda other: other.id == name)
            if known is not None:
                if known.subject.fingerprint != fingerprint:
                    raise refused("InvalidArgument", "There is a job with this id already, and it was asked otherwise.")
                return known
            if self._found(lambda other: other.operation == operation) is not None:
                raise refused("InvalidArgument", "There is an operation with this id already.")
            self._sweep()
            # Not by the job's name: one that was deleted may still be writing under it.
            path = self._room() / f"{uuid.uuid4()}.zip"
            task = Task("BatchSynthesis", path.name, lambda: speaking(lambda: write_results(synthesis, path)))
            kept_s = synthesis.hours * 3_600.0
            return self._jobs.submit(synthesis, [task], name=name, weight=len(body), kept_s=kept_s)

    async def get(self, request: Request) -> Reply:
        """How far the job is, and where its results are."""
        protocol.api_version(request.query_params, API_VERSIONS)
        return protocol.reply(_said(self._job(request), request))

    async def list(self, request: Request) -> Reply:
        """The jobs, the newest first."""
        query = request.query_params
        protocol.api_version(query, API_VERSIONS)
        skip = protocol.natural(query, "skip", 0, least=0, most=1_000_000)
        most = protocol.natural(query, "maxpagesize", _MOST_LISTED, least=1, most=_MOST_LISTED)
        jobs = self._all()
        said: dict[str, Any] = {"value": [_said(job, request) for job in jobs[skip : skip + most]]}
        if skip + most < len(jobs):
            following = f"skip={skip + most}&maxpagesize={most}&api-version={API_VERSIONS[0]}"
            said["nextLink"] = f"{protocol.origin(request)}{_JOBS}?{following}"
        return protocol.reply(said)

    async def delete(self, request: Request) -> Reply:
        """204, whether or not there was one."""
        protocol.api_version(request.query_params, API_VERSIONS)
        name = request.path_params["id"]
        with self._lock:
            if (job := self._found(lambda other: other.id == name)) is not None:
                self._jobs.forget(job.id, type(job.subject))
            self._sweep()
        return Reply(204)

    async def operation(self, request: Request) -> Reply:
        """How far the operation is."""
        protocol.api_version(request.query_params, API_VERSIONS)
        asked = request.path_params["id"]
        job = self._found(lambda other: other.operation == asked)
        if job is None:
            raise _no_job()
        return protocol.reply({"id": asked, "status": _state(job)})

    async def results(self, request: Request) -> Response:
        """The ZIP file."""
        from starlette.responses import FileResponse

        async def absent(_: Request) -> Reply:
            raise _no_job()

        try:
            done = self._job(request).tasks[0].answer
        except ServiceFailure:
            done = None
        if done is None or not done.path.is_file():
            return await protocol.endpoint(absent)(request)
        return FileResponse(done.path, media_type="application/zip", filename="results.zip")

    # ---- jobs by their names -------------------------------------------------------------------------------------

    def _all(self) -> Sequence[Job[Synthesis, Done]]:
        from dfai_engine.speech.batch_synthesis import Synthesis

        return self._jobs.all(Synthesis)

    def _found(self, wanted: Callable[[Synthesis], bool]) -> Job[Synthesis, Done] | None:
        return next((job for job in self._all() if wanted(job.subject)), None)

    def _job(self, request: Request) -> Job[Synthesis, Done]:
        name = request.path_params["id"]
        job = self._found(lambda other: other.id == name)
        if job is None:
            raise _no_job()
        job.fetched = job.finished
        return job

    def _room(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="dfai-batch-synthesis-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _sweep(self) -> None:
        """Deletes what no job that is remembered has to do with any more."""
        kept = {task.name for job in self._all() for task in job.tasks}
        if self._folder is not None:
            for path in self._folder.glob("*.zip"):
                if path.name not in kept:
                    path.unlink(missing_ok=True)


def _said(job: Job[Synthesis, Done], request: Request) -> dict[str, Any]:
    synthesis = job.subject
    (task,) = job.tasks
    properties: dict[str, Any] = {
        "timeToLiveInHours": synthesis.hours,
        "outputFormat": synthesis.form.name,
        "concatenateResult": synthesis.together,
        "decompressOutputFiles": False,
        "wordBoundaryEnabled": False,
        "sentenceBoundaryEnabled": False,
    }
    said: dict[str, Any] = {
        "id": synthesis.id,
        "status": _state(job),
        "createdDateTime": _moment(job.created),
        "lastActionDateTime": _moment(job.updated),
        "inputKind": synthesis.kind,
        "customVoices": {},
        "properties": properties,
    }
    if synthesis.description is not None:
        said["description"] = synthesis.description
    if synthesis.kind == "PlainText":
        said["synthesisConfig"] = synthesis.config
    if (done := task.answer) is not None:
        properties |= {
            "sizeInBytes": done.size_bytes,
            "succeededAudioCount": done.succeeded,
            "failedAudioCount": done.failed,
            "durationInMilliseconds": done.duration_ms,
            "billingDetails": {"neuralCharacters": done.characters},
        }
        said["outputs"] = {"result": f"{protocol.origin(request)}{_JOBS}/{synthesis.id}/results.zip"}
    elif task.failure is not None:
        code = task.failure.inner_code or task.failure.code
        properties["error"] = {"code": code, "message": task.failure.message}
    return said


def _state(job: Job[Synthesis, Done]) -> str:
    return _STATES.get(job.status, "Failed")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _no_job() -> ServiceFailure:
    return ServiceFailure("There is no batch synthesis with this id, or no longer.", status=404, code="NotFound")
