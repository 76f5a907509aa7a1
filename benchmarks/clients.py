"""The clients that are compared: each asks the same documents, in requests of ten, and gives back labels in order."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import aiohttp
import httpx
import orjson
import pyarrow as pa

import dfai
from dfai_core import Call, Config, run, services
from dfai_core.report import counters_of

__all__ = [
    "DOCUMENTS",
    "JSON_HEADERS",
    "LANGUAGE_PATH",
    "Aiohttp",
    "AzureAsync",
    "AzureLoop",
    "AzureThreads",
    "Client",
    "Dfai",
    "DfaiSingles",
    "Httpx",
    "Looped",
    "body_of",
    "labels_of",
]

DOCUMENTS = 10
LANGUAGE_PATH = "/language/:analyze-text?api-version=2023-04-01"
_PARAMETERS = {"modelVersion": "latest", "loggingOptOut": True, "stringIndexType": "UnicodeCodePoint"}
_IDS = [str(place) for place in range(DOCUMENTS)]
_PLACES = {id: place for place, id in enumerate(_IDS)}
JSON_HEADERS = {"Content-Type": "application/json"}


class Client(ABC):
    """A way to label many texts. It keeps its connections from one round to the next.

    What is measured is `ask`: it takes texts, and gives answers, in the form that the client is made for.
    """

    name: str

    @abstractmethod
    def __init__(self, url: str, in_flight: int) -> None: ...

    def prepare(self, texts: Sequence[str]) -> Any:
        """Texts in the client's own form."""
        return texts

    @abstractmethod
    def ask(self, texts: Any) -> Any:
        """Asks about what was prepared."""

    def labels(self, answers: Any) -> list[str | None]:
        """One label for each text, out of what `ask` gave."""
        found: list[str | None] = answers
        return found

    def label(self, texts: Sequence[str]) -> list[str | None]:
        """All of it."""
        return self.labels(self.ask(self.prepare(texts)))

    def maybe_billed(self) -> int | None:
        """How many requests of the last `ask` may have been paid for unread, as the client says; None: it does not."""
        return None

    @abstractmethod
    def close(self) -> None: ...


def body_of(texts: Sequence[str]) -> bytes:
    """A request's body."""
    documents = [{"id": id, "text": text} for id, text in zip(_IDS, texts, strict=False)]
    body = {"kind": "SentimentAnalysis", "parameters": _PARAMETERS, "analysisInput": {"documents": documents}}
    return orjson.dumps(body)


def labels_of(body: bytes, count: int) -> list[str | None]:
    """An answer's labels, each in its document's place."""
    labels: list[str | None] = [None] * count
    for document in orjson.loads(body)["results"]["documents"]:
        labels[_PLACES[document["id"]]] = document["sentiment"]
    return labels


class Looped(Client):
    """A client on a loop of its own: as many workers as requests may be in flight, one iterator of work."""

    name = ""

    def __init__(self, url: str, in_flight: int) -> None:
        self._url = url
        self._in_flight = in_flight
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._open())

    def ask(self, texts: Sequence[str]) -> list[str | None]:
        return self._loop.run_until_complete(self._label(texts))

    def close(self) -> None:
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _label(self, texts: Sequence[str]) -> list[str | None]:
        found: list[str | None] = [None] * len(texts)
        starts = iter(range(0, len(texts), DOCUMENTS))

        async def work(starts: Iterator[int]) -> None:
            for start in starts:
                found[start : start + DOCUMENTS] = await self._ask(texts[start : start + DOCUMENTS])

        await asyncio.gather(*(work(starts) for _ in range(self._in_flight)))
        return found

    async def _open(self) -> None:
        raise NotImplementedError

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError


class Aiohttp(Looped):
    """The yardstick: aiohttp with everything switched off that costs time."""

    name = "bare aiohttp"

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=JSON_HEADERS,
        )

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        async with self._session.post(self._url + LANGUAGE_PATH, data=body_of(texts)) as response:
            return labels_of(await response.read(), len(texts))

    async def _close(self) -> None:
        await self._session.close()


class Httpx(Looped):
    """httpx as it comes."""

    name = "stock httpx"

    async def _open(self) -> None:
        self._client = httpx.AsyncClient(timeout=60.0)

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        response = await self._client.post(self._url + LANGUAGE_PATH, content=body_of(texts), headers=JSON_HEADERS)
        return labels_of(response.content, len(texts))

    async def _close(self) -> None:
        await self._client.aclose()


def _azure(url: str) -> tuple[str, Any]:
    """What each of Azure's clients for Language is made of."""
    from azure.core.credentials import AzureKeyCredential

    return url, AzureKeyCredential("not-a-key")


class AzureAsync(Looped):
    """Azure's own asynchronous client for Language."""

    name = "Azure SDK, async"

    async def _open(self) -> None:
        from azure.ai.textanalytics.aio import TextAnalyticsClient

        client: Any = TextAnalyticsClient(*_azure(self._url))
        self._client = client

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        ask: Callable[[Sequence[str]], Awaitable[Any]] = self._client.analyze_sentiment
        return [document.sentiment for document in await ask(texts)]

    async def _close(self) -> None:
        await self._client.close()


class AzureThreads(Client):
    """Azure's synchronous client, one for all threads; as many threads as requests may be in flight."""

    name = "Azure SDK, threads"

    def __init__(self, url: str, in_flight: int) -> None:
        from azure.ai.textanalytics import TextAnalyticsClient

        self._client: Any = TextAnalyticsClient(*_azure(url))
        self._threads = ThreadPoolExecutor(in_flight)

    def ask(self, texts: Sequence[str]) -> list[str | None]:
        pieces = [texts[start : start + DOCUMENTS] for start in range(0, len(texts), DOCUMENTS)]
        return [label for labels in self._threads.map(self._ask, pieces) for label in labels]

    def _ask(self, texts: Sequence[str]) -> list[str | None]:
        return [document.sentiment for document in self._client.analyze_sentiment(texts)]

    def close(self) -> None:
        self._threads.shutdown()
        self._client.close()


class AzureLoop(AzureThreads):
    """Azure's synchronous client as most scripts use it: one request after the other."""

    name = "Azure SDK, loop"

    def __init__(self, url: str, in_flight: int) -> None:
        super().__init__(url, 1)


class Dfai(Client):
    """dfai's core as the accessor calls it, from record batch to record batch."""

    name = "dfai core"
    documents = DOCUMENTS

    def __init__(self, url: str, in_flight: int) -> None:
        self._config = Config(target=dfai.container(url), concurrency=in_flight)
        service = services()["sentiment"]
        limits = {kind: replace(limit, max_documents=self.documents) for kind, limit in service.limits.items()}
        self._service = replace(service, limits=limits)
        self._call_id = ""

    def prepare(self, texts: Sequence[str]) -> pa.RecordBatch:
        return pa.record_batch([pa.array(texts)], names=["text"])

    def ask(self, texts: pa.RecordBatch) -> list[pa.RecordBatch]:
        call = Call(self._service, ("text",), "sentiment", options={"language": "en"}, config=self._config)
        self._call_id = call.id
        return list(run(call, [texts]))

    def labels(self, answers: list[pa.RecordBatch]) -> list[str | None]:
        for answer in answers:
            labels, errors = answer.column("sentiment"), answer.column("sentiment_error")
            if labels.null_count != len(errors) - errors.null_count:
                raise RuntimeError("rows without a label are not those with an error")
        return [label for answer in answers for label in answer.column("sentiment").to_pylist()]

    def maybe_billed(self) -> int:
        return counters_of(self._call_id).maybe_billed

    def close(self) -> None:
        return None  # connections belong to the process, not to a call


class DfaiSingles(Dfai):
    """The same with one document a request, as those ask who know no batches."""

    name = "dfai core, one document a request"
    documents = 1
