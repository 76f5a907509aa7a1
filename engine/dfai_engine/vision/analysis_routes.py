"""The routes of Image Analysis 4.0: ``/computervision/imageanalysis:analyze`` and the vector of a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.vision import wire
from dfai_engine.vision.elsewhere import VECTORS
from dfai_engine.vision.refusals import refused
from dfai_engine.vision.wire import Desk

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["API_VERSIONS", "FEATURES", "MODEL_VERSION", "Analysis", "routes"]

API_VERSIONS = ("2023-10-01", "2024-02-01")
MODEL_VERSION = "2026-11-26"
FEATURES = ("tags", "caption", "denseCaptions", "objects", "read", "smartCrops", "people")
LEAST_RATIO, MOST_RATIO = 0.75, 1.8  # of smartcrops-aspect-ratios, as the contract has it
MOST_RATIOS = 20


def routes(desk: Desk) -> list[Route]:
    """The Starlette routes of Image Analysis 4.0."""
    from starlette.routing import Route

    served = Analysis(desk)
    return [
        Route("/computervision/imageanalysis:analyze", wire.endpoint(served.analyze, _refusal), methods=["POST"]),
        Route("/computervision/retrieval:vectorizeImage", wire.endpoint(served.vector, _refusal), methods=["POST"]),
        Route("/computervision/retrieval:vectorizeText", wire.endpoint(served.no_vector, _refusal), methods=["POST"]),
    ]


def _refusal(failure: ServiceFailure) -> Reply:
    """This API has one outer code for whatever a client did wrong."""
    code = "InvalidRequest" if failure.code == "InvalidArgument" else failure.code
    return wire.refusal(
        ServiceFailure(failure.message, status=failure.status, code=code, inner_code=failure.inner_code)
    )


class Analysis:
    """One picture, several features, one answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def analyze(self, request: Request) -> Reply:
        """What the request asks about its picture. Options are checked before the picture is taken in."""
        query = request.query_params
        _check_version(query)
        features, ratios = _features(query), _ratios(query)
        async with self._desk.picture(request, self._desk.limits.analysis) as data:
            return await self._desk.threads.run(self._answer, data, features, ratios)

    def _answer(self, data: bytes, features: list[str], ratios: list[float]) -> Reply:
        def work() -> dict[str, Any]:
            from dfai_engine.vision import analysis, pictures

            return analysis.analyze(pictures.read(data, self._desk.limits.analysis), features, ratios)

        return protocol.reply(wire.answering("Image analysis", work), headers=wire.billed(len(features)))

    async def vector(self, request: Request) -> Reply:
        """The vector of a picture."""
        _check_version(request.query_params)
        if not request.query_params.get("model-version"):
            raise refused("BadArgument", "The query parameter model-version is missing.")
        async with self._desk.picture(request, self._desk.limits.analysis) as data:
            return await self._desk.threads.run(self._vector, data)

    def _vector(self, data: bytes) -> Reply:
        def work() -> dict[str, Any]:
            from dfai_engine.vision import analysis, pictures

            return analysis.vector(pictures.read(data, self._desk.limits.analysis))

        return protocol.reply(wire.answering("A picture's vector", work), headers=wire.billed(1))

    async def no_vector(self, request: Request) -> Reply:
        """An error: texts have no vectors here."""
        _check_version(request.query_params)
        raise refused("NotSupportedFeature", VECTORS)


def _check_version(query: Mapping[str, str]) -> None:
    named = query.get("api-version", "")
    if named not in API_VERSIONS:
        said = f"The api-version {named!r} is not served." if named else "The query parameter api-version is missing."
        raise refused("BadArgument", f"{said} Served: {', '.join(API_VERSIONS)}.")
    wire.version_named(query, MODEL_VERSION)


def _features(query: Mapping[str, str]) -> list[str]:
    asked = wire.listed(query, "features")
    if "model-name" in query:
        raise refused("InvalidModel", "This server has no custom models.")
    if not asked:
        raise refused("NotSupportedVisualFeature", f"features is missing. Served: {', '.join(FEATURES)}.")
    known = {name.lower(): name for name in FEATURES}
    for name in asked:
        if name.lower() not in known:
            raise refused("NotSupportedVisualFeature", f"A feature is not served. Served: {', '.join(FEATURES)}.")
    language = query.get("language", "") or "en"
    if language != "en":
        raise refused("NotSupportedLanguage", "The requested language is not served: tags and captions are English.")
    # Captions here never name a gender.
    wire.flag(query, "gender-neutral-caption")
    return list(dict.fromkeys(known[name.lower()] for name in asked))


def _ratios(query: Mapping[str, str]) -> list[float]:
    ratios = []
    for word in wire.listed(query, "smartcrops-aspect-ratios"):
        try:
            ratio = float(word)
        except ValueError:
            ratio = math.nan
        if not LEAST_RATIO <= ratio <= MOST_RATIO:
            raise refused(
                "BadArgument", f"smartcrops-aspect-ratios must be numbers from {LEAST_RATIO} to {MOST_RATIO}."
            )
        ratios.append(ratio)
    if len(ratios) > MOST_RATIOS:
        raise refused("BadArgument", f"smartcrops-aspect-ratios may hold {MOST_RATIOS} numbers.")
    return ratios
