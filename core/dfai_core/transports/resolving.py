"""Names to addresses, and none but public ones: what a guarded pool connects to is what was checked."""

from __future__ import annotations

import socket
from collections.abc import Container

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from dfai_core.addresses import is_public
from dfai_core.transports.base import NotAllowed

__all__ = ["PublicResolver"]


class PublicResolver(AbstractResolver):
    """Gives the public addresses of a name.

    Parameters
    ----------
    trusted
        Hosts that may be anywhere: the proxies that the environment names. Where one of them is used, it looks the
        names of URLs up itself, and its rules decide.
    """

    def __init__(self, trusted: Container[str]) -> None:
        self._trusted = trusted
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of *host*.

        Raises
        ------
        NotAllowed
            It has others than public ones alone: one of each kind is how a check is fooled.
        """
        found = await self._resolver.resolve(host, port, family)
        if host not in self._trusted and not all(is_public(one["host"]) for one in found):
            raise NotAllowed(
                f'{host} has an address that is not public. Where the URLs are trusted: private_urls="allow"',
                permanent=True,
            )
        return found

    async def close(self) -> None:
        await self._resolver.close()
