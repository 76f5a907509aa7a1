"""Several requests to an answer, and several rows to a request: pages, operations, batches."""

from __future__ import annotations

from typing import Any

import pytest

import dfai
from frames import Frames
from web_service import Site

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

TOKEN = "planted-0123456789abcdef"
NAME = {"name": ("$[1][0].name", "string")}


def test_pages_are_one_answer(frames: Frames, site: Site) -> None:
    frame = frames.build({"of": ["p", "q"]})
    whole = {of: [f"{of}{page}{part}" for page in range(3) for part in "ab"] for of in ("p", "q")}
    url = f"{site.url}/pages?of={{of}}"

    by_path = frames.read(frame.ai.http(url, pages=dfai.Pages("$.next", "$.items"), parse={"all": "$[*]"}))
    by_header = frames.read(frame.ai.http(url, pages="link", parse={"all": "$[*].items"}))
    too_many = frames.read(frame.ai.http(url, pages=dfai.Pages("$.next", most=2)))

    assert by_path["response_all"] == [whole["p"], whole["q"]]
    assert by_header["response_all"][0] == ['["p0a","p0b"]', '["p1a","p1b"]', '["p2a","p2b"]']
    assert too_many["response_error"] == ["too_large"] * 2
    assert "more than 2 pages" in too_many["response_error_message"][0]


def test_operations_are_polled_until_they_end(frames: Frames, site: Site) -> None:
    frame = frames.build({"text": ["good", "bad"]})

    answered = frame.ai.http(
        f"{site.url}/jobs", method="POST", json={"text": dfai.col("text")}, poll=dfai.Poll(), parse={"r": "$.result"}
    )
    result = frames.read(answered)

    assert result["response_r"] == ["GOOD", None]
    assert result["response_error"] == [None, "refused"]
    assert "it went wrong" in result["response_error_message"][1]
    assert site.polls == {"good": 3, "bad": 3}


def _batched(rows: list[dict[Any, Any]]) -> dict[str, Any]:
    return {"method": "POST", "json": {"texts": [row["t"] for row in rows]}}


def _apart(status: int, headers: Any, body: bytes) -> list[Any]:
    import json

    lengths = json.loads(body)["lengths"]
    return [dfai.Failure("refused", "too long") if length > 9 else {"length": length} for length in lengths]


def test_rows_share_requests_by_functions_of_the_users(frames: Frames, site: Site) -> None:
    texts = [f"text {number}" for number in range(45)] + ["poison", "far too long", None]
    frame = frames.build({"t": texts})
    batch = dfai.Batch(columns=["t"], size=10, request=_batched, answers=_apart)

    answered = frame.ai.http(
        f"{site.url}/batch", batch=batch, parse={"length": ("$.length", "int")}, idempotent=True, output="b"
    )
    result = frames.read(answered)

    assert result["b_length"][:45] == [len(text) for text in texts[:45] if text]
    assert result["b"][0] == '{"length":6}'
    assert result["b_error"] == [None] * 45 + ["refused", "refused", None]
    assert "one of them is poison" in result["b_error_message"][45]
    assert result["b_error_message"][46].startswith("too long")
    assert len(site.asked) < 20
