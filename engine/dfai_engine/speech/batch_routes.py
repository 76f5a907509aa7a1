"""Batch transcription: files named by URL, heard in the background; v3.2, and what 2024-05-15-preview made of it."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import time
import uuid
from typing import TYPE_CHECKING, Any

import orjson

from dfai_engine import protocol, signed
from dfai_engine.jobs import Job, Jobs, Task
from dfai_engine.protocol import Reply
from dfai_engine.speech import batch, batch_filter, batch_results, hearing, taking_in, wire
from dfai_engine.speech.batch import Transcription
from dfai_engine.speech.hearing import Wanted
from dfai_engine.speech.locales import LOCALES
from dfai_engine.speech.wire import Desk, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["Batch", "routes"]

OLDER, NEWER = "/speechtotext/v3.2", "/speechtotext"
VERSIONS = ("2024-05-15-preview", "2024-11-15")
SIGNED = f"{signed.PREFIX}speechtotext/transcriptions"
FILTERED = ("displayName", "description", "createdDateTime", "lastActionDateTime", "status", "locale")
BODY_BYTES = 2_000_000
MOST_LISTED = 100
SAS_S = 43_200  # how long an address of a result is good for, where the client does not say
# What one waiting file counts for among the jobs that are remembered.
FILE_WEIGHT = 20_000
_STATES = {"notStarted": "NotStarted", "running": "Running", "failed": "Failed"}


def routes(desk: Desk, jobs: Jobs[Any, Any]) -> list[Route]:
    """Both versions' routes, and the results' own."""
    from starlette.routing import Route

    served = Batch(desk, jobs)
    made = [Route(f"{SIGNED}/{{id}}/files/{{file}}", wire.endpoint(served.content), methods=["GET"])]
    for base, submit in ((OLDER, "transcriptions"), (NEWER, "transcriptions:submit")):
        every = f"{base}/transcriptions"
        one = f"{every}/{{id}}"
        made += [
            Route(f"{base}/{submit}", wire.endpoint(served.create), methods=["POST"]),
            Route(every, wire.endpoint(served.list), methods=["GET"]),
            Route(f"{every}/locales", wire.endpoint(served.locales), methods=["GET"]),
            Route(one, wire.endpoint(served.get), methods=["GET"]),
            Route(one, wire.endpoint(served.update), methods=["PATCH"]),
            Route(one, wire.endpoint(served.delete), methods=["DELETE"]),
            Route(f"{one}/files", wire.endpoint(served.files), methods=["GET"]),
            Route(f"{one}/files/{{file}}", wire.endpoint(served.file), methods=["GET"]),
        ]
    return made


class _Place:
    """Where a client asks: its version, and addresses as it may use them."""

    def __init__(self, request: Request) -> None:
        self.host = protocol.origin(request)
        older = request.url.path.removeprefix(request.scope.get("root_path", "")).startswith(f"{OLDER}/")
        self.version = "v3.2" if older else protocol.api_version(request.query_params, VERSIONS)
        self.base = f"{self.host}{OLDER if older else NEWER}"
        self._query = "" if older else f"api-version={self.version}"

    def url(self, path: str, query: str = "") -> str:
        """The address of something in this version."""
        said = "&".join(part for part in (query, self._query) if part)
        return f"{self.base}/{path}{'?' if said else ''}{said}"


class Batch:
    """Transcriptions as things that are made, listed, read and deleted."""

    def __init__(self, desk: Desk, jobs: Jobs[Any, Any]) -> None:
        self._desk = desk
        self._jobs = jobs

    async def create(self, request: Request) -> Reply:
        """201, and the transcription as it begins."""
        place = _Place(request)
        body = await protocol.body_of(request, BODY_BYTES)
        asked = batch.read(_object(body), place.version, self._desk.limits.batch_files)
        tasks: list[Task[Any]] = [
            Task("Transcription", url, functools.partial(self._heard, asked, url)) for url in asked.urls
        ]
        weight = FILE_WEIGHT * len(tasks)
        job = self._jobs.submit(asked, tasks, name=asked.display_name, weight=weight, kept_s=asked.kept_s)
        said = _shown(job, place)
        return protocol.reply(said, status=201, headers={"Location": said["self"]})

    def _heard(self, asked: Transcription, url: str) -> bytes:
        """One file's result, in a job's thread."""
        from dfai_engine.speech import addresses

        accepted = self._desk.limits.batch
        data = asyncio.run(addresses.fetch(url, accepted.max_bytes))
        wanted = Wanted(asked.languages, single=asked.single)
        found = wire.answering(lambda: hearing.heard(taking_in.decoded(data, accepted, asked.channels), wanted))
        return orjson.dumps(batch_results.result(found, asked, url, time.time()))

    async def list(self, request: Request) -> Reply:
        """The transcriptions that are remembered, the newest first."""
        place = _Place(request)
        shown = [_shown(job, place) for job in self._jobs.all(Transcription)]
        return _page(request, place, shown, "transcriptions", FILTERED)

    async def locales(self, request: Request) -> Reply:
        """What may be transcribed, by locale."""
        if _Place(request).version == "v3.2":
            return protocol.reply(LOCALES)
        return protocol.reply({"Submit": LOCALES, "Transcribe": LOCALES})

    async def get(self, request: Request) -> Reply:
        """How a transcription fares."""
        return protocol.reply(_shown(self._job(request), _Place(request)))

    async def update(self, request: Request) -> Reply:
        """Other names for a transcription."""
        place, job = _Place(request), self._job(request)
        changes = batch.updated(_object(await protocol.body_of(request, BODY_BYTES)))
        job.subject = dataclasses.replace(job.subject, **changes)
        return protocol.reply(_shown(job, place))

    async def delete(self, request: Request) -> Reply:
        """204, whether it was there or not; what still runs is stopped after the file that is being heard."""
        _Place(request)
        self._jobs.forget(request.path_params["id"], Transcription)
        return Reply(204)

    async def files(self, request: Request) -> Reply:
        """The results, once there are any, and the report."""
        place = _Place(request)
        job = self._job(request)
        shown = [_file(job, number, place, request) for number in _numbers(job)]
        return _page(request, place, shown, f"transcriptions/{job.id}/files", ("name", "createdDateTime", "kind"))

    async def file(self, request: Request) -> Reply:
        """One of the files: where its content is."""
        job = self._job(request)
        return protocol.reply(_file(job, _numbered(job, request.path_params["file"]), _Place(request), request))

    async def content(self, request: Request) -> Reply:
        """A file's content, for whoever has its address."""
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        if not signed.permits(path, request.query_params):
            raise refused("InvalidPermissions", "This address is good no longer. Ask for the file again.", status=403)
        job = self._job(request)
        content = _content(job, _numbered(job, request.path_params["file"]))
        return Reply(200, content, {"Content-Type": protocol.JSON})

    def _job(self, request: Request) -> Job[Transcription, bytes]:
        found: Job[Transcription, bytes] = self._jobs.get(request.path_params["id"], of=Transcription)
        return found


def _object(body: bytes) -> dict[str, Any]:
    return protocol.object_in(body, lambda why: refused("InvalidPayload", why))


def _shown(job: Job[Transcription, bytes], place: _Place) -> dict[str, Any]:
    """A transcription as the service shows it."""
    asked = job.subject
    properties = asked.properties
    state = _STATES.get(job.status, "Succeeded")
    if job.finished:
        properties["duration"] = wire.iso_duration(max(0.0, job.updated - job.created))
    if state == "Failed":
        first = next(task.failure for task in job.tasks if task.failure is not None)
        properties["error"] = {"code": first.inner_code or first.code, "message": first.message}
    said: dict[str, Any] = {
        "self": place.url(f"transcriptions/{job.id}"),
        "model": {"self": place.url(f"models/base/{uuid.uuid5(uuid.NAMESPACE_URL, 'whisper-base')}")},
        "links": {"files": place.url(f"transcriptions/{job.id}/files")},
        "properties": properties,
        "lastActionDateTime": wire.moment(job.updated),
        "status": state,
        "createdDateTime": wire.moment(job.created),
        "locale": asked.locale,
        "displayName": asked.display_name,
    }
    if asked.description is not None:
        said["description"] = asked.description
    if asked.custom:
        said["customProperties"] = dict(asked.custom)
    return said


def _numbers(job: Job[Transcription, bytes]) -> Sequence[int]:
    """The files that are there: the results, and behind them the report once all is done."""
    done = [number for number, task in enumerate(job.tasks) if task.answer is not None]
    return [*done, len(job.tasks)] if job.finished else []


def _file_id(job: Job[Transcription, bytes], number: int) -> str:
    return str(uuid.uuid5(uuid.UUID(job.id), str(number)))


def _numbered(job: Job[Transcription, bytes], identity: str) -> int:
    for number in _numbers(job):
        if _file_id(job, number) == identity:
            return number
    raise refused("InvalidParameterValue", "There is no file with this id.", status=404)


def _content(job: Job[Transcription, bytes], number: int) -> bytes:
    if number == len(job.tasks):
        return orjson.dumps(batch_results.report(job.subject, job.tasks))
    return job.tasks[number].answer or b""


def _file(job: Job[Transcription, bytes], number: int, place: _Place, request: Request) -> dict[str, Any]:
    last = number == len(job.tasks)
    identity = _file_id(job, number)
    path = f"{SIGNED}/{job.id}/files/{identity}"
    valid_s = protocol.natural(request.query_params, "sasValidityInSeconds", SAS_S, least=1, most=SAS_S * 2)
    return {
        "self": place.url(f"transcriptions/{job.id}/files/{identity}"),
        "name": "report.json" if last else f"contenturl_{number}.json",
        "kind": "TranscriptionReport" if last else "Transcription",
        "properties": {"size": len(_content(job, number))},
        "createdDateTime": wire.moment(job.updated),
        "links": {"contentUrl": f"{place.host}{path}?{signed.query_for(path, valid_s)}"},
    }


def _page(
    request: Request, place: _Place, shown: Sequence[dict[str, Any]], path: str, filtered: tuple[str, ...]
) -> Reply:
    """Some of a list, and where the rest is."""
    query = request.query_params
    wanted = batch_filter.condition_of(query.get("filter", ""), filtered)
    skip = protocol.natural(query, "skip", 0, least=0, most=999_999_999)
    top = protocol.natural(query, "top", MOST_LISTED, least=1, most=1_000)
    kept = [one for one in shown if wanted(one)]
    said: dict[str, Any] = {"values": kept[skip : skip + top]}
    if skip + top < len(kept):
        from urllib.parse import quote

        more = f"skip={skip + top}&top={top}"
        if query.get("filter"):
            more += f"&filter={quote(query['filter'])}"
        said["@nextLink"] = place.url(path, more)
    return protocol.reply(said)
