"""A URL's bytes, read by the worker: from public places alone unless more is allowed, redirects included."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from dfai_core.addresses import Addresses, refused_host
from dfai_core.loop import after_fork, before_exit
from dfai_core.media.content import Unread
from dfai_core.transports.aiohttp import AiohttpTransport
from dfai_core.transports.base import BadAnswer, NotAllowed, Request, TransportError
from dfai_core.urls import origin_of

__all__ = ["read_url"]

_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
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
        answer = await _get(at, max_bytes, "any" if allow_private else "public")
        if isinstance(answer, bytes):
            return answer
        at = urljoin(at, answer)
    raise Unread("unreadable", f"the URL redirects more than {_MOST_REDIRECTS} times")


async def _get(url: str, max_bytes: int, addresses: Addresses) -> bytes | str:
    """The body, or where the answer redirects to."""
    if addresses == "public" and refused_host(urlsplit(url).hostname or "") is not None:
        raise Unread("unreadable", _REFUSED)
    try:
        answer = await _transport(addresses).send(Request("GET", url, _HEADERS, max_answer_bytes=max_bytes))
    except NotAllowed:
        raise Unread("unreadable", _REFUSED) from None
    except TransportError as error:
        raise _unanswered(error) from None
    location = answer.headers.get("Location")
    if answer.status in _REDIRECTS and location:
        return location
    if answer.status == 200:
        return answer.body
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unread("unavailable", f"the URL's host answers {answer.status}", retryable=True)
    raise Unread("unreadable", f"the URL's host answers {answer.status}")


def _unanswered(error: TransportError) -> Unread:
    """Why there is no answer, without the words of a library that may repeat the URL."""
    if isinstance(error, BadAnswer) and error.permanent:
        return Unread("too_large")
    why = type(error.__cause__ or error).__name__
    if error.permanent:  # a certificate that is not trusted, a proxy that refuses
        return Unread("unreadable", f"the URL's host cannot be asked: {why}")
    return Unread("unavailable", f"the URL's host does not answer: {why}", retryable=True)


_transports: dict[Addresses, AiohttpTransport] = {}
# A child must not collect its parent's sockets.
_inherited: list[Any] = []


def _transport(addresses: Addresses) -> AiohttpTransport:
    """This process's connections to public places, or to any."""
    transport = _transports.get(addresses)
    if transport is None:
        transport = _transports[addresses] = AiohttpTransport(addresses=addresses)
    return transport


async def _close() -> None:
    for transport in _transports.values():
        await transport.aclose()


def _forget() -> None:
    global _transports
    _inherited.append(_transports)
    _transports = {}


after_fork(_forget)
before_exit(_close)
