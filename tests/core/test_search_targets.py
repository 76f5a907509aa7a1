"""Azure AI Search is another offering: endpoints, keys and tokens of its own, in every cloud."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import dfai
from dfai_core.asking import Question, ask_target
from dfai_core.errors import ConfigError, Rejected, Unauthorized, Unavailable
from dfai_core.services import services
from dfai_core.settings import resolve
from dfai_core.targets import Target, azure, container, local, route
from dfai_core.targets.clouds import CLOUDS, offering_of_host

SEARCH, SENTIMENT, IMAGES = (services()[name] for name in ("search_index", "sentiment", "search_images"))
MINE = "https://mine.search.windows.net"


def sent(target: Target, service: Any) -> dict[str, str]:
    """The headers that let a request for *service* in."""
    return dict(asyncio.run(target.resolve(service).credentials()).headers)


@pytest.mark.parametrize(
    "make", [lambda: azure(endpoint=MINE, key="abcdefgh"), lambda: container("http://localhost:1", key="abcdefgh")]
)
def test_a_search_service_reads_its_key_from_a_header_of_its_own(make: Any) -> None:
    assert sent(make(), SEARCH) == {"api-key": "abcdefgh"}
    assert sent(make(), SENTIMENT) == {"Ocp-Apim-Subscription-Key": "abcdefgh"}
    assert sent(make(), IMAGES) == {"Ocp-Apim-Subscription-Key": "abcdefgh"}


def test_an_endpoint_of_one_offering_does_not_serve_the_other() -> None:
    search, ai = azure(endpoint=MINE, key="k"), azure("westeurope", key="k")
    both = route({"search": search}, default=ai)

    search.check(SEARCH)
    both.check(SEARCH)
    both.check(SENTIMENT)
    azure(endpoint="https://gateway.example", key="k").check(SEARCH)
    for target, service, said in (
        (search, SENTIMENT, "needs a resource for AI services"),
        (ai, SEARCH, "needs a search service"),
        (azure(endpoint="https://me.cognitiveservices.azure.com", key="k"), SEARCH, "dfai.route"),
    ):
        with pytest.raises(ConfigError, match=said):
            target.check(service)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_tokens_are_asked_for_the_offering_in_its_cloud(cloud: str) -> None:
    known = CLOUDS[cloud]
    asked: list[str] = []

    class Credential:
        def get_token(self, *scopes: str, **_: Any) -> Any:
            asked.extend(scopes)
            return SimpleNamespace(token="t", expires_on=int(time.time()) + 3_600)

    target = azure(endpoint=f"https://mine.{known.search}", credential=Credential)
    sent(target, SEARCH)

    assert target.cloud == cloud
    assert offering_of_host(f"mine.{known.search}") == "search"
    assert asked == [known.search_scope]


# ---- one request of the driver's own -------------------------------------------------------------------------


def asking(answers: list[httpx.Response | Exception], **settings: Any) -> tuple[Any, list[httpx.Request]]:
    """What comes of a question to which the service gives *answers* one after the other."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        found = answers[len(seen) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    config, _ = resolve([("test", {"target": azure(endpoint=MINE, key="k" * 9), "attempts": 3, **settings})])
    config, _ = resolve(
        [("test", {"target": config.target, "attempts": 3, "transport": httpx.MockTransport(answer), **settings})]
    )
    question = Question("GET", "/indexes('a')?api-version=1", accepts=frozenset({200, 404}))
    try:
        return ask_target(SEARCH, config, question), seen
    except dfai.errors.DfaiError as error:
        return error, seen


BUSY = httpx.Response(503, headers={"Retry-After": "0"})


def test_a_question_is_asked_again_while_the_service_is_busy() -> None:
    answer, seen = asking([BUSY, httpx.ConnectError("no"), httpx.Response(404, json={})])

    assert answer.status == 404
    assert len(seen) == 3
    assert {request.headers["api-key"] for request in seen} == {"k" * 9}
    assert {str(request.url) for request in seen} == {f"{MINE}/indexes('a')?api-version=1"}


@pytest.mark.parametrize(
    ("answers", "kind", "said", "asked"),
    [
        ([BUSY] * 3, Unavailable, "HTTP 503", 3),
        ([httpx.Response(400, json={"error": {"code": "", "message": "bad name"}})], Rejected, "bad name", 1),
        ([httpx.Response(403, json={"error": {"message": "no"}})], Unauthorized, "refused", 1),
    ],
)
def test_a_question_without_an_answer_says_why(answers: Any, kind: type[Exception], said: str, asked: int) -> None:
    error, seen = asking(answers)

    assert isinstance(error, kind)
    assert said in str(error)
    assert "k" * 9 not in str(error)
    assert len(seen) == asked


def test_the_embedded_engine_needs_no_key() -> None:
    local().check(SEARCH)
    assert sent(local(), SEARCH) == {}
