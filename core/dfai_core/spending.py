"""What a call pays for: counted before each request leaves, and held below what it may spend."""

from __future__ import annotations

import math
from collections.abc import Callable

from dfai_core.billed import UNMEASURED
from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.flow.allowance import Allowance, Left
from dfai_core.flow.budget import Budget, open_budget
from dfai_core.flow.refusals import Refusal
from dfai_core.jobs import Job
from dfai_core.outcome import Outcome
from dfai_core.prices import billing_of, quote
from dfai_core.report import Counters
from dfai_core.service import Document, Failure
from dfai_core.settings import Config
from dfai_core.shape import Refused

__all__ = ["Spending", "budget_of", "no_price"]


def budget_of(call: Call, name: str, heard: Callable[[Refusal], None]) -> Budget:
    """This process's end of the budget of *call*; see `open_budget`."""
    config = call.config
    return open_budget(
        call.budget,
        name=name,
        concurrency=config.concurrency,
        rate_per_s=config.rate_per_s,
        allowance=_allowance(config),
        heard=heard,
    )


def _allowance(config: Config) -> Allowance | None:
    if config.max_documents is None and config.max_cost is None:
        return None
    documents, cost = config.max_documents, config.max_cost
    return Allowance(math.inf if documents is None else documents, math.inf if cost is None else cost)


class Spending:
    """Counts the documents of one call that are sent, in the units that their service bills.

    With ``max_cost`` what cannot be measured before it is sent is not sent.

    A document counts when it leaves for the first time, and again whenever a request that held it broke after it may
    have been billed. It is given back where it ends without an answer that costs anything.

    Parameters
    ----------
    call
        Whose requests are counted.
    budget
        Keeps count over all processes, where the call has an allowance.
    counters
        Told of the units.

    Raises
    ------
    ConfigError
        With ``max_cost`` where no price is known.
    """

    __slots__ = ("_billing", "_budget", "_counters", "_dear", "_limited", "_most", "_options", "_per_unit")

    def __init__(self, call: Call, budget: Budget, counters: Counters) -> None:
        config, kind = call.config, call.target_kind
        self._budget = budget
        self._counters = counters
        self._limited = _allowance(config) is not None
        self._dear = config.max_cost is not None
        self._billing = None if kind == "local" else billing_of(call.service)
        self._options = call.options
        found = quote(config.prices, call.service, kind)
        if found is None and config.max_cost is not None:
            raise ConfigError(no_price(call))
        self._per_unit = 0.0 if found is None else found.per_unit
        limits = {
            "max_documents": None if config.max_documents is None else f"{config.max_documents:,}",
            "max_cost": None if config.max_cost is None else f"{config.max_cost:,g} {config.prices.currency}",
        }
        self._most = ", ".join(f"{name}={value}" for name, value in limits.items() if value)

    @classmethod
    def of(cls, call: Call, budget: Budget, counters: Counters) -> Spending | None:
        """What counts *call*; None where nothing is billed and nothing is limited."""
        spending = cls(call, budget, counters)
        return spending if spending._limited or spending._billing is not None else None

    def counted(self, job: Job) -> bool:
        """Whether *job* may leave at once, since nothing limits the call: then it is counted. Most are."""
        if job.operation is None:
            if self._limited:
                return False
            self._count(job, 1)
            job.paid = True
        return True

    async def admit(self, job: Job) -> tuple[Job | None, Job | None]:
        """What of *job* may leave, which is counted from here on, and what the call cannot pay for."""
        fits = job.count if self._knows_all(job) else 0
        while fits:
            ours = job if fits == job.count else job.only(range(fits))
            left = await self._budget.spend(fits, self._cost(ours))
            if left is None:
                self._count(ours, 1)
                ours.paid = True
                return ours, None if ours is job else job.only(range(fits, job.count))
            fits = min(fits - 1, self._that_fit(ours, left))
        return None, job

    async def end(self, job: Job, outcome: Outcome) -> None:
        """Gives back what of *job* has ended without an answer that costs anything."""
        if not job.paid or job.operation is not None:
            return
        unbilled = job.only([position for position, why in outcome.refused if why.failure.status != 200])
        if unbilled.count:
            self._count(unbilled, -1)
            if self._limited:
                await self._budget.spend(-unbilled.count, -self._cost(unbilled))

    def refused(self, job: Job) -> Outcome:
        """How documents end that the call cannot pay for."""
        words = f"{self._most} would be passed: not sent"
        if not self._knows_all(job):
            words = f"what it costs is known only once it is sent, and {self._most}: not sent"
        why = Refused(Failure("over_budget", words, retryable=True), 0, None)
        return Outcome(refused=[(position, why) for position in range(job.count)])

    def _that_fit(self, job: Job, left: Left) -> int:
        """How many documents from the first on are within what is *left*."""
        fits, units = 0, 0.0
        for document in job.documents():
            units += self._units(document) or 0.0
            if fits + 1 > left.documents or units * self._per_unit > left.cost:
                break
            fits += 1
        return fits

    @staticmethod
    def _short_texts(job: Job, most: int) -> int:
        """How many texts there are, if none has more characters than *most*; else 0. Nearly all requests are such."""
        count = 0
        for group, places in job.origin:
            column = group.inputs[0]
            texts = column[places.start : places.stop] if type(places) is range else [column[at] for at in places]
            if max(map(len, texts)) > most:
                return 0
            count += len(texts)
        return count

    def _knows_all(self, job: Job) -> bool:
        """Whether a limit of cost can be held for *job*."""
        return not self._dear or None not in map(self._units, job.documents())

    def _cost(self, job: Job) -> float:
        return self._per_unit * sum(units or 0.0 for units in map(self._units, job.documents()))

    def _units(self, document: Document) -> float | None:
        return 0.0 if self._billing is None else self._billing.count(document, self._options)

    def _count(self, job: Job, sign: int) -> None:
        billing = self._billing
        if billing is None:
            return
        counted, name, unknown = self._counters.units, billing.unit.name, 0
        known: float = self._short_texts(job, billing.even) if billing.even else 0
        if not known:
            units = [self._units(document) for document in job.documents()]
            known, unknown = sum(filter(None, units)), units.count(None)
        counted[name] = counted.get(name, 0.0) + sign * known
        if unknown:
            counted[UNMEASURED] = counted.get(UNMEASURED, 0.0) + sign * unknown


def no_price(call: Call) -> str:
    """Why *call* cannot have a ``max_cost``."""
    name, kind, target = call.service.name, call.target_kind, call.config.target.resolve(call.service)
    key = name if kind in ("azure", "web") else f"{kind}/{name}"
    return (
        f"max_cost={call.config.max_cost:g}: no price is known for {name} at {target}, so nothing tells when that is "
        f'reached. Say one: dfai.prices({{"{key}": …}}), or limit max_documents=.'
    )
