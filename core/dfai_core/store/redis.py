"""Answers in a Redis: shared by all hosts that reach it."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from dfai_core.errors import MissingExtra
from dfai_core.store.base import Claim, Statistics, Tally, forget_after_fork
from dfai_core.store.redis_url import RedisUrl

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import ConstantBackoff
    from redis.exceptions import RedisError
except ImportError as error:
    raise MissingExtra('a store in Redis needs the package redis. pip install "dfai[redis]"') from error

__all__ = ["RedisStore"]

T = TypeVar("T")

_PREFIX = b"dfai:1:"
_KEYS_A_TURN = 1_000  # asked for in one command, which blocks the server for its time
_CONNECT_S, _ANSWER_S, _HEALTH_S = 2.0, 5.0, 30
# A connection that went stale is found out when it is used: once more, on a new one, at once.
_TRIES_AGAIN = 1

# KEYS: for each document its answer's key and its claim's; ARGV: the owner, the lease in ms.
# Answers, then "1" where the claim is ours now, "0" where another has it: each behind a letter that says which.
_RESERVE = """
local found = {}
for i = 1, #KEYS, 2 do
  local value = redis.call('GET', KEYS[i])
  if value then
    found[#found + 1] = 'v' .. value
  elseif redis.call('SET', KEYS[i + 1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    found[#found + 1] = 'm'
  else
    found[#found + 1] = 't'
  end
end
return found
"""
# KEYS: answers' and claims' by turns; ARGV: the owner, the expiry in ms, then the values.
_PUT = """
for i = 1, #KEYS, 2 do
  redis.call('SET', KEYS[i], ARGV[(i + 1) / 2 + 2], 'PX', ARGV[2])
  if redis.call('GET', KEYS[i + 1]) == ARGV[1] then redis.call('DEL', KEYS[i + 1]) end
end
"""
# KEYS: claims; ARGV: the owner.
_RELEASE = """
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
"""
# KEYS: claims; ARGV: the owner, the lease in ms.
_RENEW = """
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
end
"""


class RedisStore:
    """A store behind a Redis URL. A Redis that is lost stores nothing and claims nothing, and fails no row.

    Parameters
    ----------
    url
        ``redis://`` or, with TLS, ``rediss://``; ``?expiry_s=`` sets how long answers are kept (30 days).
    expiry_s
        The same, and stronger.
    lease_s
        How long a dead process's claims outlive it; a living one renews its own.
    pause_s
        After a failure, Redis is not asked for this long: waiting for one that is gone would slow every request.
    clock
        Seconds, from any start.

    Raises
    ------
    ConfigError
        For a URL that cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        expiry_s: float | None = None,
        lease_s: float = 15.0,
        pause_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        place = RedisUrl.of(url)
        self._place = place if expiry_s is None else replace(place, expiry_s=expiry_s)
        self.lease_s = lease_s
        self.pause_s = pause_s
        self._clock = clock
        self._tally = Tally()
        self._inherited: list[Any] = []  # a child must not collect its parent's connections
        self._start()
        forget_after_fork(self)

    def _start(self) -> None:
        self._owner = uuid.uuid4().bytes
        self._held: set[bytes] = set()  # keys whose claims are ours
        self._renewing: asyncio.Task[None] | None = None
        self._client = Redis.from_url(  # connects when it is first asked
            self._place.url,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_ANSWER_S,
            retry=Retry(ConstantBackoff(0), _TRIES_AGAIN),
            health_check_interval=_HEALTH_S,
        )
        self._absent_until = float("-inf")

    def __repr__(self) -> str:
        return f"RedisStore({self._place.shown!r})"

    # ---- the store ---------------------------------------------------------------------------------------

    async def look_up(self, keys: Sequence[bytes]) -> list[bytes | None]:
        async def ask(client: Redis) -> list[bytes | None]:
            found: list[Any] = []
            for start in range(0, len(keys), _KEYS_A_TURN):
                found += await client.mget([_PREFIX + key for key in keys[start : start + _KEYS_A_TURN]])
            return found

        absent: list[bytes | None] = [None] * len(keys)
        found = await self._asked(ask, absent)
        self._tally.looked_up(found)
        return found

    async def reserve(self, keys: Sequence[bytes]) -> list[bytes | Claim]:
        async def ask(client: Redis) -> list[bytes | Claim]:
            answer = await _run(client, _RESERVE, _pairs(keys), (self._owner, _ms(self.lease_s)))
            return [_VERDICTS[one[:1]] if one[:1] in _VERDICTS else one[1:] for one in answer]

        unclaimed: list[bytes | Claim] = [Claim.MINE] * len(keys)
        found = await self._asked(ask, unclaimed)
        if found is not unclaimed:
            self._held.update(key for key, one in zip(keys, found, strict=True) if one is Claim.MINE)
            self._renew_while_held()
        self._tally.reserved(found)
        return found

    async def put(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        keys = [key for key, _ in items]

        async def ask(client: Redis) -> bool:
            values = (value for _, value in items)
            await _run(client, _PUT, _pairs(keys), (self._owner, _ms(self._place.expiry_s), *values))
            return True

        if await self._asked(ask, False):
            self._tally.stored += len(items)
        else:
            self._tally.not_stored += len(items)
        self._held.difference_update(keys)  # where Redis is gone the claims end with their leases

    async def release(self, keys: Sequence[bytes]) -> None:
        held = [key for key in keys if key in self._held]
        self._held.difference_update(held)
        if held:
            await self._asked(partial(_run, script=_RELEASE, keys=_claims(held), arguments=(self._owner,)), None)

    def statistics(self) -> Statistics:
        return self._tally.statistics(None, None)

    async def aclose(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        if self._held:
            await self.release(list(self._held))
        client = self._client
        self._start()
        await client.aclose()

    def forget(self) -> None:
        """In a forked child: claims and connections are the parent's."""
        self._inherited.append((self._client, self._renewing))
        self._start()

    # ---- the server --------------------------------------------------------------------------------------

    async def _asked(self, ask: Callable[[Redis], Awaitable[T]], otherwise: T) -> T:
        """What *ask* gets from Redis, or *otherwise* where it is not there."""
        if self._clock() < self._absent_until:
            return otherwise
        try:
            return await ask(self._client)
        except (RedisError, OSError, TimeoutError) as error:
            self._absent_until = self._clock() + self.pause_s
            # The error's own words may hold what was sent.
            self._tally.failed(
                f"the store at {self._place.shown} does not answer ({type(error).__name__}). "
                "The call goes on without it, and tries again now and then."
            )
            return otherwise

    def _renew_while_held(self) -> None:
        if self._held and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(self.lease_s / 3)
            await self.renew()

    async def renew(self) -> None:
        """Begins the leases of all claims held anew; done every third of a lease while any is held."""
        held = list(self._held)
        for start in range(0, len(held), _KEYS_A_TURN):
            claims = _claims(held[start : start + _KEYS_A_TURN])
            await self._asked(
                partial(_run, script=_RENEW, keys=claims, arguments=(self._owner, _ms(self.lease_s))), None
            )


_VERDICTS = {b"m": Claim.MINE, b"t": Claim.THEIRS}


async def _run(client: Redis, script: str, keys: list[bytes], arguments: tuple[bytes | int, ...]) -> Any:
    return await client.register_script(script)(keys=keys, args=arguments)


def _pairs(keys: Sequence[bytes]) -> list[bytes]:
    """For each key its answer's name and its claim's."""
    return [name for key in keys for name in (_PREFIX + key, _PREFIX + b"claim:" + key)]


def _claims(keys: Sequence[bytes]) -> list[bytes]:
    return [_PREFIX + b"claim:" + key for key in keys]


def _ms(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
