"""A whole request as a service makes it out of its documents: any method, any URL, and secrets in their places."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from dfai_core.errors import ConfigError
from dfai_core.secrets import HiddenValues, Secret
from dfai_core.transports.base import Request
from dfai_core.urls import origin_of, refuse_open_way, same_host

__all__ = ["MOST_REDIRECTS", "SAFE_METHODS", "Place", "Sealed", "Whole"]

SAFE_METHODS = frozenset({"GET", "HEAD"})
MOST_REDIRECTS = 10
# What may follow a redirect to another origin: any other header may be a credential, whatever it is called.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent"})
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
    redirects
        How many led here.

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
    redirects: int = 0
    place: Place = field(init=False, repr=False)

    def __post_init__(self) -> None:
        origin = origin_of(self.url)
        if origin is None:
            raise ConfigError("what the row gives is no http or https URL")
        values = [*self.headers.values(), *(value for _, value in self.query)]
        sealed = tuple(dict.fromkeys(value for value in values if isinstance(value, Sealed)))
        if sealed:
            refuse_open_way(self.url)
        self.place = Place(origin, sealed)

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
        return Whole(method, url, kept, None, self.query if here else (), self.redirects)

    def redirected(self, url: str) -> Whole:
        """The request after one redirect more."""
        follow = self.following(url)
        follow.redirects += 1
        if self.body is not None and self.method in SAFE_METHODS and same_host(url, self.url):
            follow.headers, follow.body = self.headers, self.body
        return follow
