"""A URL's bytes, read by the worker: from public places alone unless more is allowed, redirects included."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote, urljoin
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from dfai_core.addresses import refused_host
from dfai_core.loop import after_fork, before_exit
from dfai_core.media.content import Unread
from dfai_core.transports.base import NotAllowed
from dfai_core.transports.resolving import PublicResolver
from dfai_core.transports.tls import tls_context
from dfai_core.urls import is_loopback, origin_of

__all__ = ["read_url"]

_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECT_TIMEOUT_S = 10.0
_AT_ONCE, _AT_ONE_HOST = 64, 16
_CHUNK_BYTES = 65_536
_REFUSED = (
    "the URL leads to this machine or to a private network, which is not read for a row. Where the column's URLs are "
    'trusted: private_urls="allow"'
)
_HEADERS = {"Accept": "*/*", "User-Agent": "dfai"}
# Everything that URLs may hold (RFC 3986, section 2), so that only what may not stand there is escaped.
_SAFE = "%:/?#[]@!$&'()*+,;=-._~"


async def read_url(url: str, max_bytes: int, *, allow_private: bool) -> bytes:
    """What stands at *url*.

    Every address is checked as it is connected to, not only before: a name may lead elsewhere the next moment. Behind a
    company's proxy, where names are looked up by it, what is no public address by its looks is refused.

    Raises
    ------
    Unread
        Naming neither the URL nor what stands in it: it may hold a signature. "too_large" for more than *max_bytes*.
    """
    at = url
    for _ in range(1 + _MOST_REDIRECTS):
        at = quote(at, safe=_SAFE)
        if origin_of(at) is None:
            raise Unread("unreadable", "no plain http or https URL (a user or password in it is refused too)")
        answer = await _get(URL(at, encoded=True), max_bytes, allow_private)
        if isinstance(answer, bytes):
            return answer
        at = urljoin(at, answer)
    raise Unread("unreadable", f"the URL redirects more than {_MOST_REDIRECTS} times")


async def _get(url: URL, max_bytes: int, allow_private: bool) -> bytes | str:
    """The body, or where the answer redirects to."""
    host = url.host or ""
    if not allow_private and refused_host(host) is not None:
        raise Unread("unreadable", _REFUSED)
    proxy = _proxy_for(url.scheme, host)
    session = _session("any" if allow_private or proxy is not None else "public")
    try:
        async with session.get(
            url,
            headers=_HEADERS,
            allow_redirects=False,
            proxy=proxy,
            ssl=tls_context() if url.scheme == "https" else True,
        ) as response:
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                return location
            if response.status != 200:
                raise _status(response.status)
            return await _body(response, max_bytes)
    except aiohttp.ClientConnectorCertificateError:
        raise Unread("unreadable", "the URL's host shows no certificate that is trusted here") from None
    except NotAllowed:
        raise Unread("unreadable", _REFUSED) from None
    except aiohttp.ClientConnectorDNSError:
        raise Unread("unreadable", "the URL's host has no address") from None
    except aiohttp.InvalidURL:
        raise Unread("unreadable", "no plain http or https URL") from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unread("unavailable", f"the URL's host does not answer: {type(error).__name__}", retryable=True) from None


async def _body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if (response.content_length or 0) > max_bytes:
        raise Unread("too_large")
    pieces, left = [], max_bytes
    async for piece in response.content.iter_chunked(_CHUNK_BYTES):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise Unread("too_large")
    return b"".join(pieces)


def _status(status: int) -> Unread:
    if status in (408, 425, 429) or status >= 500:
        return Unread("unavailable", f"the URL's host answers {status}", retryable=True)
    return Unread("unreadable", f"the URL's host answers {status}")


def _proxy_for(scheme: str, host: str) -> URL | None:
    """The proxy that the environment names, unless it excepts *host*."""
    proxy = getproxies().get(scheme)
    return URL(proxy) if proxy and not is_loopback(host) and not proxy_bypass(host) else None


_sessions: dict[str, tuple[asyncio.AbstractEventLoop, aiohttp.ClientSession]] = {}
# A child must not collect its parent's sockets.
_inherited: list[Any] = []


def _session(places: str) -> aiohttp.ClientSession:
    """This process's session for "public" or for "any" places, on its loop."""
    here = asyncio.get_running_loop()
    loop, session = _sessions.get(places, (None, None))
    if session is None or loop is not here:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=PublicResolver(()) if places == "public" else None,
                limit=_AT_ONCE,
                limit_per_host=_AT_ONE_HOST,
                ttl_dns_cache=10,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        _sessions[places] = (here, session)
    return session


async def _close() -> None:
    for _, session in _sessions.values():
        await session.close()


def _forget() -> None:
    global _sessions
    _inherited.append(_sessions)
    _sessions = {}


after_fork(_forget)
before_exit(_close)
