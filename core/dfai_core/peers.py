"""One target as this process knows it: its transport, its credential, the pause that it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dfai_core.loop import after_fork
from dfai_core.settings import Config
from dfai_core.targets import Target
from dfai_core.transports.base import Transport

__all__ = ["Peer", "peer_of"]

# Keys may change in their file, and tokens end: look again every so often. The token itself is cached longer.
_HEADERS_S = 60.0


@dataclass(slots=True)
class Peer:
    """Shared by all calls of this process to one target; used on the loop's thread only."""

    target: Target
    transport: Transport
    paused_until: float = float("-inf")
    _headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _headers_until: float = float("-inf")

    async def headers(self, now: float) -> Mapping[str, str]:
        """The credential's headers."""
        if now >= self._headers_until:
            self._headers = {**await self.target.headers(), "User-Agent": "dfai"}
            self._headers_until = now + _HEADERS_S
        return self._headers

    def pause(self, until: float) -> None:
        """Nothing leaves before *until*; a shorter pause never undoes a longer one."""
        self.paused_until = max(self.paused_until, until)


_peers: dict[tuple[Target, int], Peer] = {}
# A child must not touch, nor collect, the sockets of its parent.
_inherited: list[dict[tuple[Target, int], Peer]] = []


def peer_of(target: Target, config: Config) -> Peer:
    """The peer behind *target*, made on first use; a transport of the user's own makes a peer of its own."""
    key = (target, id(config.transport) if config.transport is not None else 0)
    peer = _peers.get(key)
    if peer is None:
        given = config.transport
        transport = target.transport() if given is None else given if hasattr(given, "send") else given()
        peer = _peers[key] = Peer(target, transport)
    return peer


def _forget() -> None:
    global _peers
    _inherited.append(_peers)
    _peers = {}


after_fork(_forget)
