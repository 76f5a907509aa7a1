"""What may have been paid for unread is told: never less than it was, and little where only we gave up."""

from __future__ import annotations

import time

import pytest

from benchmarks.mock_service import Behaviour, Latency, MockService
from benchmarks.texts import reviews
from dfai_core.targets import container
from faults.calls import call_of, counted, rows_of

# So many in flight, and so few hangs, that a machine which stands still now and then leaves room below 2 %.
REQUESTS = 2_000
IN_FLIGHT = 16
# A mean of 20 ms with a long tail.
LATENCY = Latency.of_mean(0.02, 1.0)


@pytest.mark.parametrize(
    ("behaviour", "own"),
    [
        (Behaviour(LATENCY, hanging=0.005), True),
        (Behaviour(LATENCY, straggling=0.005, straggler_s=2.0), True),
        (Behaviour(LATENCY, failing=0.05, resetting=0.02, malformed=0.01, hanging=0.005), False),
    ],
    ids=["hangs", "stragglers", "all faults"],
)
def test_requests_that_may_be_paid_for_unread_are_told(behaviour: Behaviour, own: bool) -> None:
    with MockService(behaviour) as service:
        call = call_of("sentiment", target=container(service.url), concurrency=IN_FLIGHT)
        rows = rows_of(call, reviews(10 * REQUESTS))
        # Stragglers' answers are worked on until their time has come, whoever has gone.
        truth = settled(service)
    told = counted(call)

    assert all(code is None for _, code, _ in rows)
    assert told.maybe_billed >= truth
    if own:
        assert 0 < told.maybe_billed < 0.02 * told.requests


def settled(service: MockService) -> int:
    """How many requests were billed unread, once nothing is under way but what hangs for ever."""
    deadline = time.monotonic() + 10.0
    while service.counters().in_flight > 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    return service.counters().unread
