"""A container that serves Azure's protocol, or ``dfai serve``."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from dfai_core.errors import ConfigError
from dfai_core.secrets import Secret, as_secret
from dfai_core.transports.base import Transport

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["KEY_HEADER", "Container", "checked_url", "container", "is_loopback"]

KEY_HEADER = "Ocp-Apim-Subscription-Key"


@dataclass(frozen=True, slots=True)
class Container:
    """Answers at *base*. ``localhost`` means the machine that sends the request: each worker's own."""

    base: str
    key: Secret | None = None

    @property
    def kind(self) -> str:
        return "container"

    def resolve(self, service: Service) -> Container:
        return self

    def check(self, service: Service) -> None:
        return None

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        return None

    def url(self, service: Service) -> str:
        return self.base

    def identity(self, service: Service) -> str:
        return self.base

    async def headers(self) -> Mapping[str, str]:
        return {KEY_HEADER: self.key.reveal()} if self.key else {}

    def transport(self) -> Transport:
        from dfai_core.transports.aiohttp import AiohttpTransport

        return AiohttpTransport()

    def shipped(self) -> Container:
        return self

    def __str__(self) -> str:
        return self.base


def container(url: str, *, key: str | Secret | None = None) -> Container:
    """A container, or any server that speaks the same protocol, at *url*.

    Raises
    ------
    ConfigError
        If *url* is not http or https, or if a key would travel over plain http to another machine.
    """
    parts = checked_url(url, "container(…)", "http://localhost:5000")
    assert parts.hostname is not None
    if key is not None and parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError(f"a key would travel unprotected to {parts.hostname}: use https, or leave out the key.")
    return Container(url.rstrip("/"), as_secret(key))


def checked_url(url: str, place: str, example: str) -> SplitResult:
    """The parts of a target's URL, which has a host and nothing but a path behind it; *place* is named in errors."""
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port number, or half a bracket
        well_formed = False
    if not well_formed:
        raise ConfigError(f"{place}: expected a URL such as {example}.")
    if parts.username or parts.password:
        raise ConfigError(f"{place}: a URL must not carry a password; use key=.")
    if parts.query or parts.fragment:
        raise ConfigError(f"{place}: a URL must end with its path; expected one such as {example}.")
    return parts


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine.

    >>> [is_loopback(h) for h in ("localhost", "127.0.0.1", "::1", "10.0.0.7")]
    [True, True, True, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: 127.example.com is not this machine
        return False
