"""Whatever a service does: as many rows as went in, in order, each with its own answer or an error, never both."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from dfai_core.transports import Answer, BadAnswer, MaybeSent, NotSent, Request
from faults.calls import Row, call_of, counted, hurry, rows_of
from faults.server import answered

CASES = 10_000
CODES = {"rate_limited", "unavailable", "bad_answer", "refused", "too_large", "stopped", "timeout", "unauthorized"}
ANSWERS = (200, 200, 200, 200, 200, 200, 400, 404, 408, 413, 429, 500, 503, 204)


class Fickle:
    """A transport in process that fails in every way, as *dice* fall."""

    def __init__(self, dice: random.Random, trouble: float) -> None:
        self._dice = dice
        self._trouble = trouble

    async def aclose(self) -> None:
        return None

    async def send(self, request: Request) -> Answer:
        dice = self._dice
        for _ in range(dice.randrange(3)):
            await asyncio.sleep(0)
        assert request.body is not None
        body = answered(orjson.loads(request.body)["analysisInput"]["documents"])
        if dice.random() >= self._trouble:
            return Answer(200, {}, orjson.dumps(body))
        match dice.randrange(6):
            case 0:
                raise dice.choice((NotSent, MaybeSent, BadAnswer))("broken")
            case 1:
                return Answer(dice.choice(ANSWERS), {"retry-after-ms": "1"}, b'{"error": {"code": "Trouble"}}')
            case 2:
                whole = orjson.dumps(body)
                return Answer(200, {}, whole[: dice.randrange(len(whole))])
            case _:
                return Answer(200, {}, orjson.dumps(self._spoilt(body)))

    def _spoilt(self, body: dict[str, Any]) -> dict[str, Any]:
        """Some documents lost, doubled, under wrong ids, of wrong types, or among the errors instead or as well."""
        dice = self._dice
        results = body["results"]
        for document in list(results["documents"]):
            match dice.randrange(12):
                case 0:
                    results["documents"].remove(document)
                case 1:
                    results["documents"].append({**document, "keyPhrases": ["of another"]})
                case 2:
                    document["id"] = dice.choice(["77777", "-1", "", 3, None, ["0"]])
                case 3:
                    document["keyPhrases"] = dice.choice([None, 5, [7], {}])
                case 4:
                    code = dice.choice(["InvalidDocument", "InternalServerError"])
                    results["errors"].append({"id": document["id"], "error": {"code": code, "message": "why"}})
                    if dice.random() < 0.7:
                        results["documents"].remove(document)
                case 5:
                    results["errors"].append(dice.choice([None, "text", {"id": "0"}, {"error": 5}]))
        dice.shuffle(results["documents"])
        return body


def texts_of(dice: random.Random) -> list[str | None]:
    kinds = [None, "", " ", "same", "long " * 1_500, "\x00control", "e\u0301\U0001f468\u200d\U0001f469"]
    rows, distinct = dice.choice(((5, 5), (60, 40), (160, 400)))
    return [
        dice.choice(kinds) if dice.random() < 0.2 else f"row {dice.randrange(distinct)}"
        for _ in range(dice.randrange(1, rows))
    ]


def check(texts: Sequence[str | None], rows: Sequence[Row]) -> None:
    assert len(rows) == len(texts)
    for text, (headline, code, message) in zip(texts, rows, strict=True):
        if text is None:
            assert (headline, code, message) == (None, None, None)
        elif not text.strip():
            assert (headline, code) == (None, "empty")
        elif code is None:
            # A long text's pieces are joined without repeating a phrase: they are its parts in order.
            assert headline == [text] or (len(text) > 5_120 and text.startswith("".join(headline)))
            assert message is None
        else:
            assert headline is None
            assert code in CODES
            assert message


@pytest.mark.parametrize("block", range(6))
def test_every_row_ends_once_and_as_itself(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, 0.0005)
    started = time.process_time()
    seen: set[str | None] = set()
    for case in range(CASES // 6):
        dice = random.Random(block * CASES + case)
        texts = texts_of(dice)
        call = call_of(
            transport=Fickle(dice, trouble=dice.choice((0.05, 0.3, 0.9))),
            attempts=dice.choice((1, 2, 4)),
            concurrency=dice.choice((1, 3, 16)),
            max_error_ratio=dice.choice((1.0, 0.1)),
            include=dice.choice(((), ("error_detail",))),
        )
        rows = rows_of(call, texts, size=dice.choice((None, 1, 7)))
        check(texts, rows)
        counters = counted(call)
        assert counters.settled == counters.documents
        assert counters.rows == len(texts)
        assert sum(counters.errors.values()) == sum(code is not None for _, code, _ in rows)
        asking = sum(text is not None and bool(text.strip()) for text in texts)
        assert counters.documents + counters.coalesced == asking
        seen |= {code for _, code, _ in rows}

    assert seen >= {None, "empty", "unavailable", "bad_answer", "refused"}
    assert time.process_time() - started < 60  # of computing, however busy the machine is with other things
