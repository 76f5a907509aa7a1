"""Answers that do not end, or grow when they are unpacked: reading stops at max_answer_bytes."""

from __future__ import annotations

import asyncio
import resource
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from dfai_core.targets import container
from dfai_core.transports import Answer, BadAnswer, Request
from dfai_core.transports.asgi import AsgiTransport
from dfai_core.transports.httpx import HttpxTransport
from faults.calls import call_of, counted, rows_of
from faults.server import Server, Step, Turn, head, on_text, status

LIMIT_BYTES = 1_000_000
PIECE = b" " * 65_536
BOMB_BYTES = 300_000_000


class Sent:
    """How many bytes of bodies left a server."""

    def __init__(self) -> None:
        self.bytes = 0

    async def endless(self, turn: Turn) -> None:
        await turn.raw(head(200, {"Transfer-Encoding": "chunked"}))
        while True:
            await turn.raw(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
            self.bytes += len(PIECE)

    async def announced(self, turn: Turn) -> None:
        await turn.raw(head(200, {"Content-Length": "10000000000000"}))
        while True:
            await turn.raw(PIECE)
            self.bytes += len(PIECE)

    async def to_the_end(self, turn: Turn) -> None:
        await turn.raw(head(200, {"Connection": "close"}))
        while True:
            await turn.raw(PIECE)
            self.bytes += len(PIECE)


def bomb() -> bytes:
    """Hundreds of megabytes of blanks, as gzip writes them."""
    packer = zlib.compressobj(wbits=31)
    blanks = b" " * 1_000_000
    return b"".join([packer.compress(blanks) for _ in range(BOMB_BYTES // len(blanks))]) + packer.flush()


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


@pytest.mark.parametrize("kind", ["endless", "announced", "to_the_end"])
def test_an_answer_without_end_is_that_rows_error_and_no_more_is_read_than_may_be(kind: str) -> None:
    sent = Sent()
    step = Step(getattr(sent, kind))
    texts = [f"text {n}" for n in range(9)] + ["endless"]
    with Server(then=on_text("endless", step)) as server:
        call = call_of(target=container(server.url), max_answer_bytes=LIMIT_BYTES, timeout_s=30.0)
        rows = rows_of(call, texts)

    assert rows[:9] == [([text], None, None) for text in texts[:9]]
    assert rows[9][:2] == (None, "bad_answer")
    assert "larger than 1,000,000 bytes (max_answer_bytes=)" in str(rows[9][2])
    # Ten documents, then those halves that hold the one: 10, 5, 3 or 2, 2 or 1, 1. None of them was sent twice.
    cut = counted(call).maybe_billed
    assert 4 <= cut <= 5
    # What the system's buffers hold besides was never read.
    assert sent.bytes < cut * (LIMIT_BYTES + 20_000_000)


def test_a_small_answer_that_unpacks_to_a_huge_one_does_not_fill_the_memory() -> None:
    packed = bomb()
    with Server(then=status(200, packed, Content_Encoding="gzip")) as server:
        call = call_of(target=container(server.url), max_answer_bytes=LIMIT_BYTES, timeout_s=30.0)
        before = peak_bytes()
        rows = rows_of(call, ["bomb"])
        grown = peak_bytes() - before

    assert len(packed) < LIMIT_BYTES
    assert rows[0][:2] == (None, "bad_answer")
    assert "max_answer_bytes" in str(rows[0][2])
    assert grown < BOMB_BYTES / 3


def test_an_answer_just_as_large_as_it_may_be_is_read() -> None:
    async def act(turn: Turn) -> None:
        body = b'{"results": {"documents": [{"id": "0", "keyPhrases": ["here"]}], "errors": []}}'
        await turn.answer(200, body.ljust(LIMIT_BYTES))

    with Server(then=Step(act)) as server:
        rows = rows_of(call_of(target=container(server.url), max_answer_bytes=LIMIT_BYTES), ["text"])

    assert rows == [(["here"], None, None)]


class Blanks(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield PIECE


async def _app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})


@pytest.mark.parametrize(
    "transport",
    [HttpxTransport(httpx.MockTransport(lambda request: httpx.Response(200, stream=Blanks()))), AsgiTransport(_app)],
    ids=["httpx", "asgi"],
)
def test_the_other_transports_stop_there_too(transport: HttpxTransport | AsgiTransport) -> None:
    request = Request("POST", "http://here.example/", {}, b"", max_answer_bytes=LIMIT_BYTES)

    with pytest.raises(BadAnswer, match="max_answer_bytes") as caught:
        asyncio.run(asyncio.wait_for(transport.send(request), 20.0))
    assert caught.value.permanent


class Unbounded:
    """A transport of somebody's own, which reads whatever comes."""

    async def send(self, request: Request) -> Answer:
        return Answer(200, {}, b" " * 2_000)

    async def aclose(self) -> None:
        return None


def test_an_answer_of_a_transport_without_a_bound_is_refused_all_the_same() -> None:
    rows = rows_of(call_of(transport=Unbounded(), max_answer_bytes=1_000), ["text"])

    assert rows[0][:2] == (None, "bad_answer")
    assert "max_answer_bytes" in str(rows[0][2])
