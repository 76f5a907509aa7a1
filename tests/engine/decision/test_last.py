"""The newest point, in the light of those before it."""

from __future__ import annotations

import numpy as np
import pytest

from contracts import example
from dfai_engine.decision.last import Last, detect
from dfai_engine.decision.options import Detection
from dfai_engine.decision.series import Series
from engine.decision.made import MONTHLY, Values, series_of, spiky, waves


def newest(values: Values, more: float = 0.0, sensitivity: int = 95) -> Last:
    changed = np.append(values[:-1], values[-1] + more)
    return detect(series_of(changed), Detection(sensitivity=sensitivity))


SHAPES = {
    "flat": np.zeros(300),
    "seasonal": waves(300),
    "day and week": waves(900) - 8.0 * (np.arange(900) // 24 % 7 >= 5),
    "drift": 0.05 * np.arange(300),
    "random walk": np.cumsum(np.random.default_rng(0).normal(0, 0.3, 300)),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_spike_at_the_end_is_found_and_an_ordinary_end_is_not(kind: str) -> None:
    series = [spiky(SHAPES[kind], seed)[0] for seed in range(20)]
    ordinary, high, low = ([newest(values, more) for values in series] for more in (0.0, 12.0, -12.0))

    assert sum(answer.above or answer.below for answer in ordinary) <= 2
    assert sum(answer.above for answer in high) >= 19
    assert sum(answer.below for answer in low) >= 19


def test_the_documentations_sample_ends_in_an_anomaly() -> None:
    answer = detect(series_of([*MONTHLY[:-1], 90_000]), Detection())

    assert (answer.above, answer.period) == (True, 0)
    assert 800 < answer.expected < 1_000


def test_the_contracts_example_is_as_it_was_expected() -> None:
    read = example("anomaly-detector-v1.1/examples/LastDetect.json")
    values = np.array([point["value"] for point in read["parameters"]["options"]["series"]], dtype=float)
    answer, expected = newest(values), read["responses"]["200"]["body"]

    assert (answer.above, answer.below) == (False, False)
    assert answer.period == expected["period"]
    assert abs(answer.expected - expected["expectedValue"]) < 40


def test_the_newest_point_does_not_shape_what_is_expected_of_it() -> None:
    values, _ = spiky(waves(300), 3)
    answers = [newest(values, more) for more in (0.0, 5.0, 500.0)]

    assert len({round(answer.expected, 6) for answer in answers}) == 1
    assert len({round(answer.margin, 6) for answer in answers}) == 1


def test_a_higher_sensitivity_never_lets_go() -> None:
    values, _ = spiky(waves(300), 4)
    found = [bool(newest(values, 8.0, sensitivity).above) for sensitivity in range(100)]

    assert found == sorted(found)
    assert set(found) == {False, True}


def test_after_a_gap_the_phase_is_that_of_the_clock() -> None:
    values = 100 + waves(320) + np.random.default_rng(5).normal(0, 0.5, 320)
    places = np.append(np.arange(299), 311)
    answer = detect(Series(values[places], places, 312), Detection())

    assert abs(answer.expected - values[311]) < 3
    assert not answer.above
    assert not answer.below
