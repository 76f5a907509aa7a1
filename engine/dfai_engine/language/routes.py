"""The Language service's routes: ``/language/:analyze-text``, requests that are answered at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.language import envelope
from dfai_engine.language.kinds import KINDS, Kinds
from dfai_engine.language.limits import Limits
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["API_VERSIONS", "NEWER", "AnalyzeText", "billed", "routes"]

# Source: azure-rest-api-specs, Language "analyzetext", 2023-04-01 and 2023-11-15-preview. 2022-05-01 has the former's
# shape; 2024-11-01 is answered in the latter's, which adds what `NEWER` answers carry.
API_VERSIONS = ("2022-05-01", "2023-04-01", "2023-11-15-preview", "2024-11-01")
NEWER = frozenset(("2023-11-15-preview", "2024-11-01"))


def routes(threads: Threads, kinds: Kinds, limits: Limits) -> list[Route]:
    """The Starlette routes of synchronous analysis."""
    from starlette.routing import Route

    analyze = AnalyzeText(threads, kinds, limits)
    return [Route("/language/:analyze-text", protocol.endpoint(analyze), methods=["POST"])]


class AnalyzeText:
    """One request, one kind, an answer for each document."""

    def __init__(self, threads: Threads, kinds: Kinds, limits: Limits) -> None:
        self._threads = threads
        self._kinds = kinds
        self._limits = limits

    async def __call__(self, request: Request) -> Reply:
        """Answer in a thread: reading and writing megabytes of JSON would hold up the event loop as well."""
        body = await protocol.body_of(request, self._limits.body_bytes)
        return await self._threads.run(self.answer, body, request.query_params)

    def answer(self, body: bytes, query: Mapping[str, str]) -> Reply:
        """The response to a body, without HTTP around it."""
        version = protocol.api_version(query, API_VERSIONS)
        statistics = protocol.flag(query, "showStats")
        asked = protocol.json_of(body)
        name = _kind(asked.get("kind"))
        parameters = envelope.parameters_of(asked.get("parameters"))
        batch = envelope.read(
            asked.get("analysisInput"),
            country=name == "LanguageDetection",
            max_documents=self._limits.documents or KINDS[name].documents,
            max_elements=self._limits.text_elements,
            exact=statistics,
        )
        analysis = envelope.analyze(name, batch, parameters, self._kinds, newer=version in NEWER)
        results = envelope.render(batch, analysis, statistics=statistics)
        return protocol.reply(
            {"kind": f"{name}Results", "results": results}, headers=billed(envelope.transactions(batch, analysis))
        )


def _kind(name: object) -> str:
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is not None and kind.alone:
        return kind.name
    served = ", ".join(kind.name for kind in KINDS.values() if kind.alone)
    if kind is not None:
        message = f"{kind.name} is served as a task of a job: POST /language/analyze-text/jobs."
    elif name is None:
        message = f"kind is missing. Served: {served}."
    else:
        message = f"This kind is not served. Served: {served}."
    raise ServiceFailure(message, inner_code="InvalidParameterValue", target="kind")


def billed(records: int) -> dict[str, str]:
    """The header that tells how many text records the service would bill for the same request."""
    return {"csp-billing-usage": f"CognitiveServices.TextAnalytics.TextRecords={records}"}
