"""One budget for one call: its requests in flight, its own rate and what it may spend, over all its processes.

`BudgetSpec` says who keeps it and travels inside the call; `open_budget` gives each process its end of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from dfai_core.errors import ConfigError, LimitsApart
from dfai_core.flow.allowance import Allowance, Left
from dfai_core.flow.budgets.process import ProcessBudget
from dfai_core.flow.coordinator import Channel
from dfai_core.flow.refusals import Refusal

__all__ = ["Budget", "BudgetSpec", "open_budget", "warn_apart"]

Dial = Callable[[Mapping[str, Any]], Awaitable[Channel]]
"""Connects to a coordinator, which it tells what it is given."""


class Budget(Protocol):
    """One call's requests in flight, its own rate, and what it may spend.

    Used on the loop's thread only, by one call in one process.
    """

    turn_s: float
    """A slot held this long by consecutive requests is offered to others: released, and acquired again.

    Infinite where nobody else could want it.
    """
    paced: bool
    """Whether the call has a rate of its own; else `pace` need not be called."""

    def try_acquire(self) -> bool:
        """A slot at once, or False."""
        ...

    async def acquire(self) -> None:
        """A slot, as soon as there is one. One coroutine a process waits; cancelled, it takes no slot with it.

        Raises
        ------
        Unavailable
            Whoever keeps the budget is gone.
        """
        ...

    def release(self) -> None:
        """Gives one slot back."""
        ...

    def reserve(self, now: float, cost: float = 1.0) -> float:
        """Takes the next place of the call's own rate; says how many seconds to wait for it.

        Only where the answer is at hand, in a process and on a host; elsewhere a RuntimeError says to call `pace`.
        """
        ...

    async def pace(self, cost: float = 1.0) -> None:
        """Waits for the next place of the call's own rate; returns at once where it has none. *cost*: see `Limits`."""
        ...

    async def spend(self, documents: float, cost: float) -> Left | None:
        """Counts what is about to be sent; where that is more than the call may spend, nothing, and says what is left.

        Less than 0 gives back what was not billed after all. Only where the call has an allowance.

        Raises
        ------
        Unavailable
            Whoever keeps the budget is gone.
        """
        ...

    def refused(self, refusal: Refusal) -> None:
        """Tells the processes of other hosts, as soon as may be, where whoever keeps the budget has a way to them."""
        ...

    async def aclose(self) -> None:
        """Gives back everything. Slots in use count no more, so requests in flight should have ended."""
        ...


@dataclass(frozen=True, slots=True)
class BudgetSpec:
    """Who keeps a call's budget.

    "process": this process alone. "host": the processes of each host, by files. "coordinator": the process at
    *place*, "host:port", where *token* opens; or the one that *dial* connects to. "redis": the Redis at *place*.

    *hosts* is on how many hosts the call runs where each keeps a share of its own: with "host", and where neither
    coordinator nor Redis can be reached.
    """

    kind: Literal["process", "host", "coordinator", "redis"]
    place: str = field(default="", repr=False)  # a Redis's may hold a password
    token: str = field(default="", repr=False)
    hosts: int = 1
    dial: Dial | None = field(default=None, repr=False, compare=False)


def _unheard(_refusal: Refusal) -> None:
    """For whoever asks no target."""


def open_budget(
    spec: BudgetSpec | None,
    *,
    name: str,
    concurrency: int,
    rate_per_s: float | None,
    allowance: Allowance | None = None,
    heard: Callable[[Refusal], None] = _unheard,
) -> Budget:
    """This process's end of a budget; on the loop's thread, once for each call.

    Parameters
    ----------
    spec
        Who keeps it; None: this process alone.
    name
        What it is the budget of, the same in all processes: a call's id and its target.
    concurrency
        Requests in flight at once, over all processes.
    rate_per_s
        Requests a second (or what `Limits.counts` says), likewise; None: no limit.
    allowance
        What the call may spend, likewise, however often its budget is opened; None: no limit.
    heard
        Told what a target refused processes of other hosts.

    Raises
    ------
    MissingExtra
        The budget is in a Redis, and the package for it is not installed.
    """
    if spec is None or spec.kind == "process":
        return ProcessBudget(concurrency, rate_per_s, name, allowance)

    def share() -> Budget:
        slots = max(1, concurrency // spec.hosts)
        part = None if allowance is None else allowance.shared(spec.hosts)
        return _on_this_host(name, slots, None if rate_per_s is None else rate_per_s / spec.hosts, part)

    if spec.kind == "host":
        return share()
    if spec.kind == "coordinator":
        from dfai_core.flow.budgets.coordinated import CoordinatedBudget

        return CoordinatedBudget(spec, name, concurrency, rate_per_s, share, heard, allowance=allowance)
    from dfai_core.flow.budgets.redis import RedisBudget

    return RedisBudget(spec, name, concurrency, rate_per_s, share, heard, allowance=allowance)


def _on_this_host(name: str, concurrency: int, rate_per_s: float | None, allowance: Allowance | None) -> Budget:
    try:
        from dfai_core.flow.budgets.host import HostBudget

        return HostBudget(name, concurrency, rate_per_s, allowance)
    except (ConfigError, OSError) as error:
        warn_apart(f"each process holds the call's limits by itself, since it can share no files: {error}")
        return ProcessBudget(concurrency, rate_per_s, name, allowance)


_warned: set[str] = set()


def warn_apart(message: str) -> None:
    """Says, once a process, that limits hold for less than the whole call."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, LimitsApart, stacklevel=2)
