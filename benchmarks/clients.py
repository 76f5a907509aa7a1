"""The clients that are compared: each asks the same documents, in requests of ten, and gives back labels in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Protocol

import aiohttp
import httpx
import orjson
import pyarrow as pa

import dfai
from dfai_core import Call, Config, run, services

__all__ = ["CLIENTS", "Aiohttp", "AzureSdk", "Client", "Dfai", "Httpx"]

_DOCUMENTS = 10
_API = "/language/:analyze-text?api-version=2023-04-01"
_PARAMETERS = {"modelVersion": "latest", "loggingOptOut": True, "stringIndexType": "UnicodeCodePoint"}
_IDS = [str(place) for place in range(_DOCUMENTS)]
_PLACES = {id: place for place, id in enumerate(_IDS)}
_HEADERS = {"Content-Type": "application/json"}


class Client(Protocol):
    """A way to label many texts. It keeps its connections from one `label` to the next."""

    name: str

    def __init__(self, url: str, in_flight: int) -> None: ...

    def label(self, texts: Sequence[str]) -> list[str | None]:
        """One label for each text."""
        ...

    def close(self) -> None: ...


def _body(texts: Sequence[str]) -> bytes:
    documents = [{"id": id, "text": text} for id, text in zip(_IDS, texts, strict=False)]
    body = {"kind": "SentimentAnalysis", "parameters": _PARAMETERS, "analysisInput": {"documents": documents}}
    return orjson.dumps(body)


def _labels(body: bytes, count: int) -> list[str | None]:
    labels: list[str | None] = [None] * count
    for document in orjson.loads(body)["results"]["documents"]:
        labels[_PLACES[document["id"]]] = document["sentiment"]
    return labels


class _Looped:
    """A client on a loop of its own: as many workers as requests may be in flight, one iterator of work."""

    name = ""

    def __init__(self, url: str, in_flight: int) -> None:
        self._url = url
        self._in_flight = in_flight
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._open())

    def label(self, texts: Sequence[str]) -> list[str | None]:
        return self._loop.run_until_complete(self._label(texts))

    def close(self) -> None:
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _label(self, texts: Sequence[str]) -> list[str | None]:
        found: list[str | None] = [None] * len(texts)
        starts = iter(range(0, len(texts), _DOCUMENTS))

        async def work(starts: Iterator[int]) -> None:
            for start in starts:
                found[start : start + _DOCUMENTS] = await self._ask(texts[start : start + _DOCUMENTS])

        await asyncio.gather(*(work(starts) for _ in range(self._in_flight)))
        return found

    async def _open(self) -> None:
        raise NotImplementedError

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError


class Aiohttp(_Looped):
    """The yardstick: aiohttp with everything switched off that costs time."""

    name = "bare aiohttp"

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
        )

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        async with self._session.post(self._url + _API, data=_body(texts)) as response:
            return _labels(await response.read(), len(texts))

    async def _close(self) -> None:
        await self._session.close()


class Httpx(_Looped):
    """httpx as it comes."""

    name = "stock httpx"

    async def _open(self) -> None:
        self._client = httpx.AsyncClient(timeout=60.0)

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        response = await self._client.post(self._url + _API, content=_body(texts), headers=_HEADERS)
        return _labels(response.content, len(texts))

    async def _close(self) -> None:
        await self._client.aclose()


class AzureSdk(_Looped):
    """Azure's own asynchronous client for Language."""

    name = "azure-ai-textanalytics aio"

    async def _open(self) -> None:
        from azure.ai.textanalytics.aio import TextAnalyticsClient
        from azure.core.credentials import AzureKeyCredential

        client: Any = TextAnalyticsClient(self._url, AzureKeyCredential("not-a-key"))
        self._client = client

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        ask: Callable[[Sequence[str]], Awaitable[Any]] = self._client.analyze_sentiment
        return [document.sentiment for document in await ask(texts)]

    async def _close(self) -> None:
        await self._client.close()


class Dfai:
    """dfai's core as the accessor calls it, from record batch to record batch."""

    name = "dfai core"

    def __init__(self, url: str, in_flight: int) -> None:
        self._config = Config(target=dfai.container(url), concurrency=in_flight)

    def label(self, texts: Sequence[str]) -> list[str | None]:
        call = Call(services()["sentiment"], ("text",), "sentiment", options={"language": "en"}, config=self._config)
        batch = pa.record_batch([pa.array(texts)], names=["text"])
        answers = list(run(call, [batch]))
        return [label for answer in answers for label in answer.column(0).to_pylist()]

    def close(self) -> None:
        return None  # connections belong to the process, not to a call


CLIENTS: tuple[type[Client], ...] = (Aiohttp, Dfai, Httpx, AzureSdk)
