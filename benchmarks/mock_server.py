"""The mock's own process: HTTP over a bare `asyncio.Protocol`, since a framework would be slower than the clients."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import asdict

import orjson

from benchmarks.mock_answers import ROUTES, Answered, client_of
from benchmarks.mock_behaviour import Behaviour, Fate
from benchmarks.mock_counters import ClientCounts, Counters, Memory, Pauses
from benchmarks.quotas import QUOTAS

__all__ = ["serve"]

_JSON = b"\r\nContent-Type: application/json; charset=utf-8\r\napim-request-id: mock"
_GOOD = b"HTTP/1.1 200 OK" + _JSON
_REASONS = {429: b"429 Too Many Requests", 500: b"500 Internal Server Error", 502: b"502 Bad Gateway"}
_REASONS[503] = b"503 Service Unavailable"
_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends RST


class _Service:
    """What all connections share."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.loop = asyncio.get_running_loop()
        self._round_at = -math.inf
        self.behave(behaviour)

    def behave(self, behaviour: Behaviour) -> None:
        """Begins anew, in another way."""
        self.behaviour = behaviour
        self.even = behaviour.even
        self.dice = random.Random(behaviour.seed)
        self.quota = QUOTAS[behaviour.quota](behaviour.quota_per_s) if behaviour.quota else None
        self.pauses = Pauses()
        self.counters = Counters()
        self.reset()

    def reset(self) -> None:
        """Counts anew: the quota and the pauses go on."""
        self.counters = Counters(in_flight=self.counters.in_flight)
        self.memory = Memory()
        self._cpu_start_s = time.process_time()

    def arrived_at(self) -> float:
        """When what is being read had arrived: as this round of the loop began, not when its turn came."""
        if self._round_at == -math.inf:
            self._round_at = self.loop.time()
            self.loop.call_soon(self._end_round)  # runs before anything that the next round reads
        return self._round_at

    def _end_round(self) -> None:
        self._round_at = -math.inf

    def began(self, documents: int) -> None:
        """Counts a request as it arrives."""
        counters = self.counters
        counters.requests += 1
        counters.documents += documents
        counters.in_flight += 1
        if counters.in_flight > counters.max_in_flight:
            counters.max_in_flight = counters.in_flight

    def fate(self, texts: list[str]) -> Fate:
        """What becomes of a request that is not answered as all others are."""
        self.counters.repeated_documents += self.memory.asked(texts)
        if self.quota is not None and not self._within(client_of(texts)):
            return Fate("refused", self.behaviour.refusal_s, 429)
        return self.behaviour.fate(self.dice)

    def _within(self, name: str) -> bool:
        """Whether the quota has room for a request of the client *name*."""
        counters, now = self.counters, self.arrived_at()
        client = self._client(name)
        client.requests += 1
        counters.in_window += self.pauses.broken(name, now)
        counters.in_window_of_others += self.pauses.broken_by_other(name, now)
        assert self.quota is not None
        if self.quota.take(now) is None:
            return True
        client.refused += 1
        return False

    def _client(self, name: str) -> ClientCounts:
        return self.counters.clients.setdefault(name, ClientCounts())

    def ended(self, kind: str, texts: list[str]) -> None:
        """Counts a request of some fate as its answer leaves."""
        counters = self.counters
        counters.in_flight -= 1
        setattr(counters, kind, getattr(counters, kind) + 1)
        if kind in ("answered", "reset", "malformed"):
            counters.billed_twice += self.memory.billed(texts)
        if self.quota is None:
            return
        if kind == "answered":
            self._client(client_of(texts)).answered += 1
        elif kind == "refused" and self.behaviour.retry_after_s is not None:
            left_at, retry_after_s = self.loop.time(), self.behaviour.retry_after_s
            self.pauses.refused(client_of(texts), left_at=left_at, retry_after_s=retry_after_s)

    def control(self, method: bytes, path: bytes, body: bytes) -> tuple[bytes, bytes]:
        """Anything but an analysis: body and status."""
        match method, path:
            case b"GET", b"/counters":
                self.counters.cpu_s = time.process_time() - self._cpu_start_s
                return orjson.dumps(asdict(self.counters)), b"200 OK"
            case b"POST", b"/reset":
                self.reset()
                return b"{}", b"200 OK"
            case b"PUT", b"/behaviour":
                self.behave(Behaviour.from_json(orjson.loads(body)))
                return b"{}", b"200 OK"
            case _:
                return b'{"error":{"code":"NotFound","message":"there is no such path"}}', b"404 Not Found"


class _Connection(asyncio.Protocol):
    """One client's connection: whole requests in, answers out, one after the other."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._buffer = b""
        self._busy = False
        self._hanging = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._service.counters.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        if self._hanging:
            self._service.counters.in_flight -= 1

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        """Starts on the first request in the buffer, once all of it is there."""
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = buffer[:end].lower()
        place = head.find(b"\r\ncontent-length:")
        size = int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        stop = end + 4 + size
        if len(buffer) < stop:
            return
        self._buffer = buffer[stop:]
        method, path, _ = buffer[: buffer.index(b"\r\n")].split(b" ", 2)
        body = buffer[end + 4 : stop]
        if method == b"POST":
            for beginning, answer in ROUTES:
                if path.startswith(beginning):
                    self._analyze(answer(body))
                    return
        found, status = self._service.control(method, path, body)
        self._write(b"HTTP/1.1 " + status, found)

    def _analyze(self, answer: Answered) -> None:
        service = self._service
        service.began(len(answer.texts))
        self._busy = True
        if service.even:
            wait_s = service.behaviour.latency.draw(service.dice)
            if wait_s:
                service.loop.call_later(wait_s, self._answer, answer.body)
            else:
                self._answer(answer.body)
            return
        fate = service.fate(answer.texts)
        if fate.kind == "hanging":
            self._hanging = True
            service.counters.hanging += 1
        elif fate.after_s:
            service.loop.call_later(fate.after_s, self._end, fate, answer)
        else:
            self._end(fate, answer)

    def _answer(self, body: bytes) -> None:
        """The end of nearly all requests, in as few steps as it takes."""
        counters = self._service.counters
        counters.in_flight -= 1
        counters.answered += 1
        self._busy = False
        self._write(_GOOD, body)
        if self._buffer:
            self._next()

    def _end(self, fate: Fate, answer: Answered) -> None:
        service = self._service
        service.ended(fate.kind, answer.texts)
        self._busy = False
        match fate.kind:
            case "answered":
                self._write(_GOOD, answer.body)
            case "refused" | "failed":
                self._refuse(fate.status, service.behaviour)
            case "reset":
                service.counters.unread += 1
                self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self._transport.abort()
            case "malformed":
                service.counters.unread += not self._transport.is_closing()
                self._spoil(answer.body)
        if self._buffer:
            self._next()

    def _refuse(self, status: int, behaviour: Behaviour) -> None:
        head = b"HTTP/1.1 " + _REASONS[status] + _JSON
        if status == 429 and behaviour.retry_after_s is not None:
            head += b"\r\nRetry-After: %g" % behaviour.retry_after_s
        self._write(head, b'{"error":{"code":"%d","message":"planned by the mock"}}' % status)

    def _spoil(self, body: bytes) -> None:
        """By turns of chance: JSON that ends in its middle, or fewer bytes than announced."""
        half = body[: len(body) // 2]
        if self._service.dice.random() < 0.5:
            self._write(_GOOD, half)
        else:
            self._write(_GOOD, half, announced=len(body))
            self._transport.close()

    def _write(self, head: bytes, body: bytes, announced: int | None = None) -> None:
        if self._transport.is_closing():
            self._service.counters.unread += 1
            return
        size = len(body) if announced is None else announced
        self._transport.write(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, size, body))


async def serve(behaviour: Behaviour, port: int, announce: Callable[[str], None]) -> None:
    """Serves until it is cancelled; tells its address once it listens."""
    service = _Service(behaviour)
    server = await service.loop.create_server(lambda: _Connection(service), "127.0.0.1", port, backlog=1_024)
    announce(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    gc.collect()
    gc.freeze()
    async with server:
        await server.serve_forever()
