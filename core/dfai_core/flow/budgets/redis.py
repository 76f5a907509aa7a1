"""A budget in a Redis: every process says now and then what it holds and wants, and one script divides the slots.

A process that is gone stops saying so, and what it held comes back with the end of its lease. Times are Redis's own,
so that the clocks of hosts need not agree.
"""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dfai_core.errors import MissingExtra
from dfai_core.flow.allowance import Allowance, Left
from dfai_core.flow.budgets.shared import SharedBudget
from dfai_core.flow.limiter import DEPTH_S
from dfai_core.flow.places import BLOCK_S
from dfai_core.flow.refusals import Refusal

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import ConstantBackoff
    from redis.exceptions import RedisError
except ImportError as error:
    raise MissingExtra('limits in a Redis need the package redis. pip install "dfai[redis]"') from error

if TYPE_CHECKING:
    from dfai_core.flow.budget import Budget, BudgetSpec

__all__ = ["RedisBudget"]

_CONNECT_S, _ANSWER_S = 2.0, 5.0
# A process that waits for slots asks again after so long, ever longer; one that holds some looks whether others want.
_FIRST_WAIT_S, _LONGEST_WAIT_S, _LOOK_S = 0.005, 0.1, 0.25
# Changes closer together than this are told at once.
_GATHER_S = 0.002
# A Redis that does not answer is asked again after so long; one that never did is given up sooner than a lost one.
_AGAIN_S, _REACH_S = 0.5, 5.0
_TURN_S = 1.0
_GOODBYE_S = 1.0

# KEYS: leases by process, wants, holds; ARGV: process, slots, its want, its hold, the lease and a turn in ms.
# Gives the limit of that process. The rule is `fair_shares`; nobody else's hold is touched but that of the dead.
_DIVIDE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], dead)
  redis.call('HDEL', KEYS[2], dead)
  redis.call('HDEL', KEYS[3], dead)
end
local me, slots, want, hold, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
redis.call('ZADD', KEYS[1], now + lease, me)
redis.call('HSET', KEYS[2], me, math.min(want, slots))
redis.call('HSET', KEYS[3], me, hold)
local open, names, left = {}, redis.call('HKEYS', KEYS[2]), slots
table.sort(names)
for _, name in ipairs(names) do
  local wanted = tonumber(redis.call('HGET', KEYS[2], name))
  if wanted > 0 then open[#open + 1] = {name, wanted} end
end
local share = 0
while #open > 0 do
  local level = math.floor(left / #open)
  local rest, modest = {}, 0
  for _, one in ipairs(open) do
    if one[2] <= level then
      if one[1] == me then share = one[2] end
      modest = modest + one[2]
    else
      rest[#rest + 1] = one
    end
  end
  if #rest == #open then
    local turn, extra = math.floor(now / tonumber(ARGV[6])), left - level * #open
    for place, one in ipairs(open) do
      if one[1] == me then share = level + ((place - 1 - turn) % #open < extra and 1 or 0) end
    end
    break
  end
  open, left = rest, left - modest
end
local free = slots
for _, held in ipairs(redis.call('HVALS', KEYS[3])) do free = free - held end
local limit = math.min(share, hold + math.max(0, free))
redis.call('HSET', KEYS[3], me, math.max(hold, limit))
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, lease * 2) end
return limit
"""
# KEYS: as above; ARGV: the process that goes.
_LEAVE = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
"""
# KEYS: the next free place, in us, and the leases; ARGV: units, rate, what may be caught up and a block, in s.
# Gives how long to wait, in us, and the units.
_TAKE = """
local t = redis.call('TIME')
local now, rate = t[1] * 1000000 + t[2], tonumber(ARGV[2])
local share = math.floor(rate * tonumber(ARGV[4]) / math.max(1, redis.call('ZCARD', KEYS[2])))
local units = math.max(tonumber(ARGV[1]), share, 1)
local step = 1000000 / rate
local slack = math.max(0, tonumber(ARGV[3]) * 1000000 - step)
local next = tonumber(redis.call('GET', KEYS[1]) or 0)
local moment = math.max(now, next)
next = math.max(next, moment - slack) + step * units
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.ceil((next - now) / 1000) + 60000)
return {math.ceil(moment - now), tostring(units)}
"""


# KEYS: the pauses that have not ended, of all calls; ARGV: the target, and ago_s, pause_s and per_s of a `Refusal`.
# A shorter pause never undoes a longer one.
_REFUSED = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local told, ends = string.format('%.6f', now - ARGV[2]), now + ARGV[3]
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then ends = math.max(ends, tonumber(string.match(old, '^%S+ (%S+)'))) end
redis.call('HSET', KEYS[1], ARGV[1], told .. ' ' .. string.format('%.6f', ends) .. ' ' .. ARGV[4])
local left = math.ceil((ends - now) * 1000)
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], left) end
"""
# KEYS: as above. Gives target, ago_s, pause_s and per_s of each, one after the other, and forgets what has ended.
_HEARD = """
local t = redis.call('TIME')
local now, found, all = t[1] + t[2] / 1000000, {}, redis.call('HGETALL', KEYS[1])
for place = 1, #all, 2 do
  local sent, ends, rate = string.match(all[place + 1], '^(%S+) (%S+) (%S+)')
  if tonumber(ends) > now then
    for _, one in ipairs({all[place], tostring(now - sent), tostring(ends - now), rate}) do found[#found + 1] = one end
  else
    redis.call('HDEL', KEYS[1], all[place])
  end
end
return found
"""
_REFUSALS = "dfai:1:refusals"
# KEYS: what was spent, documents and cost; ARGV: what is to be, and the most of each. Gives nothing where it may be,
# else what is left. As `Purse.take`; kept for as long as a plan may be computed again.
_SPEND = """
local function number(text) return text == 'inf' and math.huge or tonumber(text) end
local documents = tonumber(redis.call('HGET', KEYS[1], 'documents') or 0)
local cost = tonumber(redis.call('HGET', KEYS[1], 'cost') or 0)
local more, dearer = tonumber(ARGV[1]), tonumber(ARGV[2])
local most, dearest = number(ARGV[3]), number(ARGV[4])
if documents + more > most or cost + dearer > dearest * (1 + 1e-9) then
  return {tostring(math.max(0, most - documents)), tostring(math.max(0, dearest - cost))}
end
redis.call('HSET', KEYS[1], 'documents', string.format('%.17g', math.max(0, documents + more)),
  'cost', string.format('%.17g', math.max(0, cost + dearer)))
redis.call('EXPIRE', KEYS[1], 2592000)
return false
"""


class RedisBudget(SharedBudget):
    """This process's end of the budget *name* in a Redis.

    Parameters
    ----------
    lease_s
        How long what a dead process held outlives it. A Redis that is gone for longer is done without.
    """

    def __init__(
        self,
        spec: BudgetSpec,
        name: str,
        concurrency: int,
        rate_per_s: float | None,
        instead: Callable[[], Budget],
        heard: Callable[[Refusal], None],
        *,
        allowance: Allowance | None = None,
        lease_s: float = 15.0,
    ) -> None:
        super().__init__(rate_per_s, spec.hosts, instead)
        self.lease_s = lease_s
        self._spec = spec
        self._slots = concurrency
        self._rate_per_s = rate_per_s or math.inf
        self._id = uuid.uuid4().hex
        # The braces keep the names of one budget on one node of a cluster.
        self._leases, *others = (f"dfai:1:budget:{{{name}}}:{key}" for key in ("leases", "wants", "holds", "next"))
        self._next = others.pop()
        self._keys = [self._leases, *others]
        self._spent = f"dfai:1:budget:{{{name}}}:spent"
        self._allowance = allowance
        self._client = Redis.from_url(
            spec.place,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_ANSWER_S,
            retry=Retry(ConstantBackoff(0), 1),
        )
        self._changed, self._wanted = asyncio.Event(), asyncio.Event()
        self._heard = heard
        self._refusals: asyncio.Queue[Refusal] = asyncio.Queue()  # that the others do not know of
        self._units = 0.0
        self._wait_s = _FIRST_WAIT_S
        self._reached = self._closed = False
        loop = asyncio.get_running_loop()
        steps = (self._divide, self._line_up, self._tell_refusal)
        self._tasks = [loop.create_task(self._keep_on(step)) for step in steps]

    def _tell(self) -> None:
        self._wait_s = _FIRST_WAIT_S
        self._changed.set()

    def _ask(self, units: float) -> None:
        self._units = units
        self._wanted.set()

    async def spend(self, documents: float, cost: float) -> Left | None:
        if self._allowance is None:
            return None
        amounts = [repr(float(one)) for one in (documents, cost, *self._allowance)]
        while self._instead is None and not self._closed:
            with suppress(RedisError, OSError, TimeoutError):
                left = await self._client.register_script(_SPEND)(keys=[self._spent], args=amounts)
                self._reached = True
                return None if left is None else Left(*map(float, left))
            await asyncio.sleep(_AGAIN_S)
        if self._reached or self._instead is None:  # nobody knows what the others have spent: nothing more is
            return Left(0.0, 0.0)
        return await self._instead.spend(documents, cost)

    async def _keep_on(self, step: Callable[[], Awaitable[None]]) -> None:
        failing_since: float | None = None
        # Python 3.11's wait_for(), which the client uses, may lose a cancellation: hence the flag.
        while self._instead is None and not self._closed:
            try:
                await step()
            except (RedisError, OSError, TimeoutError) as error:
                now = time.monotonic()
                failing_since = failing_since or now
                if now - failing_since >= (self.lease_s if self._reached else _REACH_S):
                    self._do_without(error)
                    return
                await asyncio.sleep(_AGAIN_S)
            else:
                failing_since, self._reached = None, True

    async def _divide(self) -> None:
        """Says what this process holds and wants, and learns its limit: when that changes, and now and then."""
        if self.want or self.hold:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s if self._waits else min(_LOOK_S, self.lease_s / 3)):
                    await self._changed.wait()
            await asyncio.sleep(_GATHER_S)
        else:
            await self._changed.wait()
        self._changed.clear()
        self._wait_s = min(_LONGEST_WAIT_S, self._wait_s * 1.5)
        limit = await self._client.register_script(_DIVIDE)(
            keys=self._keys,
            args=[self._id, self._slots, self.want, self.hold, _ms(self.lease_s), _ms(_TURN_S)],
        )
        await self._hear_refusals()  # before there are more slots: none should be used in a pause
        self._limit_to(int(limit))

    async def _hear_refusals(self) -> None:
        """Learns what others were refused; those that have slots look as often as `_divide` comes by."""
        found = iter(await self._client.register_script(_HEARD)(keys=[_REFUSALS]))
        for target, *numbers in zip(found, found, found, found, strict=True):
            self._heard(Refusal(target.decode(), *map(float, numbers)))

    def refused(self, refusal: Refusal) -> None:
        self._refusals.put_nowait(refusal)

    async def _tell_refusal(self) -> None:
        """Tells the others of a refusal. One that cannot be told at once is worth nothing later."""
        one = await self._refusals.get()
        numbers = [one.ago_s, one.pause_s, one.per_s]
        await self._client.register_script(_REFUSED)(keys=[_REFUSALS], args=[one.target, *map(repr, numbers)])

    async def _line_up(self) -> None:
        """Takes a block of places, when one is wanted."""
        await self._wanted.wait()
        arguments = [self._units, self._rate_per_s, DEPTH_S, BLOCK_S]
        wait_us, units = await self._client.register_script(_TAKE)(keys=[self._next, self._leases], args=arguments)
        self._wanted.clear()
        self._give(asyncio.get_running_loop().time(), wait_us / 1e6, float(units))

    def _do_without(self, error: Exception) -> None:
        if self._instead is not None:
            return
        from dfai_core.flow.budget import warn_apart

        self._go_on_without()
        # The error's own words may hold what was sent.
        warn_apart(
            f"the Redis at {urlsplit(self._spec.place).hostname}, which keeps this call's concurrency and rate_per_s, "
            f"does not answer ({type(error).__name__}). This host takes {self._share} from now on."
        )

    async def aclose(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._instead is None and (self.want or self.hold):
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._client.register_script(_LEAVE)(keys=self._keys, args=[self._id])
        await self._client.aclose()
        await super().aclose()


def _ms(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1_000))
