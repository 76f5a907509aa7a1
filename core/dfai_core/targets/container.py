"""A container that serves Azure's protocol, or ``dfai serve``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dfai_core.secrets import Secret, as_secret
from dfai_core.targets.base import Credentials, OnePlace, key_credentials
from dfai_core.transports.base import Transport
from dfai_core.urls import base_url, refuse_open_way

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["Container", "container"]


@dataclass(frozen=True, slots=True)
class Container(OnePlace):
    """Answers at *base*. ``localhost`` means the machine that sends the request: each worker's own."""

    base: str
    key: Secret | None = None
    offering: Literal["ai", "search"] = "ai"

    def __post_init__(self) -> None:
        if self.key is not None:
            refuse_open_way(self.base)

    @property
    def kind(self) -> str:
        return "container"

    def resolve(self, service: Service) -> Container:
        return self if service.offering == self.offering else replace(self, offering=service.offering)

    def url(self, service: Service) -> str:
        return self.base

    def identity(self, service: Service) -> str:
        return self.base

    async def credentials(self, *, renew: bool = False) -> Credentials:
        return await key_credentials(self.key, self.offering) if self.key else Credentials({})

    def transport(self) -> Transport:
        from dfai_core.transports.aiohttp import AiohttpTransport

        return AiohttpTransport()

    def shipped(self) -> Container:
        return self if self.key is None else replace(self, key=self.key.shipped())

    def __str__(self) -> str:
        return self.base


def container(url: str, *, key: str | Secret | None = None) -> Container:
    """A container, or any server that speaks the same protocol, at *url*.

    Parameters
    ----------
    url
        Such as "http://localhost:5000".
    key
        For a server that asks for one, best as a reference (``dfai.env("NAME")``).

    Raises
    ------
    ConfigError
        If *url* is not http or https, or if a key would travel over plain http to another machine.
    """
    return Container(base_url(url, "container(…)", "http://localhost:5000").geturl(), as_secret(key))
