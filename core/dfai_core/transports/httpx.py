"""Any ``httpx.AsyncBaseTransport`` as ours: ``httpx.MockTransport`` in tests, users' own transports elsewhere."""

from __future__ import annotations

import httpx

from dfai_core.transports.base import Answer, BadAnswer, MaybeSent, NotSent, Request, too_large

__all__ = ["HttpxTransport"]


class HttpxTransport:
    """Adapts *transport*; slower than the default (httpx builds a request and a response object each time)."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HttpxTransport) and other._transport is self._transport

    def __hash__(self) -> int:
        return id(self._transport)

    async def send(self, request: Request) -> Answer:
        try:
            outgoing = httpx.Request(request.method, request.url, headers=dict(request.headers), content=request.body)
            response = await self._transport.handle_async_request(outgoing)
            try:
                pieces, size_bytes = [], 0
                async for piece in response.aiter_bytes():
                    pieces.append(piece)
                    size_bytes += len(piece)
                    if size_bytes > request.max_answer_bytes:
                        raise too_large(request)
            finally:
                await response.aclose()
        except httpx.InvalidURL as error:
            raise NotSent(f"not a URL: {error}", permanent=True) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSent(f"no connection: {type(error).__name__}: {error}") from error
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise BadAnswer(f"the answer was cut short or is not HTTP ({type(error).__name__})") from error
        except httpx.HTTPError as error:
            raise MaybeSent(f"the connection broke: {type(error).__name__}: {error}") from error
        return Answer(response.status_code, response.headers, b"".join(pieces))

    async def aclose(self) -> None:
        await self._transport.aclose()
