"""Fetching what requests name by URL, from the public internet alone.

A client may name any address, also ones that only this machine can reach: those are refused, whatever name or number
they are written as. Each address is checked when the connection is made, after the name was looked up, so that a name
cannot mean one machine at the check and another at the connection. ``DFAI_FETCH`` says what may be asked:

- ``public`` (unless another is named): public addresses;
- ``private``: this machine and its private networks besides, for an intranet's own files. Never link-local
  addresses: there a cloud's metadata service answers with credentials;
- ``never``: nothing is fetched.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from typing import Any, Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

__all__ = ["MODES", "NotFetched", "fetch", "permitted"]

MOST_REDIRECTIONS = 3
CHUNK_BYTES = 1 << 16
MODES = ("public", "private", "never")
# IPv4 addresses dressed as IPv6, which the standard library calls global.
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(Exception):
    """Nothing came. ``why``: the setting forbids it, the URL is none, it is too large, or there is no more to tell."""

    def __init__(self, why: Literal["setting", "never", "url", "size", "unknown"]) -> None:
        super().__init__(why)
        self.why = why


def permitted(text: str, mode: str) -> bool:
    """Whether an address may be asked.

    >>> [permitted(text, "public") for text in ("8.8.8.8", "10.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    >>> [permitted(text, "private") for text in ("8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254")]
    [True, True, True, False]
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _TRANSLATED):
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        else:
            address = address.ipv4_mapped or address.sixtofour or address
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if mode == "private":
        return True
    return address.is_global and not (isinstance(address, ipaddress.IPv6Address) and address.teredo is not None)


class _Guarded(AbstractResolver):
    """Looks names up, and forgets what may not be asked."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = [one for one in await self._inner.resolve(host, port, family) if permitted(one["host"], self._mode)]
        if not found:
            raise OSError(None, "this address may not be asked")
        return found

    async def close(self) -> None:
        await self._inner.close()


async def fetch(url: str, max_bytes: int, *, accept: str = "*/*", timeout_s: float = 20.0) -> bytes:
    """What stands at a URL; *timeout_s* is for all of it, redirections included.

    Raises
    ------
    NotFetched
        It may not be asked, does not answer, answers anything but 200, or is larger than *max_bytes*.
    """
    mode = os.environ.get("DFAI_FETCH", "").lower() or "public"
    if mode not in MODES:
        raise NotFetched("setting")
    if mode == "never":
        raise NotFetched("never")
    connector = aiohttp.TCPConnector(resolver=_Guarded(mode), use_dns_cache=False, force_close=True)
    # No proxy of the environment: it would look names up in our place.
    session = aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None),
    )
    try:
        async with asyncio.timeout(timeout_s), session:
            return await _followed(session, url, max_bytes, mode, accept)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, UnicodeError):
        # Why exactly would tell a client what stands behind this server.
        raise NotFetched("unknown") from None


async def _followed(session: aiohttp.ClientSession, url: str, max_bytes: int, mode: str, accept: str) -> bytes:
    for _ in range(MOST_REDIRECTIONS + 1):
        _check(url, mode)
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        async with session.get(url, allow_redirects=False, headers=headers) as answer:
            if answer.status in (301, 302, 303, 307, 308) and "location" in answer.headers:
                url = str(answer.url.join(_url(answer.headers["location"])))
                continue
            if answer.status != 200 or answer.headers.get("content-encoding", "identity") != "identity":
                raise NotFetched("unknown")
            return await _body(answer, max_bytes)
    raise NotFetched("unknown")


def _url(text: str) -> Any:
    from yarl import URL  # aiohttp's own

    return URL(text)


def _check(url: str, mode: str) -> None:
    """The scheme, and hosts written as numbers, which no resolver sees."""
    parts = _url(url)
    if parts.scheme not in ("http", "https") or not parts.host:
        raise NotFetched("url")
    try:
        ipaddress.ip_address(parts.host)
    except ValueError:
        return
    if not permitted(parts.host, mode):
        raise NotFetched("unknown")


async def _body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    held = 0
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        held += len(chunk)
        if held > max_bytes:
            raise NotFetched("size")
        chunks.append(chunk)
    return b"".join(chunks)
