"""When to try again, and how fast: the pure rules."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.flow.breaker import Breaker
from dfai_core.flow.limiter import Pace
from dfai_core.flow.retry import Retry, retry_after_s

ATTEMPTS = st.integers(1, 2_000)
DRAWS = st.floats(0, 1, exclude_max=True)


@settings(derandomize=True)
@given(ATTEMPTS, DRAWS)
def test_waits_are_spread_from_nothing_to_the_whole_wait(attempt: int, draw: float) -> None:
    rule = Retry(attempts=3_000)
    whole = min(rule.longest_wait_s, rule.first_wait_s * 2.0 ** min(attempt - 1, 60))
    wait = rule.wait_s(attempt, retry_after_s=None, draw=draw)

    assert wait is not None
    assert wait == pytest.approx(draw * whole)
    assert 0 <= wait < rule.longest_wait_s or wait == 0


@settings(derandomize=True)
@given(st.integers(1, 5), DRAWS, st.floats(0, 10_000))
def test_what_the_service_asks_for_wins(attempt: int, draw: float, asked_s: float) -> None:
    assert Retry(attempts=6).wait_s(attempt, retry_after_s=asked_s, draw=draw) == asked_s


@given(st.integers(1, 9), st.integers(1, 20), st.none() | st.floats(0, 10))
@settings(derandomize=True)
def test_tries_are_counted(attempts: int, attempt: int, asked_s: float | None) -> None:
    wait = Retry(attempts=attempts).wait_s(attempt, retry_after_s=asked_s, draw=0.5)

    assert (wait is None) == (attempt >= attempts)


NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0.0),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:05 -0000"}, 5.0),
        ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "9"}, 9.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "99999999999999 Nov 2026"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_spellings(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after_s(headers, NOW) == wait


@settings(derandomize=True)
@given(st.text(max_size=40))
def test_no_retry_after_makes_a_client_fall_over(text: str) -> None:
    wait = retry_after_s({"Retry-After": text, "retry-after-ms": text}, NOW)

    assert wait is None or wait >= 0


@settings(derandomize=True, max_examples=300)
@given(
    st.floats(0.5, 500),
    st.lists(st.tuples(st.floats(0, 0.3), st.sampled_from([0.0, 0.0, 0.0, 1.5])), min_size=2, max_size=60),
)
def test_in_no_window_do_more_leave_than_the_rate_allows(rate: float, steps: list[tuple[float, float]]) -> None:
    pace = Pace(rate)
    now, not_before = 0.0, float("-inf")
    leaves = []
    for gap_s, pause_s in steps:
        now += gap_s
        not_before = max(not_before, now + pause_s if pause_s else not_before)  # no pause is ever taken back
        wait = pace.reserve(now, not_before)
        assert wait >= 0
        assert now + wait >= not_before - 1e-9
        leaves.append(now + wait)

    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(leaves))
    for first in range(len(leaves)):
        for last in range(first, len(leaves)):
            allowed = rate * (leaves[last] - leaves[first]) + max(1.0, rate / 20)
            assert last - first + 1 <= allowed + 1e-6


@given(st.floats(0, 1e6), st.floats(0, 10))
@settings(derandomize=True)
def test_without_a_rate_only_a_pause_holds(now: float, pause_s: float) -> None:
    assert Pace(None).reserve(now) == 0
    assert Pace(None).reserve(now, now + pause_s) == pytest.approx(pause_s, abs=1e-6)


def down(failures: int = 10, since: float = 0.0, now: float = 20.0) -> Breaker:
    breaker = Breaker()
    for _ in range(failures):
        breaker.failed(now)
    breaker.gave_up(now, since=since, why="no connection")
    return breaker


def test_a_breaker_opens_only_when_a_whole_request_was_tried_in_vain() -> None:
    answered_since, lately = Breaker(), Breaker()
    for breaker, at in ((answered_since, 5.0), (lately, 0.5)):
        breaker.answered(at)
        for _ in range(10):
            breaker.failed(19.0)
        breaker.gave_up(20.0, since=1.0, why="gone")

    assert not down(failures=9).open
    assert not answered_since.open
    assert lately.open


def test_an_open_breaker_lets_one_try_and_waits_longer_after_each_failure() -> None:
    breaker = down()
    now, pauses = 20.0, []
    for _ in range(6):
        opened = now
        while breaker.refusal(now) is not None:
            now += 0.5
        pauses.append(now - opened)
        assert breaker.refusal(now) == "no connection"
        breaker.failed(now)

    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_a_breaker_closes_with_the_first_answer_and_begins_anew() -> None:
    breaker = down()
    for _ in range(3):
        breaker.failed(100.0)
    breaker.answered(101.0)
    closed = breaker.refusal(101.0)
    for _ in range(10):
        breaker.failed(110.0)
    breaker.gave_up(110.0, since=102.0, why="gone again")

    assert closed is None
    assert breaker.refusal(114.9) == "gone again"
    assert breaker.refusal(115.0) is None


def test_a_try_that_never_ends_keeps_nobody_out_for_ever() -> None:
    breaker = down()

    assert breaker.refusal(25.0) is None
    assert breaker.refusal(84.0) == "no connection"
    assert breaker.refusal(85.0) is None


def test_what_fails_amid_others_is_told_from_what_fails_after_them() -> None:
    breaker = Breaker()
    breaker.answered(3.0)
    breaker.failed(3.5)

    assert breaker.answered_since(2.9)
    assert not breaker.answered_since(3.1)  # nobody was answered meanwhile: it may be an outage


@settings(derandomize=True)
@given(ATTEMPTS, DRAWS)
def test_a_request_that_fails_alone_does_not_wait_long(attempt: int, draw: float) -> None:
    rule = Retry(attempts=3_000)
    alone = rule.wait_s(attempt, retry_after_s=None, draw=draw, alone=True)
    amid = rule.wait_s(attempt, retry_after_s=None, draw=draw, alone=True, amid=True)
    together = rule.wait_s(attempt, retry_after_s=None, draw=draw)

    assert alone is not None
    assert amid is not None
    assert together is not None
    assert alone == min(together, draw * rule.longest_alone_s)
    assert amid == draw * min(rule.longest_alone_s, rule.first_amid_s * 2.0 ** min(attempt - 1, 60))
    assert amid <= alone
    assert rule.wait_s(attempt, retry_after_s=7.0, draw=draw, alone=True) == 7.0
