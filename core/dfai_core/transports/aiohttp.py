"""The default transport, over aiohttp, with its exceptions read for one thing: was the request sent or not?"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from dfai_core.addresses import Addresses
from dfai_core.transports.base import Answer, BadAnswer, MaybeSent, NotSent, Request, too_large
from dfai_core.transports.resolving import PublicResolver
from dfai_core.transports.tls import distrust, tls_context
from dfai_core.urls import is_loopback

__all__ = ["AiohttpTransport"]

_CONNECT_TIMEOUT_S = 10.0
# Servers close idle connections after about five seconds (uvicorn) or more. A request written to a connection
# that the server is just closing fails in a way that looks as if it had been read, so we close first.
_KEEPALIVE_S = 4.0
_PIECE_BYTES = 262_144
# URLs and mappings of headers that are known; one of whole requests each has its own.
_REMEMBERED = 1_000


class _Way(NamedTuple):
    """What all requests to one URL have in common, looked up once."""

    url: URL
    proxy: URL | None
    tls: ssl.SSLContext | bool


class AiohttpTransport:
    """A pool of connections on the running loop, kept for *keepalive_s*; as many as are asked for at once.

    With *addresses* "public" no name is asked that leads elsewhere.
    """

    def __init__(self, keepalive_s: float = _KEEPALIVE_S, addresses: Addresses = "any") -> None:
        self._proxy_hosts: set[str] = set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=keepalive_s,
                ttl_dns_cache=10,
                resolver=PublicResolver(self._proxy_hosts) if addresses == "public" else None,
            ),
            # One deadline for the whole attempt is the caller's; a total here would not say if anything was sent.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
        )
        self._ways: dict[str, _Way] = {}
        # A call's requests share one mapping of headers, kept here with the form that the library would make of it.
        self._headers: dict[int, tuple[Mapping[str, str], CIMultiDict[str]]] = {}
        self._tls: ssl.SSLContext | None = None
        # Company proxies are honoured, as httpx does, but looked up once for a host: with trust_env the library
        # reads the environment and ~/.netrc for each request, in a thread, which takes several times as long as
        # all the rest.
        self._proxies: dict[tuple[str, str | None], URL | None] = {}

    async def send(self, request: Request) -> Answer:
        way = self._ways.get(request.url) or self._way(request.url)
        known = self._headers.get(id(request.headers))
        if known is None:
            if len(self._headers) > _REMEMBERED:
                self._headers.clear()
            known = self._headers[id(request.headers)] = (request.headers, CIMultiDict(request.headers))
        try:
            # Redirects are never followed by the library: it would carry the key to another host.
            response = await self._session.request(
                request.method,
                way.url,
                data=_payload(request.body),
                headers=known[1],
                allow_redirects=False,
                proxy=way.proxy,
                ssl=way.tls,
            )
            content = response.content
            try:
                # Nearly all have arrived whole with their heads, and need no waiting.
                whole = content.is_eof() and content.total_bytes <= request.max_answer_bytes
                body = content.read_nowait() if whole else await _in_pieces(response, request.max_answer_bytes)
            except BaseException:  # read to its end, an answer gives its connection back by itself
                response.close()
                raise
            if body is None:
                response.close()
                raise too_large(request)
            return Answer(response.status, response.headers, body)
        except aiohttp.ClientConnectorCertificateError as error:
            raise NotSent(distrust(error.host, error.certificate_error), permanent=True) from error
        except aiohttp.ClientHttpProxyError as error:  # it opened no way to the target; before its base
            permanent = error.status in (403, 407)
            raise NotSent(f"the proxy refuses: {error.status} {error.message}", permanent) from error
        except aiohttp.InvalidURL as error:
            raise NotSent(f"not a URL: {error}", permanent=True) from error
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
        ) as error:  # before its base, ClientOSError
            raise NotSent(_unreached(error)) from error
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
            # ClientResponseError says status 400 for garbage on the wire: never read that as the server's word.
            raise BadAnswer(f"the answer was cut short or is not HTTP ({type(error).__name__})") from error
        except (aiohttp.ClientError, OSError) as error:
            raise MaybeSent(f"the connection broke: {_short(error)}") from error

    def _way(self, text: str) -> _Way:
        url = URL(text, encoded=True)
        place = (url.scheme, url.host)
        if place not in self._proxies:
            proxy = self._proxies[place] = _proxy_for(*place)
            if proxy is not None and proxy.host:
                self._proxy_hosts.add(proxy.host)
        if self._tls is None and url.scheme == "https":
            self._tls = tls_context()
        if len(self._ways) > _REMEMBERED:
            self._ways.clear()
        way = self._ways[text] = _Way(url, self._proxies[place], self._tls or True)
        return way

    async def aclose(self) -> None:
        await self._session.close()


class _Large(aiohttp.Payload):
    """A large body, written piece by piece: in one, its copy would hold up the loop and everything else."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._size = len(body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return bytes(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        view = memoryview(self._value)
        for start in range(0, len(view), _PIECE_BYTES):
            await writer.write(view[start : start + _PIECE_BYTES])


def _payload(body: bytes | None) -> bytes | _Large | None:
    return body if body is None or len(body) <= _PIECE_BYTES else _Large(body)


async def _in_pieces(response: aiohttp.ClientResponse, max_bytes: int) -> bytes | None:
    """The body as it comes, None where it is larger: read at once, a small one that is compressed fills the memory."""
    pieces: list[bytes] = []
    size_bytes = 0
    announced_bytes = response.content_length or 0
    while max(announced_bytes, size_bytes) <= max_bytes:
        piece = await response.content.readany()
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size_bytes += len(piece)
    return None


def _proxy_for(scheme: str, host: str | None) -> URL | None:
    """The proxy that the environment names, unless it excepts *host*; never for this machine.

    What goes to this machine may carry a key without TLS, and a proxy is another machine.
    """
    proxy = getproxies().get(scheme)
    if not proxy or (host and (is_loopback(host) or proxy_bypass(host))):
        return None
    return URL(proxy)


def _unreached(error: aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) -> str:
    """In words for people: the library's own name Python objects."""
    if isinstance(error, aiohttp.ClientConnectorError) and error.host:
        return f"no connection to {error.host}:{error.port}: {error.strerror or type(error.os_error).__name__}"
    return f"no connection: {_short(error)}"


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
