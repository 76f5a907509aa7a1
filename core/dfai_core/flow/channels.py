"""Connections to a coordinator over TCP: lines of JSON, the first of which shows a token."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from dfai_core.flow.coordinator import Channel, Coordinator

__all__ = ["Listener", "dial", "listen"]

_LONGEST_LINE = 65_536
_GREETING_S = 10.0
# The kernel asks whether the other machine is still there, and answers for a process that is busy.
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}


class _Lines(Channel):
    """One JSON object a line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        peer = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):  # they are not the same everywhere
                peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    async def read(self) -> dict[str, Any]:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the connection has ended")
        message = orjson.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message is an object")
        return message

    async def write(self, message: dict[str, Any]) -> None:
        self._writer.write(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))
        await self._writer.drain()

    def abort(self) -> None:
        self._writer.transport.abort()


class Listener:
    """A coordinator that can be reached: *port* is where, *token* is what a first line must show."""

    def __init__(self) -> None:
        self.coordinator: Coordinator = Coordinator()
        self.token: str = secrets.token_hex(16)
        self.port: int = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str) -> None:
        """Listens on *host*, on a free port."""
        self._server = await asyncio.start_server(self._connected, host, 0, limit=_LONGEST_LINE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Ends all connections."""
        if self._server is not None:
            self._server.close()
        connections = list(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(_Lines(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, channel: _Lines) -> None:
        # Whoever does not talk as one of ours does gets no answer at all.
        with suppress(OSError, ValueError, TypeError, LookupError, TimeoutError):
            try:
                async with asyncio.timeout(_GREETING_S):
                    hello = await channel.read()
                if hmac.compare_digest(str(hello.pop("token", "")).encode(), self.token.encode()):
                    await self.coordinator.serve(channel, hello)
            finally:
                channel.abort()


async def listen(host: str) -> Listener:
    """A new coordinator that listens on *host*."""
    listener = Listener()
    await listener.start(host)
    return listener


async def dial(place: str, token: str, hello: Mapping[str, Any]) -> Channel:
    """A connection to the coordinator at *place*, "host:port", which has been told *hello*."""
    host, _, port = place.rpartition(":")
    channel = _Lines(*await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST_LINE))
    await channel.write({"token": token, **hello})
    return channel
