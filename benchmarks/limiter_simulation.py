"""The limiter's rules against simulated services: how much of a quota is used, how much is refused, how it is shared.

Nothing sleeps: events are simulated one after the other, on a clock of their own, so that minutes pass in a second.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Literal, NamedTuple, Protocol

from benchmarks.mock_counters import Pauses
from benchmarks.quotas import FixedWindow, Quota, SlidingWindow, TokenBucket
from benchmarks.table import Table, publish
from dfai_core.flow.adaptive import ConcurrencyWindow, LearnedRate

__all__ = ["Figure", "Scenario", "main", "simulate"]

RetryAfter = float | Literal["exact"] | None

_QUOTA_PER_S = 200.0
_LATENCY_S = 0.05
_REFUSAL_S = 0.004
_ALLOWED = 64
_TOLD_S = 0.005
_NEWS_S = 0.05  # as in the core: a pause that is so little longer is not told
# The rate is being found in the first seconds; what is measured comes after them.
_FOUND_S = 8.0


class Answer(NamedTuple):
    """What a simulated service says, and how many seconds later."""

    status: int
    after_s: float
    retry_after_s: float | None = None


class Service(Protocol):
    """A service that sees requests in the order of time."""

    def ask(self, now: float) -> Answer: ...


Latency = Callable[[], float]


def _steady() -> float:
    return _LATENCY_S


def _lognormal(dice: random.Random) -> Latency:
    """A mean of 50 ms, a tail that is 30 times as long."""
    return lambda: dice.lognormvariate(math.log(_LATENCY_S) - 0.5, 1.0)


@dataclass(slots=True)
class Limited:
    """A service with a quota."""

    quota: Quota
    retry_after_s: RetryAfter
    latency: Latency = _steady

    def ask(self, now: float) -> Answer:
        exact_s = self.quota.take(now)
        if exact_s is None:
            return Answer(200, self.latency())
        return Answer(429, _REFUSAL_S, exact_s if self.retry_after_s == "exact" else self.retry_after_s)


@dataclass(slots=True)
class Unlimited:
    """No quota; a share of the answers is 503, at random."""

    latency: Latency = _steady
    failing: float = 0.0
    dice: random.Random = field(default_factory=random.Random)

    def ask(self, now: float) -> Answer:
        return Answer(503 if self.dice.random() < self.failing else 200, self.latency())


@dataclass(slots=True)
class Overloaded:
    """So many workers, a queue before them, and 503 for whoever does not fit."""

    workers: int = 20
    queue: int = 20
    _free_at: list[float] = field(default_factory=list)  # when what was accepted will be done

    def ask(self, now: float) -> Answer:
        while self._free_at and self._free_at[0] <= now:
            heapq.heappop(self._free_at)
        if len(self._free_at) >= self.workers + self.queue:
            return Answer(503, _REFUSAL_S)
        # Work is equally long, so that a request starts as soon as the one so many places before it is done.
        ahead = sorted(self._free_at)
        starts = now if len(ahead) < self.workers else ahead[-self.workers]
        heapq.heappush(self._free_at, starts + _LATENCY_S)
        return Answer(200, starts + _LATENCY_S - now)


@dataclass(slots=True)
class Client:
    """One process with more work than it may send. One request a time waits for its place, as in the dispatcher."""

    rate: LearnedRate
    window: ConcurrencyWindow | None
    sent: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    in_window: int = 0  # sent while somebody had been told to wait, a moment ago at least
    in_flight: int = 0
    waiting: bool = False

    def room(self) -> bool:
        """Whether another request may leave as far as concurrency goes."""
        return not self.waiting and self.in_flight < (self.window.limit if self.window else _ALLOWED)

    def forget_counts(self) -> None:
        """Counts from here on."""
        self.sent = self.answered = self.refused = self.failed = self.in_window = 0


def simulate(
    service: Service,
    clients: Sequence[Client],
    seconds: float,
    dice: random.Random,
    measured_from_s: float = _FOUND_S,
    told_after_s: float | None = None,
) -> None:
    """Lets *clients* ask *service*; their counts are of the time from *measured_from_s* on.

    What one is refused the others hear of after *told_after_s*, if it is given.
    """
    order = itertools.count()
    pauses = Pauses()
    events: list[tuple[float, int, Callable[[float], None]]] = []

    def at(moment: float, happens: Callable[[float], None]) -> None:
        heapq.heappush(events, (moment, next(order), happens))

    def pump(client: Client, now: float) -> None:
        while client.room():
            wait_s = client.rate.reserve(now)
            if wait_s > 0:
                client.waiting = True
                at(now + wait_s, lambda moment: wake(client, moment))
            else:
                send(client, now)

    def wake(client: Client, now: float) -> None:
        client.waiting = False
        if client.rate.paused_until <= now:
            send(client, now)
        pump(client, now)

    def send(client: Client, now: float) -> None:
        client.sent += 1
        client.in_window += pauses.broken("", now)
        client.in_flight += 1
        answer = service.ask(now)
        at(now + answer.after_s, lambda moment: end(client, now, answer, moment))

    def end(client: Client, sent_at: float, answer: Answer, now: float) -> None:
        client.in_flight -= 1
        if answer.status == 429:
            client.refused += 1
            if answer.retry_after_s is not None:
                pauses.refused("", left_at=now, retry_after_s=answer.retry_after_s)
            before = client.rate.paused_until
            client.rate.refused(now, sent_at=sent_at, retry_after_s=answer.retry_after_s, draw=dice.random())
            if told_after_s is not None and client.rate.paused_until > max(before, now) + _NEWS_S:
                until, per_s = client.rate.paused_until, client.rate.rate_per_s(now)
                at(now + told_after_s, lambda moment: tell(client, moment, sent_at, until - now, per_s))
        else:
            client.answered += answer.status == 200
            client.failed += answer.status == 503
            if client.window:
                client.window.ended(now, latency_s=now - sent_at, overloaded=answer.status == 503)
        pump(client, now)

    def tell(teller: Client, now: float, sent_at: float, pause_s: float, per_s: float) -> None:
        # What travels are seconds, as of when they were sent: a pause ends later by the time of the way.
        for client in clients:
            if client is not teller:
                client.rate.heard(now, sent_at=sent_at + (told_after_s or 0.0), pause_s=pause_s, per_s=per_s)

    def start_counting(_: float) -> None:
        for client in clients:
            client.forget_counts()

    for client in clients:
        at(dice.random() * 0.1, lambda moment, client=client: pump(client, moment))  # type: ignore[misc]
    at(measured_from_s, start_counting)
    while events and events[0][0] <= seconds:
        now, _, happens = heapq.heappop(events)
        happens(now)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A service, how many clients ask it, for how long."""

    name: str
    make: Callable[[random.Random], Service]
    clients: int = 1
    seconds: float = 68.0
    capacity_per_s: float = _QUOTA_PER_S
    shared: bool = False  # one learned rate for all clients, as processes of one host have
    windowed: bool = False  # concurrency is learned, too
    told_after_s: float | None = None  # after which a client hears of what another was refused


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of a scenario, the mean of its seeds."""

    name: str
    clients: int
    seconds: float
    used: float  # share of the quota, or of what the service can do
    refused: float  # share of what was sent
    failed: float
    in_window: float  # share of what was sent
    max_over_min: float | None


def measure(scenario: Scenario, seeds: Sequence[int]) -> Figure:
    """The means over *seeds*."""
    used, refused, failed, in_window, spread = [], [], [], [], []
    for seed in seeds:
        dice = random.Random(seed)
        common = LearnedRate()
        clients = [
            Client(
                common if scenario.shared else LearnedRate(),
                ConcurrencyWindow(_ALLOWED) if scenario.windowed else None,
            )
            for _ in range(scenario.clients)
        ]
        simulate(scenario.make(dice), clients, scenario.seconds, dice, told_after_s=scenario.told_after_s)
        sent = sum(client.sent for client in clients)
        answers = [client.answered for client in clients]
        used.append(sum(answers) / (scenario.capacity_per_s * (scenario.seconds - _FOUND_S)))
        refused.append(sum(client.refused for client in clients) / sent)
        failed.append(sum(client.failed for client in clients) / sent)
        in_window.append(sum(client.in_window for client in clients) / sent)
        spread.append(max(answers) / max(1, min(answers)))
    return Figure(
        scenario.name,
        scenario.clients,
        scenario.seconds,
        fmean(used),
        fmean(refused),
        fmean(failed),
        fmean(in_window),
        fmean(spread) if scenario.clients > 1 else None,
    )


def quotas() -> Iterator[Scenario]:
    """Each kind of quota: for one client, for eight that know nothing of each other, for eight of one host, and for
    hosts that tell each other."""
    kinds: dict[str, Callable[[], Quota]] = {
        "bucket 1 s": lambda: TokenBucket(_QUOTA_PER_S),
        "bucket 0.05 s": lambda: TokenBucket(_QUOTA_PER_S, 0.05),
        "fixed window": lambda: FixedWindow(_QUOTA_PER_S),
        "sliding window": lambda: SlidingWindow(_QUOTA_PER_S),
    }
    asked: dict[str, RetryAfter] = {"1": 1.0, "exact": "exact", "none": None, "10": 10.0}
    for kind, make in kinds.items():
        for said, retry_after in asked.items():
            name = f"{kind}, Retry-After {said}"
            fresh = _fresh(make, retry_after)
            yield Scenario(name, fresh)
            yield Scenario(name, fresh, clients=8, seconds=308.0)
            yield Scenario(f"{name}, one host", fresh, clients=8, shared=True)
            for hosts in (2, 8):
                yield Scenario(f"{name}, told", fresh, clients=hosts, told_after_s=_TOLD_S)
    yield Scenario("bucket 1 s, lognormal", lambda dice: Limited(TokenBucket(_QUOTA_PER_S), 1.0, _lognormal(dice)))
    for clients in (1, 8):
        yield Scenario(
            "bucket 1 s, 1,000 a minute",
            lambda _: Limited(TokenBucket(1_000 / 60), 1.0),
            clients,
            seconds=308.0,
            capacity_per_s=1_000 / 60,
        )


def _fresh(make: Callable[[], Quota], retry_after: RetryAfter) -> Callable[[random.Random], Service]:
    return lambda _: Limited(make(), retry_after)


def loads() -> Iterator[Scenario]:
    """What must not slow a client, and what must; the capacity is what 64 in flight can do."""
    full_per_s = _ALLOWED / _LATENCY_S
    for windowed in (False, True):
        how = "window rule" if windowed else "no rule"
        yield Scenario(f"steady, {how}", lambda _: Unlimited(), capacity_per_s=full_per_s, windowed=windowed)
        yield Scenario(
            f"lognormal, {how}",
            lambda dice: Unlimited(_lognormal(dice)),
            capacity_per_s=full_per_s,
            windowed=windowed,
        )
        yield Scenario(
            f"5 % random 503, {how}",
            lambda dice: Unlimited(failing=0.05, dice=dice),
            capacity_per_s=full_per_s,
            windowed=windowed,
        )
        for clients in (1, 8):
            yield Scenario(
                f"20 workers, queue 20, {how}",
                lambda _: Overloaded(),
                clients,
                capacity_per_s=20 / _LATENCY_S,
                windowed=windowed,
            )


def main(seeds: int = 3, only: str = "") -> dict[str, Any]:
    """Simulates the scenarios whose names, each with a comma at its end, hold *only*; prints and saves."""
    figures = [measure(scenario, range(seeds)) for scenario in [*quotas(), *loads()] if only in f"{scenario.name},"]
    head = ["service", "clients", "seconds", "used %", "429 %", "503 %", "in window %", "max/min"]
    rows = [
        [
            f.name,
            f.clients,
            int(f.seconds),
            100 * f.used,
            100 * f.refused,
            100 * f.failed,
            100 * f.in_window,
            f.max_over_min,
        ]
        for f in figures
    ]
    title = f"Simulated: quota 200/s, {_ALLOWED} in flight each, 50 ms, refusals after 4 ms; from {_FOUND_S:.0f} s"
    tables = [Table(title, head, rows)]
    return publish("limiter_simulation", tables, {"figures": [asdict(figure) for figure in figures]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="scenarios whose names hold this")
    options = parser.parse_args()
    main(options.seeds, options.only)
