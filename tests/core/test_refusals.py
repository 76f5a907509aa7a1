"""What a target refuses one host the others hear of: whoever keeps the call's limits passes it on."""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dfai
from benchmarks.quotas import TokenBucket
from dfai_core.flow.adaptive import LearnedRate
from dfai_core.flow.budget import Budget, BudgetSpec, open_budget
from dfai_core.flow.host.rate import HostRate
from dfai_core.flow.refusals import Refusal
from dfai_core.peers import Peer, hear, peer_of
from dfai_core.settings import resolve
from dfai_core.targets import Target
from fake_loop import run_fast
from lookalike import Lookalike
from redis_server import redis_server
from wires import Wires

T = TypeVar("T")

REFUSED = Refusal("a target", ago_s=0.05, pause_s=2.0, per_s=40.0)


# ---- who hears ---------------------------------------------------------------------------------------------------


def test_what_one_is_refused_all_others_hear_within_two_messages_those_of_other_calls_too() -> None:
    async def main() -> list[list[Refusal]]:
        wires = Wires(delay_s=0.01)
        heard: list[list[Refusal]] = [[], [], []]
        names = ("one call", "one call", "another call")
        budgets = [wires.budget(1, name=name, heard=to.append) for name, to in zip(names, heard, strict=True)]
        await asyncio.sleep(1.0)
        budgets[0].refused(REFUSED)
        await asyncio.sleep(2 * 1.5 * 0.01)
        for budget in budgets:
            await budget.aclose()
        return heard

    assert run_fast(main()) == [[], [REFUSED], [REFUSED]]


def test_who_comes_in_the_middle_of_a_pause_hears_what_is_left_of_it_before_it_has_a_slot() -> None:
    async def main() -> tuple[list[Refusal], list[Refusal], float]:
        wires = Wires(delay_s=0.001)
        heard: list[Refusal] = []
        first = wires.budget(8)
        await first.acquire()
        began = asyncio.get_running_loop().time()
        first.refused(REFUSED)
        await asyncio.sleep(0.5)
        second = wires.budget(8, heard=heard.append)
        await second.acquire()
        before, took_s = [*heard], asyncio.get_running_loop().time() - began
        await asyncio.sleep(2.0)
        third = wires.budget(8, heard=heard.append)
        await third.acquire()
        for budget in (first, second, third):
            await budget.aclose()
        return before, heard, took_s

    before, heard, took_s = run_fast(main())

    assert heard == before  # who comes after the end hears nothing
    assert [(one.target, one.per_s) for one in before] == [("a target", 40.0)]
    assert before[0].pause_s == pytest.approx(REFUSED.pause_s - took_s, abs=0.01)
    assert before[0].ago_s == pytest.approx(REFUSED.ago_s + took_s, abs=0.01)


def test_a_redis_passes_it_on_to_whoever_works_whatever_the_call(tmp_path: Path) -> None:
    async def main(url: str) -> tuple[Refusal, float]:
        loop = asyncio.get_running_loop()
        heard: list[Refusal] = []
        both = asyncio.Event()
        spec = BudgetSpec("redis", url)

        def hears(refusal: Refusal) -> None:
            heard.append(refusal)
            if refusal.per_s == 34.0:
                both.set()

        def opened(name: str, to: Callable[[Refusal], None]) -> Budget:
            return open_budget(spec, name=name, concurrency=2, rate_per_s=None, heard=to)

        teller, listener = opened("one call", lambda refusal: None), opened("another", hears)
        await asyncio.gather(teller.acquire(), listener.acquire())
        began = loop.time()
        teller.refused(Refusal("a target", 0.05, 60.0, 40.0))
        teller.refused(Refusal("a target", 0.01, 30.0, 34.0))  # no pause is shorter for it
        async with asyncio.timeout(30):
            await both.wait()
        took_s = loop.time() - began
        for budget in (teller, listener):
            await budget.aclose()
        return heard[-1], took_s

    with redis_server(tmp_path) as server:
        found, took_s = asyncio.run(main(server.url))

    assert found.target == "a target"
    assert 60.0 - took_s - 0.1 <= found.pause_s <= 60.0
    assert 0.0 <= found.ago_s <= took_s + 0.1


# ---- what it means to a rate ---------------------------------------------------------------------------------------


def learned(per_s: float = 100.0) -> LearnedRate:
    """A rate that was cut at second 10 and paused until 11."""
    rate = LearnedRate()
    for place in range(int(per_s)):
        rate.reserve(9.0 + place / per_s)
    rate.refused(10.0, sent_at=9.99, retry_after_s=1.0, draw=0.0)
    return rate


@settings(derandomize=True, deadline=None)
@given(st.floats(12.0, 100.0), st.floats(0.001, 0.2), st.floats(0.3, 20.0), st.lists(st.floats(0.0, 0.1), max_size=5))
def test_it_is_as_good_as_a_refusal_of_ones_own_and_counts_once(
    at: float, ago_s: float, pause_s: float, again: list[float]
) -> None:
    own, other = learned(), learned()
    for rate in (own, other):
        rate.count(at - 0.5, 1_000.0)  # what is allowed is used
    own.refused(at, sent_at=at - ago_s, retry_after_s=pause_s, draw=0.0)
    for late_s in (0.0, *again):  # told again, by a message that was longer on its way
        per_s = own.rate_per_s(at)
        other.heard(at + late_s, sent_at=at - ago_s, pause_s=pause_s - late_s, per_s=per_s)

    assert other.paused_until == pytest.approx(own.paused_until)
    assert other.rate_per_s(at + pause_s) == pytest.approx(own.rate_per_s(at + pause_s))


def test_clients_that_are_refused_at_the_same_time_are_cut_once() -> None:
    one, other = learned(), learned()
    one.refused(20.0, sent_at=19.95, retry_after_s=1.0, draw=0.0)
    other.refused(20.003, sent_at=20.001, retry_after_s=1.0, draw=0.0)
    rates = one.rate_per_s(21.1), other.rate_per_s(21.1)
    one.heard(20.01, sent_at=20.001, pause_s=0.993, per_s=85.0)
    other.heard(20.01, sent_at=19.95, pause_s=0.99, per_s=85.0)

    assert one.rate_per_s(21.1) == pytest.approx(rates[0], rel=0.01)
    assert other.rate_per_s(21.1) == pytest.approx(rates[1], rel=0.01)


def test_rates_come_together_and_who_has_learned_nothing_begins_at_the_others() -> None:
    newcomer, idle = LearnedRate(), learned(100.0)
    before = idle.rate_per_s(60.0)
    for rate in (newcomer, idle):
        rate.heard(60.0, sent_at=59.9, pause_s=1.0, per_s=30.0)

    assert newcomer.rate_per_s(61.0) == pytest.approx(30.0)
    assert newcomer.paused_until == idle.paused_until == 61.0
    assert idle.rate_per_s(61.0) == pytest.approx((before * 0.85 + 30.0) / 2)  # none of it was used: no reason to stop


def test_processes_of_one_host_that_all_hear_it_are_one(tmp_path: Path) -> None:
    first, second = HostRate(tmp_path / "rate"), HostRate(tmp_path / "rate")
    first.heard(10.0, sent_at=9.9, pause_s=1.0, per_s=85.0)
    once = second.learned(10.0).rate_per_s(11.0)
    second.heard(10.002, sent_at=9.9, pause_s=0.998, per_s=85.0)
    twice = first.learned(10.002).rate_per_s(11.0)
    paused_until = first.paused_until
    first.close()
    second.close()

    assert once == pytest.approx(twice)
    assert once == pytest.approx(85.0)
    assert paused_until == pytest.approx(11.0)


# ---- which target it is --------------------------------------------------------------------------------------------


@pytest.fixture
def no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of other tests belong to other loops."""
    monkeypatch.setattr("dfai_core.peers._peers", {})


def with_peers(use: Callable[[list[Peer]], T], *targets: Target) -> T:
    """What *use* makes of the peers of *targets*."""

    async def main() -> T:
        peers = [peer_of(target, resolve([("test", {})])[0]) for target in targets]
        try:
            return use(peers)
        finally:
            for peer in peers:
                await peer.transport.aclose()

    return run_fast(main())


def names(peers: list[Peer]) -> list[str]:
    return [peer.name for peer in peers]


@pytest.mark.usefixtures("no_peers")
def test_a_target_has_one_name_on_all_hosts_that_tells_neither_it_nor_its_key() -> None:
    key, another = dfai.secret("env:DFAI_TEST_KEY"), dfai.secret("env:ANOTHER")
    one = dfai.container("https://service.example/a", key=key)
    elsewhere = dfai.container("https://service.example/b", key=key)
    found = with_peers(names, one, elsewhere, replace(one, key=another), dfai.azure(region="westeurope", key=key))

    assert len(set(found)) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in found)


@pytest.mark.usefixtures("no_peers")
def test_the_embedded_engine_concerns_nobody_else() -> None:
    assert with_peers(names, dfai.local()) == [""]


def test_at_a_loopback_address_each_host_has_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for host in ("host-a", "host-b"):
        monkeypatch.setattr("platform.node", lambda host=host: host)
        monkeypatch.setattr("dfai_core.peers._peers", {})
        found += with_peers(names, dfai.container("http://localhost:5000"), dfai.container("https://far.example"))

    assert found[0] != found[2]
    assert found[1] == found[3]


@pytest.mark.usefixtures("no_peers")
def test_only_the_target_that_refused_rests() -> None:
    def refused(peers: list[Peer]) -> list[float]:
        for peer in peers:
            peer.rate = LearnedRate()
        hear(Refusal(peers[0].name, 0.1, 5.0, 40.0))
        return [peer.rate.paused_until for peer in peers]

    targets = [dfai.container(f"https://{name}.example") for name in ("one", "other")]

    assert with_peers(refused, *targets) == [5.0, -math.inf]


# ---- all of it -----------------------------------------------------------------------------------------------------


class Hosts:
    """Hosts that ask one service with a quota as fast as they may, and tell each other what it refuses them."""

    delay_s = 0.004  # of a message, at most half as much again
    answer_s = 0.01
    measured_from_s = 8.0

    def __init__(self, hosts: int, quota_per_s: float) -> None:
        self.quota = TokenBucket(quota_per_s)
        self.answered = [0] * hosts
        self.sent = self.refused = self.inside = 0
        self._known: list[tuple[float, float]] = []  # from when the others know of a pause, and its end
        self._draw = random.Random(3)

    async def run(self, seconds: float) -> None:
        wires = Wires(self.delay_s)
        await asyncio.gather(*(self._host(wires, place, seconds) for place in range(len(self.answered))))

    async def _host(self, wires: Wires, place: int, until: float) -> None:
        clock, rate = asyncio.get_running_loop().time, LearnedRate()
        here = Peer(dfai.local(), Lookalike().transport, rate=rate, name="one")

        def heard(refusal: Refusal) -> None:
            now = clock()
            rate.heard(now, sent_at=now - refusal.ago_s, pause_s=refusal.pause_s, per_s=refusal.per_s)

        budget = wires.budget(64, heard=heard)
        requests = set[asyncio.Task[None]]()
        await asyncio.sleep(0.1 * place)
        while clock() < until:
            wait_s = rate.reserve(clock())
            await asyncio.sleep(max(wait_s, 0.001))  # faster than that no host is
            if rate.paused_until <= clock():
                requests.add(asyncio.create_task(self._ask(here, budget, place)))
        await asyncio.wait(requests)
        await budget.aclose()

    async def _ask(self, here: Peer, budget: Budget, place: int) -> None:
        clock = asyncio.get_running_loop().time
        sent_at = clock()
        self.sent += 1
        self.inside += any(begins < sent_at < ends for begins, ends in self._known)
        served = self.quota.take(sent_at) is None
        await asyncio.sleep(self.answer_s)
        if served:
            self.answered[place] += sent_at >= self.measured_from_s
            return
        self.refused += 1
        self._known.append((clock() + 2 * 1.5 * self.delay_s, clock() + 1.0))
        news = here.refused(clock(), sent_at=sent_at, retry_after_s=1.0, draw=self._draw.random())
        if news is not None:
            budget.refused(news)


@pytest.mark.parametrize("count", [2, 5])
def test_once_all_can_know_of_a_pause_nobody_sends_in_it_and_the_quota_is_used(count: int) -> None:
    hosts = Hosts(count, quota_per_s=200.0)
    run_fast(hosts.run(60.0))

    assert hosts.refused >= 2
    assert hosts.inside == 0
    assert hosts.refused <= 0.02 * hosts.sent
    assert sum(hosts.answered) >= 0.9 * 200.0 * (60.0 - hosts.measured_from_s)
    assert max(hosts.answered) <= 1.5 * min(hosts.answered)
