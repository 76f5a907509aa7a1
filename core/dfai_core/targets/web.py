"""Any web service: the request itself says who is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from dfai_core.addresses import Addresses
from dfai_core.targets.base import Credentials, OnePlace
from dfai_core.transports.base import Transport
from dfai_core.whole import Sealed

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["Web"]

# A key may change in its file: it is read again every so often.
_SECRET_S = 60.0
# Servers close idle connections after two seconds (gunicorn) or more. What was written to one of them just then may, as
# far as we can tell, have been read.
_ONCE_KEEPALIVE_S = 1.0


@dataclass(frozen=True, slots=True)
class Web(OnePlace):
    """One *origin*, and the secrets that requests to it carry; without one, all of them.

    *once*: what is sent there must not be sent twice, so no connection is used that the server may just be closing.
    *addresses* "public": no name is asked that leads into a network of one's own.
    """

    origin: str = ""
    sealed: tuple[Sealed, ...] = ()
    once: bool = False
    addresses: Addresses = "any"

    @property
    def kind(self) -> str:
        return "web"

    def url(self, service: Service) -> str:
        return self.origin

    def identity(self, service: Service) -> str:
        return "web"

    async def credentials(self, *, renew: bool = False) -> Credentials:
        """The opened secrets by their number; each once more alone and escaped, since a server may quote it so."""
        found: dict[str, str] = {}
        for number, sealed in enumerate(self.sealed):
            found[str(number)], secret = await sealed.opened()
            found[f"{number} alone"], found[f"{number} escaped"] = secret, quote(secret, safe="")
        return Credentials(found, _SECRET_S) if found else Credentials(found)

    def transport(self) -> Transport:
        from dfai_core.transports.aiohttp import AiohttpTransport

        if self.once:
            return AiohttpTransport(_ONCE_KEEPALIVE_S, addresses=self.addresses)
        return AiohttpTransport(addresses=self.addresses)

    def shipped(self) -> Web:
        return self

    def __str__(self) -> str:
        return self.origin or "the web"
