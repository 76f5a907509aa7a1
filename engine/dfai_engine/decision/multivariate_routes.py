"""The routes for several variables: models, batches in the background, the newest moments at once.

Two paths are ours, for clients that carry a model to other machines: ``GET …/models/{id}:export`` gives all of a
model as JSON, ``PUT …/models/{id}`` takes it. Two more keep nothing here: `travelling`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.decision import multivariate, multivariate_options, sources, travelling, wire
from dfai_engine.decision.limits import Limits
from dfai_engine.decision.models import Models, Record, record_of
from dfai_engine.decision.multivariate_options import Asked, Data
from dfai_engine.decision.tables import Alignment
from dfai_engine.failures import ServiceFailure
from dfai_engine.families import Room
from dfai_engine.jobs import Job, Task
from dfai_engine.protocol import Reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["Multivariate", "routes"]

PATH = "/anomalydetector/v1.1/multivariate"
STATES = {"notStarted": "CREATED", "running": "RUNNING", "succeeded": "READY"}


def routes(room: Room, limits: Limits) -> list[Route]:
    """The Starlette routes of several variables."""
    from starlette.routing import Route

    served = Multivariate(room, limits)
    models = f"{PATH}/models"
    return [
        Route(models, wire.endpoint(served.train), methods=["POST"]),
        Route(models, wire.endpoint(served.list), methods=["GET"]),
        Route(f"{models}/{{model_id}}:detect-batch", wire.endpoint(served.detect_batch), methods=["POST"]),
        Route(f"{models}/{{model_id}}:detect-last", wire.endpoint(served.detect_last), methods=["POST"]),
        Route(f"{models}/{{model_id}}:export", wire.endpoint(served.export), methods=["GET"]),
        Route(f"{models}/{{model_id}}", wire.endpoint(served.get), methods=["GET"]),
        Route(f"{models}/{{model_id}}", wire.endpoint(served.put), methods=["PUT"]),
        Route(f"{models}/{{model_id}}", wire.endpoint(served.delete), methods=["DELETE"]),
        Route(f"{PATH}/detect-batch/{{result_id}}", wire.endpoint(served.result), methods=["GET"]),
        *travelling.routes(PATH, room.threads, limits),
    ]


class Multivariate:
    """Models of several variables, and what they say."""

    def __init__(self, room: Room, limits: Limits) -> None:
        self._threads = room.threads
        self._jobs = room.jobs
        self._limits = limits
        self._folder = room.data
        self._models = Models(room.data, most=limits.models)

    async def train(self, request: Request) -> Reply:
        """201 and the new model; it is trained in the background."""
        body = await protocol.body_of(request, self._limits.body_bytes)
        record = await self._threads.run(self._begin_training, body)
        location = f"{wire.base_of(request)}/multivariate/models/{record.id}"
        return wire.answer(record.shown(), status=201, headers={"Location": location})

    def _begin_training(self, body: bytes) -> Record:
        asked = wire.json_of(body)
        data, many, how = multivariate_options.training(asked)
        sources.allowed(data.source, self._folder)
        fields = ("dataSchema", "startTime", "endTime", "displayName", "slidingWindow", "alignPolicy")
        info = {"dataSource": sources.shown(data.source)} | {
            name: asked[name] for name in fields if asked.get(name) is not None
        }
        record = self._models.create(info)
        work = functools.partial(self._train, record.id, data, many, how)
        try:
            self._jobs.submit(record, [Task("TrainMultivariateModel", "", work)], weight=len(body))
        except ServiceFailure:
            self._models.delete(record.id)
            raise
        return record

    def _train(self, identity: str, data: Data, many: bool, how: Alignment) -> None:
        """In a thread of the jobs: nobody waits for what this raises, the model tells."""
        if self._models.update(identity, status="RUNNING") is None:
            return
        try:
            names, fitted, diagnostics = multivariate.trained(data, many, how, self._limits, self._folder)
        except Exception as fault:  # noqa: BLE001 - a thread's rim: the model must end as failed, and say how
            failure = fault if isinstance(fault, ServiceFailure) else protocol.broken(fault)
            error = {"code": failure.code, "message": failure.message}
            self._models.update(identity, status="FAILED", errors=(error,))
            return
        self._models.update(identity, status="READY", names=names, fitted=fitted, diagnostics=diagnostics)

    async def list(self, request: Request) -> Reply:
        """A page of the models, the newest first."""
        most = self._limits.models
        skip = protocol.natural(request.query_params, "skip", 0, least=0, most=most)
        top = protocol.natural(request.query_params, "top", most, least=1, most=most)
        known = await self._threads.run(self._models.all)
        said: dict[str, Any] = {
            "models": [record.shown() for record in known[skip : skip + top]],
            "currentCount": len(known),
            "maxCount": most,
        }
        if skip + top < len(known):
            said["nextLink"] = f"{wire.base_of(request)}/multivariate/models?skip={skip + top}&top={top}"
        return wire.answer(said)

    async def get(self, request: Request) -> Reply:
        """How far a model is."""
        record = await self._threads.run(self._models.get, request.path_params["model_id"])
        return wire.answer(record.shown())

    async def delete(self, request: Request) -> Reply:
        """204; the model is gone."""
        await self._threads.run(self._models.delete, request.path_params["model_id"])
        return Reply(204)

    async def export(self, request: Request) -> Reply:
        """All of a model that is ready."""
        record, _ = await self._threads.run(self._models.ready, request.path_params["model_id"])
        return await self._threads.run(lambda: wire.answer(record.exported()))

    async def put(self, request: Request) -> Reply:
        """Take a model that was exported elsewhere."""
        body = await protocol.body_of(request, self._limits.body_bytes)
        return await self._threads.run(self._put, body, request.path_params["model_id"])

    def _put(self, body: bytes, identity: str) -> Reply:
        try:
            record = record_of(wire.json_of(body))
        except ValueError as fault:
            raise ServiceFailure(f"The body is no exported model: {fault}.", code="InvalidModel") from None
        if record.id != identity or record.status != "READY" or record.fitted is None:
            raise ServiceFailure("The body is not this model, ready to be used.", code="InvalidModel")
        self._models.put(record)
        return wire.answer(record.shown(), status=201)

    async def detect_last(self, request: Request) -> Reply:
        """What the newest moments of the data in the request are."""
        body = await protocol.body_of(request, self._limits.body_bytes)
        return await self._threads.run(self._newest, body, request.path_params["model_id"])

    def _newest(self, body: bytes, identity: str) -> Reply:
        record, fitted = self._models.ready(identity)
        asked = wire.json_of(body)
        top = multivariate_options.top_contributors(asked)
        variables = multivariate_options.variables(asked, self._limits)
        return wire.answer(
            multivariate.newest(variables, record, fitted, top, multivariate_options.window(record.info))
        )

    async def detect_batch(self, request: Request) -> Reply:
        """202 and where to ask for the outcome."""
        body = await protocol.body_of(request, self._limits.body_bytes)
        job = await self._threads.run(self._begin_batch, body, request.path_params["model_id"])
        headers = {
            "Operation-Id": job.id,
            "Operation-Location": f"{wire.base_of(request)}/multivariate/detect-batch/{job.id}",
        }
        return wire.answer(_state(job), status=202, headers=headers)

    def _begin_batch(self, body: bytes, identity: str) -> Job[Asked, dict[str, Any]]:
        record, fitted = self._models.ready(identity)
        written = wire.json_of(body)
        source = multivariate_options.data(written).source
        sources.allowed(source, self._folder)
        asked = multivariate_options.asked(written, identity, sources.shown(source))
        work = functools.partial(multivariate.batch, asked, record, fitted, self._limits, self._folder)
        return self._jobs.submit(asked, [Task("DetectMultivariateBatchAnomaly", "", work)], weight=len(body))

    async def result(self, request: Request) -> Reply:
        """A batch's state, with its results once they are there."""
        try:
            job = self._jobs.get(request.path_params["result_id"], of=Asked)
        except ServiceFailure:
            identity = request.path_params["result_id"][:64]
            raise ServiceFailure(f"Result with 'id={identity}' not found.", status=404, code="ResultNotExist") from None
        return await self._threads.run(lambda: wire.answer(_state(job)))


def _state(job: Job[Asked, dict[str, Any]]) -> dict[str, Any]:
    (task,) = job.tasks
    errors = [] if task.failure is None else [{"code": task.failure.code, "message": task.failure.message}]
    answer = task.answer or {"variableStates": [], "results": []}
    return {
        "resultId": job.id,
        "summary": {
            "status": STATES.get(task.status, "FAILED"),
            "errors": errors,
            "variableStates": answer["variableStates"],
            "setupInfo": job.subject.setup,
        },
        "results": answer["results"],
    }
