"""Places in a line, handed out in blocks: what is too late is not used, and what is used comes in its time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.flow.places import Places, block_units


def test_places_are_used_in_order_over_the_borders_of_blocks() -> None:
    places = Places(rate_per_s=10.0)
    places.add(0.0, wait_s=0.0, units=2.0)
    places.add(0.0, wait_s=1.0, units=3.0)

    assert [places.take(0.0) for _ in range(3)] == pytest.approx([0.0, 0.1, 1.0])
    # Two are left: what counts for three has to wait for another block, and takes nothing meanwhile.
    assert places.take(0.0, 3.0) is None
    places.add(0.0, wait_s=2.0, units=1.0)
    assert places.take(0.0, 3.0) == pytest.approx(2.0)
    assert places.units(0.0) == 0.0


def test_places_that_went_by_unused_are_not_all_caught_up() -> None:
    places = Places(rate_per_s=100.0)
    places.add(0.0, wait_s=0.0, units=50.0)

    assert places.units(0.045) == 50.0
    assert places.units(0.255) == pytest.approx(29.0)  # those of the last twentieth of a second, and those to come
    assert places.take(0.255) == 0.0
    assert places.units(9.0) == 0.0


def test_a_slow_line_forgives_the_lateness_of_a_whole_step() -> None:
    places = Places(rate_per_s=1.0)
    places.add(0.0, wait_s=0.0, units=1.0)

    assert places.units(0.9) == 1.0
    assert places.take(1.1) is None


@settings(derandomize=True)
@given(st.floats(0.01, 100_000), st.integers(0, 1_000))
def test_a_block_is_one_place_at_least_and_all_together_are_short(rate_per_s: float, processes: int) -> None:
    units = block_units(rate_per_s, processes)

    assert units >= 1.0
    assert units == 1.0 or units * max(1, processes) / rate_per_s <= 0.05 + 1e-9


@settings(derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 0.2), st.floats(0, 0.5), st.floats(0.5, 4.0)), max_size=40))
def test_no_more_is_taken_than_was_given(steps: list[tuple[float, float, float]]) -> None:
    places, now, given_units, taken = Places(rate_per_s=20.0), 0.0, 0.0, 0.0
    for gap_s, wait_s, cost in steps:
        now += gap_s
        places.add(now, wait_s, 2.0)
        given_units += 2.0
        wait = places.take(now, cost)
        if wait is not None:
            assert wait >= 0.0
            taken += cost

        assert taken <= given_units + 1e-9
