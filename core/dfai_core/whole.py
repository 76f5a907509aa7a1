"""A whole request as a service makes it out of its documents: any method, any URL, and secrets in their places."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from dfai_core.addresses import Addresses, refused_host
from dfai_core.errors import ConfigError
from dfai_core.secrets import HiddenValues, Secret
from dfai_core.transports.base import Request
from dfai_core.urls import origin_of, refuse_open_way, same_host

__all__ = ["IDEMPOTENT_METHODS", "MOST_REDIRECTS", "SAFE_METHODS", "Place", "Sealed", "Whole", "check_headers"]

SAFE_METHODS = frozenset({"GET", "HEAD"})
# Source: RFC 9110, section 9.2.2.
IDEMPOTENT_METHODS = SAFE_METHODS | {"DELETE", "OPTIONS", "PUT", "TRACE"}
MOST_REDIRECTS = 10
# What may follow a redirect to another origin: any other header may be a credential, whatever it is called.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OF_THE_BODY = frozenset({"content-type", "content-encoding", "content-language"})


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret where a request needs it; opened only as the request leaves.

    *before* stands in front of it, as "Bearer " does. With *user* it is that user's password (RFC 7617, section 2).
    """

    secret: Secret
    before: str = ""
    user: str | None = None

    async def opened(self) -> tuple[str, str]:
        """What is sent, and the secret alone."""
        secret = await self.secret.revealed()
        if self.user is None:
            return self.before + secret, secret
        return "Basic " + base64.b64encode(f"{self.user}:{secret}".encode()).decode(), secret

    def shipped(self) -> Sealed:
        """This as it may leave the driver."""
        return replace(self, secret=self.secret.shipped())


class Place(NamedTuple):
    """Whom a request asks, and as whom: what limits, breaker and learned rate belong to."""

    origin: str
    sealed: tuple[Sealed, ...]
    addresses: Addresses = "any"


@dataclass(slots=True)
class Whole:
    """A request that may leave once its secrets are opened.

    Parameters
    ----------
    method, url
        The URL is absolute, http or https, in plain ASCII.
    headers
        A secret among them is sealed.
    query
        Secret parameters, which stand in no URL before it leaves.
    origins
        If any, the only ones that may be asked, by links and redirects too.
    redirects
        How many led here.
    addresses
        "public": it asks no machine that only the worker can reach, by links and redirects too.
    max_bytes
        Of a larger answer nothing is read but what shows that it is larger. None: as the call's setting says.

    Raises
    ------
    ConfigError
        For a URL that is none, and for a secret that would travel without TLS to another machine. Neither quotes it.
    """

    method: str
    url: str
    headers: Mapping[str, str | Sealed] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    query: tuple[tuple[str, Sealed], ...] = field(default=(), repr=False)
    origins: tuple[str, ...] = ()
    redirects: int = 0
    addresses: Addresses = "any"
    max_bytes: int | None = None
    place: Place = field(init=False, repr=False)

    def __post_init__(self) -> None:
        origin = origin_of(self.url)
        if origin is None:
            raise ConfigError("what the row gives is no http or https URL")
        if self.origins and origin not in self.origins:
            raise ConfigError("the URL is at none of the origins that may be asked (origins=)")
        if self.addresses == "public" and (why := refused_host(urlsplit(self.url).hostname or "")):
            raise ConfigError(f'{why}, and is not asked for a row. Where the URLs are trusted: private_urls="allow"')
        check_headers(self.headers)
        values = [*self.headers.values(), *(value for _, value in self.query)]
        sealed = tuple(dict.fromkeys(value for value in values if isinstance(value, Sealed)))
        if sealed:
            refuse_open_way(self.url)
        self.place = Place(origin, sealed, self.addresses)

    def request(self, credential: Mapping[str, str]) -> Request:
        """What is sent; *credential* holds the opened secrets by their number in the place, and our own name."""
        slots = {sealed: str(number) for number, sealed in enumerate(self.place.sealed)}
        headers = HiddenValues(
            {
                name: credential[slots[value]] if isinstance(value, Sealed) else value
                for name, value in self.headers.items()
            }
        )
        if "user-agent" not in map(str.lower, headers):
            headers["User-Agent"] = credential["User-Agent"]
        url = self.url.partition("#")[0]
        if self.query:
            there = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
            pairs = [
                f"{quote(name, '')}={quote(credential[slots[value]], '')}"
                for name, value in self.query
                if name not in there
            ]
            url += "".join(("&" if place or "?" in url else "?") + pair for place, pair in enumerate(pairs))
        return Request(self.method, url, headers, self.body)

    def following(self, url: str) -> Whole:
        """The request for what a link in an answer leads to: without a body, and elsewhere without credentials."""
        here = same_host(url, self.url)
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _OF_THE_BODY and (here or (name.lower() in _HARMLESS and isinstance(value, str)))
        }
        method = self.method if self.method in SAFE_METHODS else "GET"
        query = self.query if here else ()
        return Whole(method, url, kept, None, query, self.origins, self.redirects, self.addresses, self.max_bytes)

    def redirected(self, url: str) -> Whole:
        """The request after one redirect more."""
        follow = self.following(url)
        follow.redirects += 1
        if self.body is not None and self.method in SAFE_METHODS and same_host(url, self.url):
            follow.headers, follow.body = self.headers, self.body
        return follow


def check_headers(headers: Mapping[str, str | Sealed]) -> None:
    """Raises ConfigError for a header that would not be one, or would be two; its value is not shown."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no name of a header")
        if not _VALUE.fullmatch(value if isinstance(value, str) else value.before):
            raise ConfigError(f"the header {name} would hold a character that no HTTP header can carry")
