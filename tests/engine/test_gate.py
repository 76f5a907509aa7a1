"""What stands before the routes: the key, the number of requests, unknown paths, a container's own paths."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence

import httpx
import pytest

from contracts import load
from dfai_engine.app import App, create_app
from dfai_engine.language.documents import Answered, Document
from engine.wire import ask, documents, post, words

ENTITIES = "EntityRecognition"


@pytest.fixture
def guarded() -> App:
    return create_app(key="open sesame", kinds={ENTITIES: words})


@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "guess"}, {"Ocp-Apim-Subscription-Key": ""}])
def test_without_the_key_nothing_is_answered(guarded: App, headers: dict[str, str]) -> None:
    answer = post(guarded, ENTITIES, documents("a"), headers=headers)

    recorded = load("text-analytics-v3.1/recorded/bad_credentials_401.json")["interactions"][0]["response"]
    assert answer.status_code == recorded["status"] == 401
    assert answer.json()["error"].keys() == recorded["body"]["error"].keys()
    assert answer.json()["error"]["code"] == "401"


def test_with_the_key_requests_are_answered(guarded: App) -> None:
    answer = post(guarded, ENTITIES, documents("a"), headers={"Ocp-Apim-Subscription-Key": "open sesame"})

    assert answer.status_code == 200


def test_a_token_is_refused_with_the_reason(guarded: App) -> None:
    answer = post(guarded, ENTITIES, documents("a"), headers={"Authorization": "Bearer abc"})

    assert answer.status_code == 401
    assert "no tokens" in answer.json()["error"]["message"]


def test_a_container_tells_its_state_without_a_key(guarded: App) -> None:
    status, ready, swagger = (ask(guarded, "GET", path) for path in ("/status", "/ready", "/swagger"))

    assert status.json()["apiStatus"] == "Valid"
    assert ready.json()["ready"] == "ready"
    assert "/language/:analyze-text" in swagger.json()["paths"]
    assert swagger.json()["security"] == [{"key": []}]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/language/:analyze-text", 405), ("POST", "/text/analytics/v3.1/sentiment", 404), ("GET", "/", 404)],
)
def test_unserved_paths_and_methods_are_json_errors(method: str, path: str, status: int) -> None:
    answer = ask(create_app(kinds={}), method, path)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == str(status)
    assert "apim-request-id" in answer.headers


def test_more_requests_than_allowed_are_told_to_wait_but_probes_are_answered() -> None:
    begun, end = threading.Event(), threading.Event()

    def slow(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        begun.set()
        end.wait(30)
        return words(documents, parameters)

    app = create_app(kinds={ENTITIES: slow}, max_in_flight=1)
    body = {"kind": ENTITIES, "analysisInput": {"documents": documents("a")}}

    async def crowd() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine.test") as client:
            url = "/language/:analyze-text?api-version=2023-04-01"
            first = asyncio.create_task(client.post(url, json=body))
            await asyncio.to_thread(begun.wait, 30)
            second = await client.post(url, json=body)
            probe = await client.get("/status")
            end.set()
            return await first, second, probe

    first, second, probe = asyncio.run(crowd())

    assert first.status_code == 200
    assert second.status_code == 429
    assert second.headers["retry-after"] == "1"
    assert second.json()["error"]["code"] == "TooManyRequests"
    assert probe.status_code == 200
