"""Calls an ASGI application in this process: no socket, no copy of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from dfai_core.transports.base import Answer, BadAnswer, Request, too_large

__all__ = ["AsgiApp", "AsgiTransport", "Headers"]

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


class Headers(dict[str, str]):
    """Header names in lower case, looked up in any case."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())


class AsgiTransport:
    """Sends requests to *app* on the running loop."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._scopes: dict[str, dict[str, Any]] = {}

    def _scope(self, request: Request) -> dict[str, Any]:
        scope = self._scopes.get(request.url)
        if scope is None:
            parts = urlsplit(request.url)
            if len(self._scopes) > 1_000:
                self._scopes.clear()
            scope = self._scopes[request.url] = {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.4"},
                "http_version": "1.1",
                "scheme": parts.scheme,
                "path": unquote(parts.path),
                "raw_path": parts.path.encode(),
                "query_string": parts.query.encode(),
                "root_path": "",
                "client": ("127.0.0.1", 0),
                "server": (parts.hostname, parts.port or 80),
            }
        body = request.body or b""
        headers = [(b"host", b"local"), (b"content-length", str(len(body)).encode())]
        headers.extend(_encoded(request.headers))
        # The app may write into its scope, so each request has its own.
        return {**scope, "method": request.method, "headers": headers, "state": {}}

    async def send(self, request: Request) -> Answer:
        body: bytes | None = request.body or b""
        status = 0
        head: list[tuple[bytes, bytes]] = []
        chunks: list[bytes] = []
        size_bytes = 0

        async def receive() -> Message:
            nonlocal body
            if body is None:
                await asyncio.Event().wait()  # a client that stays until it is cancelled
            sent, body = body, None
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, head, size_bytes
            if message["type"] == "http.response.start":
                status, head = message["status"], message.get("headers", [])
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))
                size_bytes += len(chunks[-1])
                if size_bytes > request.max_answer_bytes:
                    raise too_large(request)

        try:
            await self._app(self._scope(request), receive, send)
        except BadAnswer:  # ours, from where it sends
            raise
        except Exception as error:  # a server's crash is a 500 to its client; the cause must not be lost
            if status == 0:
                message = f"the embedded engine failed: {type(error).__name__}: {error}"
                raise BadAnswer(message) from error
            raise BadAnswer(f"the embedded engine broke off its answer: {type(error).__name__}") from error
        if status == 0:
            raise BadAnswer("the embedded engine gave no answer")
        headers = Headers((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in head)
        return Answer(status, headers, chunks[0] if len(chunks) == 1 else b"".join(chunks))

    async def aclose(self) -> None:
        self._scopes.clear()


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
