"""A Language service on a real loopback socket, for workers in other processes, that counts what it is asked.

Its answers follow from the text alone, so that a test can say what it expects. Each test has a `Scene` of its
own under a path of its own: a request that outlives its test is never counted in another.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import dfai
from rows import ANSWERS, sentiment_of
from served import served

__all__ = ["POISON", "UNSPEAKABLE", "Scene", "Service", "running", "sentiment_of"]

UNSPEAKABLE = "unspeakable"
"""A text that holds this word is refused alone."""
POISON = "poison"
"""A text that holds this word makes the service refuse the whole request with 400."""

Document = dict[str, Any]
Fault = Callable[[int, Sequence[Document]], int | None]

# Source: the service's documented limits of one synchronous request.
_MOST = {"SentimentAnalysis": 10, "KeyPhraseExtraction": 10, "LanguageDetection": 1_000}
_LONGEST = 5_120


@dataclass
class Scene:
    """What one test asked, and how the service behaves towards it.

    *fault* is given a request's number (from 1) and its documents, and says with which status to refuse it.
    """

    url: str
    fault: Fault | None = None
    latency_s: float = 0.0
    retry_after_s: float | None = None  # what a 429 says
    requests: int = 0
    documents: list[Document] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)  # of each request
    arrivals: list[float] = field(default_factory=list)  # on the monotonic clock
    most_in_flight: int = 0
    in_flight: int = 0
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def target(self) -> dfai.Target:
        return dfai.container(self.url)

    @property
    def texts(self) -> list[str]:
        """Every text that was asked, sorted: workers ask in any order."""
        return sorted(document["text"] for document in self.documents)

    def most_in_a_second(self) -> int:
        """The most requests that arrived in any one second."""
        return max(bisect_left(self.arrivals, at + 1.0) - place for place, at in enumerate(self.arrivals))

    def forget(self) -> None:
        """Start counting anew."""
        self.requests = self.most_in_flight = 0
        self.documents.clear()
        self.parameters.clear()
        self.arrivals.clear()


class Service:
    """The scenes, and the application that plays them."""

    def __init__(self) -> None:
        self.base = ""
        self._scenes: dict[str, Scene] = {}
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=[
                Route("/{scene}/language/:analyze-text", self._analyze, methods=["POST"]),
                Route("/{scene}/language/analyze-text/jobs", self._submit, methods=["POST"]),
                Route("/{scene}/language/analyze-text/jobs/{job}", self._poll, methods=["GET"]),
            ]
        )

    def scene(self, *, fault: Fault | None = None, latency_s: float = 0.0, retry_after_s: float | None = None) -> Scene:
        """A new scene."""
        name = f"scene{next(self._numbers)}"
        scene = self._scenes[name] = Scene(f"{self.base}/{name}", fault, latency_s, retry_after_s)
        return scene

    async def _analyze(self, request: Request) -> Response:
        scene = self._scenes[request.path_params["scene"]]
        body = await request.json()
        return await _counted(scene, body, body["kind"], lambda results: {"kind": body["kind"], "results": results})

    async def _submit(self, request: Request) -> Response:
        scene = self._scenes[request.path_params["scene"]]
        body = await request.json()
        job = str(len(scene.jobs))
        (task,) = body["tasks"]
        body["parameters"] = task["parameters"]

        def finished(results: dict[str, Any]) -> dict[str, Any]:
            scene.jobs[job] = {
                "status": "succeeded",
                "tasks": {"items": [{"kind": task["kind"], "status": "succeeded", "results": results}]},
            }
            return {}

        answer = await _counted(scene, body, task["kind"], finished)
        if answer.status_code != 200:
            return answer
        where = f"{scene.url}/language/analyze-text/jobs/{job}"
        return Response(status_code=202, headers={"Operation-Location": where})

    async def _poll(self, request: Request) -> Response:
        return JSONResponse(self._scenes[request.path_params["scene"]].jobs[request.path_params["job"]])


async def _counted(
    scene: Scene, body: dict[str, Any], kind: str, envelope: Callable[[dict[str, Any]], dict[str, Any]]
) -> Response:
    documents = body["analysisInput"]["documents"]
    scene.requests += 1
    scene.arrivals.append(time.monotonic())
    scene.documents += documents
    scene.parameters.append(body["parameters"])
    scene.in_flight += 1
    scene.most_in_flight = max(scene.most_in_flight, scene.in_flight)
    try:
        if scene.latency_s:
            await asyncio.sleep(scene.latency_s)
        status = scene.fault(scene.requests, documents) if scene.fault else None
        if status is None and any(POISON in document["text"] for document in documents):
            status = 400
        if status is None and len(documents) > _MOST.get(kind, 25):
            status = 400
        if status is not None:
            error = {"error": {"code": "Planned", "message": f"planned {status}"}}
            later = {"Retry-After": f"{scene.retry_after_s:g}"} if status == 429 and scene.retry_after_s else None
            return JSONResponse(error, status, later)
        billed = {"csp-billing-usage": f"CognitiveServices.TextAnalytics.TextRecords={len(documents)}"}
        return JSONResponse(envelope(_results(kind, documents, body["parameters"])), headers=billed)
    finally:
        scene.in_flight -= 1


def _results(kind: str, documents: Sequence[Document], parameters: dict[str, Any]) -> dict[str, Any]:
    answered, errors = [], []
    for document in documents:
        if error := _refusal(document):
            errors.append({"id": document["id"], "error": error})
        else:
            row = ANSWERS[kind](document["text"], parameters)
            answered.append({"id": document["id"], "warnings": [], **row})
    # In another order than they came: answers belong to documents by id.
    return {"documents": answered[::-1], "errors": errors, "modelVersion": "2023-04-01"}


def _refusal(document: Document) -> dict[str, Any] | None:
    if UNSPEAKABLE in document["text"]:
        inner = {"code": "InvalidDocument", "message": "This document cannot be spoken of."}
    elif len(document["text"]) > _LONGEST:
        inner = {"code": "InvalidDocument", "message": "A document exceeds the limit of 5120 characters."}
    elif document.get("language") == "xx":
        inner = {"code": "UnsupportedLanguageCode", "message": "Invalid language code."}
    else:
        return None
    return {"code": "InvalidArgument", "message": "Invalid document in request.", "innererror": inner}


@contextmanager
def running() -> Iterator[Service]:
    """A service on a free port of the loopback interface, in a thread of its own."""
    service = Service()
    with served(service.app) as service.base:
        yield service
