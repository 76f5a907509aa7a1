"""Anomalies of whole series: the documentation's samples, made series, and what the band means."""

from __future__ import annotations

import numpy as np
import pytest

from contracts import example
from dfai_engine.decision.entire import detect
from dfai_engine.decision.options import Detection
from dfai_engine.decision.series import Impute, Series
from engine.decision.made import MONTHLY, Values, apart, f1, flags, found, series_of, spiky, waves

SENSITIVITIES = (0, 50, 85, 95, 99)


@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_the_documentations_monthly_sample_has_its_two_anomalies(sensitivity: int) -> None:
    answer = found(MONTHLY, Detection(sensitivity=sensitivity))

    assert np.flatnonzero(answer.above).tolist() == [7, 14]
    assert not answer.below.any()


def test_the_contracts_example_has_its_period_and_its_anomaly() -> None:
    read = example("anomaly-detector-v1.1/examples/EntireDetect.json")
    answer = found([point["value"] for point in read["parameters"]["options"]["series"]])

    expected = read["responses"]["200"]["body"]
    assert answer.period == expected["period"] == 12
    assert flags(answer).tolist() == expected["isAnomaly"]
    assert np.abs(answer.expected - expected["expectedValues"]).max() < 20


@pytest.mark.parametrize(
    ("shape", "period"),
    [
        (waves(500), 24),
        (waves(600, 7), 7),
        (waves(1_000) - 8.0 * (np.arange(1_000) // 24 % 7 >= 5), 168),
        (np.where(np.arange(800) % 50 < 6, 30.0, 0.0), 50),
        (np.zeros(500), 0),
        (0.1 * np.arange(500), 0),
        (np.cumsum(np.random.default_rng(1).normal(0, 1, 700)), 0),
    ],
    ids=["day", "week", "day and week", "one burst a cycle", "flat", "drift", "random walk"],
)
def test_periods_are_found_where_there_are_some(shape: Values, period: int) -> None:
    values, _ = spiky(shape, seed=3)

    assert found(values).period == period


@pytest.mark.parametrize("length", [500, 1_000, 2_000])
@pytest.mark.parametrize("kind", ["flat", "seasonal", "drift", "random walk", "growing season"])
def test_spikes_are_found_and_nothing_else(kind: str, length: int) -> None:
    time = np.arange(length)
    answers = []
    for seed in range(8):
        shape = {
            "flat": np.zeros(length),
            "seasonal": waves(length) + waves(length, 12, 4),
            "drift": 0.02 * time + waves(length, height=6),
            "random walk": np.cumsum(np.random.default_rng(seed + 100).normal(0, 0.08, length)),
            "growing season": 0.02 * time + (5 + 10 * time / length) * waves(length, height=1),
        }[kind]
        values, there = spiky(shape, seed)
        answers.append((flags(found(values)), there))

    assert f1(answers) >= 0.95


@pytest.mark.parametrize("share", [0.01, 0.04])
def test_a_day_within_a_week_is_learnt(share: float) -> None:
    shape = waves(2_000) - 8.0 * (np.arange(2_000) // 24 % 7 >= 5)
    answers = [(flags(found(values)), there) for values, there in (spiky(shape, seed, share) for seed in range(8))]

    assert f1(answers) >= 0.95


def test_missing_points_cost_nothing_but_themselves() -> None:
    answers = []
    for seed in range(8):
        values, there = spiky(waves(1_000), seed)
        keep = np.flatnonzero(np.random.default_rng(seed).random(1_000) > 0.2)
        answer = detect(Series(values[keep], keep - keep[0], int(keep[-1] - keep[0]) + 1), Detection())
        answers.append((flags(answer), there[keep]))
        assert answer.period == 24

    assert f1(answers) >= 0.95


@pytest.mark.parametrize("mode", ["auto", "previous", "linear", "fixed", "zero", "notFill"])
def test_however_gaps_are_filled_each_given_point_is_answered(mode: str) -> None:
    values, _ = spiky(waves(300), 1)
    values[100] += 60
    keep = np.setdiff1d(np.arange(300), [40, 41, 150])
    options = Detection(impute=Impute(mode, 100.0))
    answer = detect(Series(values[keep], keep, 300), options)

    assert len(answer.expected) == len(answer.margins) == len(answer.severity) == 297
    assert flags(answer)[keep == 100].all()


def test_a_new_level_is_news_for_three_points() -> None:
    values = 100 + np.random.default_rng(2).normal(0, 1, 600)
    values[300:] += 15
    answer = found(values)

    assert np.flatnonzero(flags(answer)).tolist() == [300, 301, 302]


def test_a_passing_drop_is_anomalous_to_its_end() -> None:
    values = 100 + np.random.default_rng(2).normal(0, 1, 600)
    values[300:330] -= 15
    answer = found(values)

    assert np.flatnonzero(answer.below).tolist() == list(range(300, 330))


@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_an_anomaly_is_what_lies_outside_the_boundaries(sensitivity: int) -> None:
    values, _ = spiky(waves(500), 5, share=0.05)
    answer = found(values, Detection(sensitivity=sensitivity, max_anomaly_ratio=0.03))

    reach = (100 - sensitivity) * answer.margins
    assert ((values > answer.expected + reach) == answer.above).all()
    assert ((values < answer.expected - reach) == answer.below).all()
    assert ((answer.severity > 0) == flags(answer)).all()
    assert (answer.severity < 1).all()


def test_a_higher_sensitivity_never_finds_fewer() -> None:
    values, _ = spiky(waves(500), 6, share=0.05)
    before = np.zeros(500, dtype=bool)
    for sensitivity in range(100):
        now = flags(found(values, Detection(sensitivity=sensitivity)))
        assert not (before & ~now).any()
        before = now

    assert before.any()


@pytest.mark.parametrize("ratio", [0.0, 0.002, 0.01, 0.1])
def test_no_more_points_than_allowed_are_anomalies_and_those_are_the_farthest(ratio: float) -> None:
    values, _ = spiky(waves(500), 7, share=0.1)
    every, few = found(values, Detection(99, 0.49)), found(values, Detection(99, ratio))

    distances = apart(values, every, 99)
    assert flags(few).sum() <= ratio * 500
    assert (flags(few) == (distances > np.sort(distances)[-flags(few).sum() - 1])).all()


def test_equal_outliers_past_the_allowed_number_are_all_left_out() -> None:
    values = np.zeros(100)
    values[[10, 33, 47, 71]] = 9

    assert flags(found(values)).sum() == 4
    assert flags(found(values, Detection(max_anomaly_ratio=0.02))).sum() == 0


@pytest.mark.parametrize("level", [0.0, 5.0, -1e-300, 1e300])
def test_a_constant_series_is_as_expected(level: float) -> None:
    answer = found(np.full(50, level))

    assert not flags(answer).any()
    assert answer.expected.tolist() == [level] * 50
    assert answer.period == 0


def test_one_spike_in_a_constant_series_is_an_anomaly() -> None:
    values = np.full(50, 5.0)
    values[20] = 5.1

    assert np.flatnonzero(flags(found(values))).tolist() == [20]


def test_a_named_period_is_used_and_none_means_none() -> None:
    values, _ = spiky(waves(300), 8)

    assert found(values, Detection(period=48)).period == 48
    assert found(values, Detection(period=0)).period == 0


def test_what_is_ordinary_in_a_heavy_tailed_series_is_not_extraordinary() -> None:
    counts = np.random.default_rng(4).lognormal(0, 1, 4_000)

    assert flags(found(counts)).mean() < 0.02


def test_twelve_points_are_enough() -> None:
    answer = detect(series_of([*[10.0, 11.0] * 5, 60.0, 10.0]), Detection())

    assert np.flatnonzero(flags(answer)).tolist() == [10]
