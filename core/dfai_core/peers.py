"""One target as this process knows it: its transport, its credential, the rate that it bears."""

from __future__ import annotations

import asyncio
import hashlib
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

from dfai_core.addresses import Addresses
from dfai_core.errors import ConfigError, DfaiError, SecretNotFound
from dfai_core.flow.adaptive import LearnedRate
from dfai_core.flow.breaker import Breaker
from dfai_core.flow.refusals import Refusal
from dfai_core.loop import after_fork, before_exit
from dfai_core.secrets import HiddenValues
from dfai_core.settings import Config
from dfai_core.targets import Target, Web
from dfai_core.targets.base import Rated
from dfai_core.transports.base import Transport
from dfai_core.urls import is_loopback
from dfai_core.whole import Place

if TYPE_CHECKING:
    from dfai_core.flow.host.rate import HostRate

__all__ = ["Peer", "hear", "peer_at", "peer_of"]

# After a lookup in vain, while a key is being replaced; and between two that follow refusals.
_AGAIN_S = 10.0
# A burst of refusals lengthens a pause again and again: by less than this it is not worth a message.
_NEWS_S = 0.05
# Frames may name any number of origins. Past the second of these a new one's rate is learned by each process alone.
_MOST_PEERS = 2_000
_MOST_SHARED = 200
_POOLS = tuple(Web(once=once, addresses=addresses) for once in (False, True) for addresses in get_args(Addresses))


@dataclass(slots=True)
class Peer:
    """Shared by all calls of this process to one target; used on the loop's thread only."""

    target: Target
    transport: Transport
    breaker: Breaker = field(default_factory=Breaker)
    rate: LearnedRate | HostRate = field(default_factory=LearnedRate)
    name: str = ""  # what all hosts call it, if what it refuses one concerns the others
    gate: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)  # one at a time holds a place in line
    _headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _headers_until: float = float("-inf")
    _renew_from: float = float("-inf")
    _asking: asyncio.Task[None] | None = field(default=None, repr=False)

    def refused(self, now: float, *, sent_at: float, retry_after_s: float | None, draw: float) -> Refusal | None:
        """The target answered 429 to a request that left at *sent_at*; what others should hear of it, if it is news."""
        rate = self.rate
        before = rate.paused_until
        rate.refused(now, sent_at=sent_at, retry_after_s=retry_after_s, draw=draw)
        until = rate.paused_until
        if not self.name or until - max(before, now) < _NEWS_S:
            return None
        learned = rate if isinstance(rate, LearnedRate) else rate.learned(now)
        return Refusal(self.name, now - sent_at, until - now, learned.rate_per_s(now))

    def headers(self, now: float) -> Mapping[str, str] | None:
        """The credential's headers; None where it is time to look it up."""
        return self._headers if now < self._headers_until else None

    async def look_up(self, now: float) -> Mapping[str, str]:
        """The credential's headers, read anew; once for all that ask at the same time, failures too."""
        await self._asked(now, renew=False)
        return self._headers

    async def renewed(self, refused: Mapping[str, str], now: float) -> Mapping[str, str] | None:
        """Other headers than those *refused*, for one more try; None where the credential has not changed.

        Once for all that ask at the same time, and then not again for a while: a target may refuse whatever it gets.
        """
        # The refusal says more than that there was nothing better.
        with suppress(DfaiError):
            if self._asking is not None:
                await self._asked(now, renew=False)
            if self._headers == refused and now >= self._renew_from:
                await self._asked(now, renew=True)
        return None if self._headers == refused else self._headers

    async def _asked(self, now: float, *, renew: bool) -> None:
        """Waits for the lookup that is under way, or for one that starts now."""
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask(now, renew))
            self._asking.add_done_callback(self._ended)
        # One caller's deadline must not end what others wait for.
        await asyncio.shield(self._asking)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # who waits is told; nobody waits any more where all deadlines have passed

    async def _ask(self, now: float, renew: bool) -> None:
        try:
            found = await self.target.credentials(renew=renew)
        except SecretNotFound:
            # A file may be missing for the moment in which it is replaced.
            if not self._headers or renew:
                raise
            self._headers_until = now + _AGAIN_S
        else:
            fresh = HiddenValues({**found.headers, "User-Agent": "dfai"})
            if fresh != self._headers:  # the same object else: transports prepare it once
                self._headers = fresh
            self._headers_until = now + found.good_for_s
        finally:
            if renew:
                self._renew_from = now + _AGAIN_S


_Key = tuple[Target, object]
_peers: dict[_Key, Peer] = {}
# A child must not touch, nor collect, the sockets of its parent.
_inherited: list[dict[_Key, Peer]] = []


def peer_of(target: Target, config: Config) -> Peer:
    """The peer behind *target*, made on first use; a transport of the user's own makes a peer of its own."""
    given = config.transport
    key = (target, given)
    peer = _peers.get(key)
    if peer is None:
        # A class of transports has `send` too; what can be called makes one.
        if isinstance(target, Web) and target.origin:  # one pool for all origins
            transport = peer_of(replace(target, origin="", sealed=()), config).transport
        else:
            transport = target.transport() if given is None else given() if callable(given) else given
        name = "" if given is not None or isinstance(target, Rated) else _name_of(target)
        rate = target.rate() if isinstance(target, Rated) else _rate_of(name) if name else None
        peer = Peer(target, transport, rate=LearnedRate() if rate is None else rate, name=_everywhere(name, target))
        _peers[key] = peer
        _few_origins()
    return peer


def peer_at(place: Place, config: Config, *, once: bool) -> Peer:
    """The peer at *place*, somewhere on the web; *once*: what is sent there must not be sent twice."""
    return peer_of(Web(place.origin, place.sealed, once, place.addresses), config)


def _few_origins() -> None:
    """Forgets the origins that were met first, where they have become too many; who uses one still has it."""
    if len(_peers) <= _MOST_PEERS:
        return
    alone = [key for key, peer in _peers.items() if isinstance(key[0], Web) and isinstance(peer.rate, LearnedRate)]
    for key in [key for key in alone if key[0] not in _POOLS][: _MOST_PEERS // 10]:
        del _peers[key]


def hear(refusal: Refusal) -> None:
    """Another host was refused: here the same target rests too."""
    now = asyncio.get_running_loop().time()
    for peer in _peers.values():
        if peer.name == refusal.target:
            peer.rate.heard(now, sent_at=now - refusal.ago_s, pause_s=refusal.pause_s, per_s=refusal.per_s)


def _name_of(target: Target) -> str:
    """What has one rate for all who ask: *target*, and who asks there. Empty where each process learns for itself."""
    if isinstance(target, Web):
        if not target.origin or len(_peers) > _MOST_SHARED:
            return ""
        holders = " ".join(f"{sealed.user} {sealed.secret}" for sealed in target.sealed)
        return f"web {target} {holders}"
    if target.kind not in ("azure", "container"):
        return ""
    credential = getattr(target, "credential", None)
    # Two keys may belong to two resources with a quota each. References say enough: keys themselves stay out of it.
    holder = getattr(target, "key", None) if credential is None else getattr(credential, "__qualname__", None)
    return f"{target.kind} {target} {holder}"


def _everywhere(name: str, target: Target) -> str:
    """What all hosts call the target that has that *name* here; it tells nobody which one that is.

    On each host a loopback address is another server, with a limit of its own.
    """
    if not name:
        return ""
    host = urlsplit(target.origin if isinstance(target, Web) else getattr(target, "base", "")).hostname
    here = platform.node() if host is not None and is_loopback(host) else ""
    return hashlib.blake2b(f"{name} {here}".encode(), digest_size=16).hexdigest()


def _rate_of(name: str) -> HostRate | None:
    """What this host's processes learn together."""
    try:
        from dfai_core.flow.host.files import host_file
        from dfai_core.flow.host.rate import HostRate

        return HostRate(host_file(name, "rate"))
    except (ConfigError, OSError):  # nothing is promised here: several processes are several clients then
        return None


async def _close() -> None:
    for peer in _peers.values():
        await peer.transport.aclose()
        if not isinstance(peer.rate, LearnedRate):
            peer.rate.close()


def _forget() -> None:
    global _peers
    _inherited.append(_peers)
    _peers = {}


after_fork(_forget)
before_exit(_close)
