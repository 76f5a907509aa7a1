"""A Language service on raw loopback sockets that misbehaves on purpose, one script for each test.

A step says what happens to one request: it writes bytes, drips them, breaks the connection, or hangs. Key phrases
are answered with the text itself, so that a row can tell whether its answer is its own.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

__all__ = ["Received", "Server", "Step", "Turn", "answered", "healthy", "on_text", "once", "refusing_port", "status"]

Document = dict[str, Any]
_HANG_S = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    at: float  # on the monotonic clock

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def documents(self) -> list[Document]:
        documents: list[Document] = self.json["analysisInput"]["documents"]
        return documents

    @property
    def texts(self) -> list[str]:
        return [document["text"] for document in self.documents] if self.body else []


@dataclass(slots=True)
class Turn:
    """One request's turn on its connection."""

    server: Server
    received: Received
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, code: int, body: object = b"", headers: Mapping[str, str] | None = None) -> None:
        """A whole, correct HTTP response; what is not bytes is written as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self.raw(head(code, {"Content-Length": str(len(content)), **(headers or {})}) + content)

    def close(self) -> None:
        """Ends the connection in order (FIN)."""
        self.writer.close()

    def reset(self) -> None:
        """Breaks the connection (RST)."""
        peer = self.writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one request. *early*: before its body is read."""

    act: Callable[[Turn], Awaitable[None]]
    early: bool = False


def head(code: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} Said", "Content-Type: application/json", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answered(documents: Iterable[Document]) -> dict[str, Any]:
    """The right answer: each text is its own only key phrase."""
    listed = [{"id": d["id"], "keyPhrases": [d["text"]], "warnings": []} for d in documents]
    return {
        "kind": "KeyPhraseExtractionResults",
        "results": {"documents": listed, "errors": [], "modelVersion": "2022-10-01"},
    }


async def _healthy(turn: Turn) -> None:
    await turn.answer(200, answered(turn.received.documents))


healthy = Step(_healthy)
"""Answers as it should."""


def status(code: int, body: object = b"", **headers: str) -> Step:
    """Answers with *code*; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def act(turn: Turn) -> None:
        await turn.answer(code, body, named)

    return Step(act)


def on_text(word: str, step: Step) -> Step:
    """*step* for requests that hold a text with *word* in it; the others are answered."""

    async def act(turn: Turn) -> None:
        chosen = step if any(word in text for text in turn.received.texts) else healthy
        await chosen.act(turn)

    return Step(act)


def once(step: Step) -> Iterator[Step]:
    """*step* for the first request."""
    return iter([step])


@dataclass
class Server:
    """Serves *script*, then *then* for every further request, on a thread of its own.

    *port* is any free one, unless it is given: as one that was down comes up again.
    """

    script: Iterator[Step] = field(default_factory=lambda: iter(()))
    then: Step = healthy
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[str]:
        """Every text, in the order of arrival."""
        return [text for received in self.received for text in received.texts]

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        connections: set[asyncio.Task[None]] = set()
        writers: list[asyncio.StreamWriter] = []

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            task = asyncio.create_task(self._connection(reader, writer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(
            connected, "127.0.0.1", self.port, limit=16_000_000, backlog=2_000, ssl=self.tls
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._over.wait()
        server.close()
        # Connections that are just being accepted are tasks of the loop's own: let them come in before all are closed.
        await asyncio.gather(*(asyncio.all_tasks() - connections - {asyncio.current_task()}))
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                while not writer.is_closing() and await self._exchange(reader, writer):
                    pass
            finally:
                writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = await reader.readline()
        if not first:
            return False
        step = next(self.script, self.then)
        method, path, _ = first.decode().split(" ", 2)
        if step.early:
            await step.act(Turn(self, Received(method, path, {}, b"", time.monotonic()), reader, writer))
            return True
        headers: dict[str, str] = {}
        while (line := await reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        received = Received(method, path, headers, body, time.monotonic())
        self.received.append(received)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await step.act(Turn(self, received, reader, writer))
        finally:
            self.in_flight -= 1
        return True


async def _hang(turn: Turn) -> None:
    await asyncio.sleep(_HANG_S)


async def _drip(turn: Turn) -> None:
    await turn.raw(head(200, {"Content-Length": "1000"}))
    for _ in range(1_000):
        await turn.raw(b" ")
        await asyncio.sleep(0.05)


async def _cut_length(turn: Turn) -> None:
    content = json.dumps(answered(turn.received.documents)).encode()
    await turn.raw(head(200, {"Content-Length": str(len(content) + 50)}) + content)
    turn.close()


async def _cut_chunk(turn: Turn) -> None:
    await turn.raw(head(200, {"Transfer-Encoding": "chunked"}) + b'40\r\n{"kind": "Key')
    turn.close()


async def _cut_without_length(turn: Turn) -> None:
    content = json.dumps(answered(turn.received.documents)).encode()
    await turn.raw(head(200, {"Connection": "close"}) + content[: len(content) // 2])
    turn.close()


async def _half_head(turn: Turn) -> None:
    await turn.raw(b"HTTP/1.1 200 OK\r\nContent-Ty")
    turn.close()


async def _close(turn: Turn) -> None:
    turn.close()


async def _reset(turn: Turn) -> None:
    turn.reset()


async def _garbage(turn: Turn) -> None:
    await turn.raw(b"\x16\x03\x01 this is no HTTP at all\r\n\r\n")
    turn.close()


async def _bad_gzip(turn: Turn) -> None:
    await turn.answer(200, b"not compressed", {"Content-Encoding": "gzip"})


def _altered(change: Callable[[list[Document]], list[Document]]) -> Step:
    async def act(turn: Turn) -> None:
        body = answered(turn.received.documents)
        body["results"]["documents"] = change(body["results"]["documents"])
        await turn.answer(200, body)

    return Step(act)


hang = Step(_hang)
drip = Step(_drip)
cut_length = Step(_cut_length)
cut_chunk = Step(_cut_chunk)
cut_without_length = Step(_cut_without_length)
half_head = Step(_half_head)
reset_before_reading = Step(_reset, early=True)
close_before_reading = Step(_close, early=True)
reset_after_reading = Step(_reset)
close_after_reading = Step(_close)
garbage = Step(_garbage)
bad_gzip = Step(_bad_gzip)
huge_header = status(200, b"", X_Huge="x" * 20_000)
wrong_ids = _altered(lambda documents: [{**document, "id": f"x{document['id']}"} for document in documents])
missing = _altered(lambda documents: documents[1:])
duplicate = _altered(lambda documents: [*documents, {**documents[0], "keyPhrases": ["someone else's"]}])
extra = _altered(lambda documents: [*documents, {"id": "9999", "keyPhrases": ["never asked"], "warnings": []}])
not_objects = _altered(lambda documents: ["text", 7, None, *documents[1:]])  # type: ignore[list-item]
wrong_types = _altered(lambda documents: [{**document, "keyPhrases": 7} for document in documents])
headless = _altered(lambda documents: [{**document, "keyPhrases": None} for document in documents])


def refusing_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
    return port
