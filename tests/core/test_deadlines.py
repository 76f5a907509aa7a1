"""A row's deadline is one, however many requests its text takes, and costs no row beside it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pandas as pd
import pytest

import dfai

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

PIECE = "It says nothing at all. "


class Slow:
    """A service that answers only requests for a short text; *asked* are the texts of each."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.transport = httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/v1"):
            texts = [request.content.decode()]
        else:
            texts = [one["text"] for one in json.loads(request.content)["analysisInput"]["documents"]]
        self.asked.append(texts)
        if texts != ["good"]:
            await asyncio.sleep(3_600)
        answer: dict[str, Any] = {"id": "0", "keyPhrases": ["good"], "warnings": []}
        return httpx.Response(200, json={"results": {"documents": [answer], "errors": []}})


@pytest.mark.parametrize(("verb", "chars"), [("key_phrases", 60_000), ("synthesize_speech", 10_000)])
def test_the_parts_of_a_long_text_have_one_deadline(verb: str, chars: int) -> None:
    service = Slow()
    frame = pd.DataFrame({"t": [PIECE * (chars // len(PIECE))]})
    target = dfai.container("http://127.0.0.1:9")
    settings: Any = {"target": target, "transport": service.transport, "store": None, "language": "en"}
    result = getattr(dfai.on(frame), verb)("t", output="x", deadline_s=0.2, concurrency=1, **settings)

    assert result["x_error"].tolist() == ["timeout"]
    assert len(service.asked) == 1  # no time was left for the others


def test_a_text_that_shares_a_request_with_a_late_one_has_its_own() -> None:
    service = Slow()
    long = PIECE * (5_120 * 10 // len(PIECE) + 100)
    frame = pd.DataFrame({"t": [long, "good"]})
    target = dfai.container("http://127.0.0.1:9")
    settings: Any = {"target": target, "transport": service.transport, "store": None, "language": "en"}
    result = dfai.on(frame).key_phrases("t", deadline_s=1.5, concurrency=1, **settings)

    assert result["key_phrases_error"].fillna("").tolist() == ["timeout", ""]
    assert result["key_phrases"].tolist()[1] == ["good"]
    assert [len(texts) for texts in service.asked] == [10, 1]
