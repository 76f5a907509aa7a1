"""Rules that learn from answers: rate, concurrency, timeout. No clock but the test's own."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.flow.adaptive import AttemptTimeout, ConcurrencyWindow, LearnedRate

MOMENTS = st.floats(0, 1e6)
PAUSES = st.none() | st.floats(0, 60)
DRAWS = st.floats(0, 1, exclude_max=True)
STEPS = st.lists(st.tuples(st.sampled_from(["ask", "refuse", "pause"]), st.floats(0, 5), PAUSES, DRAWS), max_size=60)


def learned(rate_per_s: float, at: float = 0.0) -> LearnedRate:
    """One that will send *rate_per_s* at *at*."""
    return LearnedRate(peak_per_s=rate_per_s / 0.85, cut_at=at, resumed_at=at, next_at=at, paused_until=at)


@settings(derandomize=True)
@given(STEPS)
def test_no_place_lies_before_now_inside_a_pause_or_before_the_one_before(
    steps: list[tuple[str, float, float | None, float]],
) -> None:
    rate, now, last = LearnedRate(), 100.0, -math.inf
    for what, after_s, pause_s, draw in steps:
        now += after_s
        if what == "ask":
            place = now + rate.reserve(now)
            assert place >= max(now, rate.paused_until) - 1e-9
            assert place >= last - 1e-9 or rate.peak_per_s == math.inf
            last = place
        elif what == "refuse":
            rate.refused(now, sent_at=now - 0.01, retry_after_s=pause_s, draw=draw)
            assert rate.paused_until >= now + (pause_s or 0.0)
            assert 0 < rate.rate_per_s(now) < math.inf
        else:
            rate.pause(now + (pause_s or 0.0))


@settings(derandomize=True)
@given(st.floats(10, 5_000), st.integers(2, 300))
def test_places_are_as_many_as_the_climbing_rate_makes_room_for(rate_per_s: float, count: int) -> None:
    rate = learned(rate_per_s)
    waits = [rate.reserve(0.0) for _ in range(count)]
    span_s = waits[-1] - waits[0]
    mean_per_s = (rate.rate_per_s(waits[0]) + rate.rate_per_s(waits[-1])) / 2

    assert waits[0] == 0.0
    assert (count - 1) / span_s == pytest.approx(mean_per_s, rel=0.1)


@settings(derandomize=True)
@given(st.floats(1, 1_000), st.integers(2, 200), st.floats(0, 100))
def test_the_callers_own_rate_holds_besides(rate_per_s: float, count: int, idle_s: float) -> None:
    rate = LearnedRate()
    rate.reserve(0.0, rate_per_s)
    waits = [rate.reserve(idle_s, rate_per_s) for _ in range(count)]

    assert sum(wait <= 1.0 for wait in waits) <= rate_per_s + max(1.0, 0.05 * rate_per_s) + 1
    assert max(waits) <= idle_s + count / rate_per_s + 1e-6


@settings(derandomize=True)
@given(st.integers(2, 64), st.floats(0.1, 0.5))
def test_one_burst_of_refusals_counts_once(burst: int, spread_s: float) -> None:
    rate, once = learned(100.0), learned(100.0)
    once.refused(10.0, sent_at=9.9, retry_after_s=1.0, draw=0.0)
    for n in range(burst):
        rate.refused(10.0 + n * spread_s / burst, sent_at=9.9, retry_after_s=1.0, draw=0.0)

    assert rate.peak_per_s == once.peak_per_s
    assert rate.paused_until >= once.paused_until


@settings(derandomize=True)
@given(DRAWS, st.floats(0.001, 3_600))
def test_jitter_only_ever_lengthens_a_pause(draw: float, asked_s: float) -> None:
    rate = LearnedRate()
    rate.refused(50.0, sent_at=49.9, retry_after_s=asked_s, draw=draw)
    pause_s = rate.paused_until - 50.0

    assert asked_s * 0.999 <= pause_s <= asked_s * 1.1 + 1e-6


def test_pauses_that_nobody_asked_for_double_up_to_five_seconds() -> None:
    rate, now, pauses = LearnedRate(), 0.0, []
    for _ in range(7):
        rate.refused(now + 0.01, sent_at=now, retry_after_s=None, draw=0.0)
        pauses.append(round(rate.paused_until - now - 0.01, 6))
        now = rate.paused_until + 0.1

    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_what_climbed_unused_is_no_evidence() -> None:
    rate = learned(100.0)
    for n in range(100):
        rate.reserve(3_600.0 + n * 0.02)  # 50 a second, where 7,300 would be allowed
    rate.refused(3_602.0, sent_at=3_601.9, retry_after_s=1.0, draw=0.0)

    assert rate.rate_per_s(3_603.0) == pytest.approx(0.85 * 1.25 * 50, rel=0.05)


def test_a_rate_cut_to_almost_nothing_comes_back_within_minutes() -> None:
    rate, now = learned(200.0), 0.0
    for _ in range(60):
        now = rate.paused_until + 0.01
        rate.refused(now, sent_at=now, retry_after_s=0.1, draw=0.0)
    lowest = rate.rate_per_s(now)

    assert 0 < lowest < 1
    assert rate.rate_per_s(now + 180.0) > 200.0


def served(quota_per_s: float, clients: list[LearnedRate], seconds: float, seed: int) -> tuple[list[int], int]:
    """Answers of each client, and refusals, from 8 s on: a bucket of one second's depth, Retry-After 1."""
    dice = random.Random(seed)
    tokens, filled_at, refused = quota_per_s, 0.0, 0
    answers = [0] * len(clients)
    events = [(dice.random() * 0.1, place, -1.0) for place in range(len(clients))]  # when, who, reserved for when
    while events[0][0] < seconds:
        now, place, reserved = heapq.heappop(events)
        rate = clients[place]
        if reserved >= 0 and rate.paused_until <= now:
            tokens, filled_at = min(quota_per_s, tokens + (now - filled_at) * quota_per_s), now
            if tokens >= 1:
                tokens -= 1
                answers[place] += now >= 8.0
            else:
                refused += now >= 8.0
                rate.refused(now + 0.004, sent_at=now, retry_after_s=1.0, draw=dice.random())
        at = max(now + rate.reserve(now), now + 1 / 1280)  # 64 in flight at 50 ms are no more than that
        heapq.heappush(events, (at, place, at))
    return answers, refused


@pytest.mark.parametrize("seed", range(3))
def test_one_client_uses_a_quota_it_knows_nothing_of_and_is_hardly_refused(seed: int) -> None:
    answers, refused = served(200.0, [LearnedRate()], 68.0, seed)

    assert sum(answers) >= 0.95 * 200 * 60
    assert refused < 0.02 * sum(answers)


@pytest.mark.parametrize("seed", range(2))
def test_eight_clients_that_know_nothing_of_each_other_share_alike(seed: int) -> None:
    answers, refused = served(200.0, [LearnedRate() for _ in range(8)], 308.0, seed)

    assert max(answers) <= 1.5 * min(answers)
    assert sum(answers) >= 0.9 * 200 * 300
    assert refused < 0.02 * sum(answers)


def windows(window: ConcurrencyWindow, count: int, answer: Callable[[int, int], tuple[float, bool]]) -> float:
    """Lets *count* answers come in as with the window's limit in flight; the mean limit of the second half."""
    now, limits = 0.0, []
    for n in range(count):
        latency_s, overloaded = answer(n, window.limit)
        now += latency_s / window.limit
        window.ended(now, latency_s=latency_s, overloaded=overloaded)
        limits.append(window.limit)
    return fmean(limits[count // 2 :])


@settings(derandomize=True)
@given(st.integers(1, 256), st.lists(st.tuples(st.floats(0, 60), st.booleans()), max_size=400))
def test_the_limit_is_never_below_one_nor_above_what_is_allowed(
    allowed: int, answers: list[tuple[float, bool]]
) -> None:
    window, now = ConcurrencyWindow(allowed), 0.0
    for latency_s, overloaded in answers:
        now += latency_s
        window.ended(now, latency_s=latency_s, overloaded=overloaded)

        assert 1 <= window.limit <= allowed


@pytest.mark.parametrize("seed", range(5))
def test_random_failures_and_uneven_latencies_do_not_slow_a_client(seed: int) -> None:
    dice = random.Random(seed)
    limit = windows(
        ConcurrencyWindow(64), 10_000, lambda n, limit: (dice.lognormvariate(-3.0, 1.0), dice.random() < 0.05)
    )

    assert limit >= 0.95 * 64


def test_a_service_that_is_overloaded_is_given_less() -> None:
    window = ConcurrencyWindow(64)
    windows(window, 5_000, lambda n, limit: (0.05, n % limit >= 20))

    assert 10 <= window.limit <= 28


def test_a_queue_that_only_adds_latency_is_kept_short() -> None:
    window = ConcurrencyWindow(256)
    windows(window, 20_000, lambda n, limit: (0.05 * max(1.0, limit / 20), False))

    assert window.limit <= 64


def test_a_service_that_became_slower_for_good_is_not_starved() -> None:
    window = ConcurrencyWindow(64)
    windows(window, 20_000, lambda n, limit: (0.05 if n < 2_000 else 0.5, False))

    assert window.limit == 64


@settings(derandomize=True)
@given(st.lists(st.floats(0.0001, 50), min_size=20, max_size=500), st.floats(0.5, 100))
def test_the_timeout_is_five_times_what_nearly_all_answers_take(latencies: list[float], longest_s: float) -> None:
    timeout = AttemptTimeout(longest_s)
    for latency_s in latencies:
        timeout.answered(latency_s)
        assert min(0.5, longest_s) <= timeout.timeout_s <= longest_s
    p99_s = timeout.p99_s()
    exact_s = sorted(latencies)[math.ceil(0.99 * len(latencies)) - 1]

    assert p99_s is not None
    assert timeout.timeout_s <= min(longest_s, max(0.5, 5 * 1.2 * max(latencies)))
    assert exact_s * 0.999 <= p99_s <= exact_s * 1.2


def test_nothing_is_cut_early_before_anything_is_known() -> None:
    timeout = AttemptTimeout(60.0)
    for _ in range(19):
        timeout.answered(0.01)

    assert timeout.timeout_s == 60.0
    assert AttemptTimeout(60.0).p99_s() is None


def test_one_hang_in_a_hundred_leaves_the_timeout_as_it_is() -> None:
    timeout, dice = AttemptTimeout(60.0), random.Random(0)
    for _ in range(20_000):
        if dice.random() < 0.01:
            timeout.cut()
        else:
            timeout.answered(0.1)

    assert timeout.timeout_s <= 1.2


def test_a_target_that_is_slow_is_waited_for_and_the_wait_shrinks_again() -> None:
    timeout = AttemptTimeout(60.0)
    for _ in range(100):
        timeout.answered(0.1)
    assert timeout.timeout_s < 0.75
    while timeout.timeout_s < 20.0:  # it takes 20 s now
        timeout.cut()
    for _ in range(20_000):
        timeout.answered(0.1)

    assert timeout.timeout_s < 0.75


def test_state_is_numbers_only_and_can_be_copied() -> None:
    rate = learned(50.0)
    copy = replace(rate)

    assert [rate.reserve(1.0) for _ in range(9)] == [copy.reserve(1.0) for _ in range(9)]
    assert rate == copy
