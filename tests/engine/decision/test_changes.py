"""Change points: known ones are found where they are, and no others."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from contracts import example
from dfai_engine.decision.changes import Pieces, detect, search
from dfai_engine.decision.options import Changes
from dfai_engine.decision.series import Series
from engine.decision.made import Values, series_of, spiky, waves


def cuts(values: Values, options: Changes | None = None) -> list[int]:
    return np.flatnonzero(detect(series_of(values), options or Changes()).change).tolist()


@pytest.mark.parametrize("length", [300, 900, 4_000])
@pytest.mark.parametrize("shape", ["flat", "seasonal", "spikes"])
def test_shifts_are_found_where_they_are(length: int, shape: str) -> None:
    found = wrong = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        values = 100 + rng.normal(0, 1, length)
        true = [length // 4, length // 2, 3 * length // 4]
        for cut in true:
            values[cut:] += rng.choice([-1, 1]) * rng.uniform(4, 8)
        if shape == "seasonal":
            values += waves(length, height=5)
        if shape == "spikes":
            values[rng.choice(length, 5, replace=False)] += 20
        answer = cuts(values)
        near = [min(abs(cut - other) for other in true) <= 3 for cut in answer]
        found, wrong = found + sum(near), wrong + len(near) - sum(near)

    assert found == 15
    assert wrong <= 1


@pytest.mark.parametrize("shape", [np.zeros(600), 0.05 * np.arange(600), waves(600)], ids=["flat", "drift", "seasonal"])
def test_steady_series_have_no_change_points(shape: Values) -> None:
    assert [cuts(spiky(shape, seed)[0]) for seed in range(6)] == [[]] * 6


def test_a_change_of_slope_is_a_change() -> None:
    time = np.arange(400)
    values = np.where(time < 200, 0.05 * time, 20 - 0.05 * time) + np.random.default_rng(1).normal(0, 1, 400)
    (cut,) = cuts(values)

    assert abs(cut - 200) <= 8


def test_the_contracts_example_has_the_services_large_changes() -> None:
    read = example("anomaly-detector-v1.1/examples/ChangePointDetect.json")
    options = read["parameters"]["options"]
    values = np.array([point["value"] for point in options["series"]], dtype=float)
    answer = cuts(values, Changes(0, options["stableTrendWindow"], options["threshold"]))

    theirs = np.flatnonzero(read["responses"]["200"]["body"]["isChangePoint"])
    assert len(answer) == len(theirs) == 7
    assert all(min(abs(cut - other) for other in answer) <= 7 for cut in theirs)


def test_a_lower_threshold_accepts_fewer_changes() -> None:
    rng = np.random.default_rng(3)
    values = np.repeat(rng.normal(0, 4, 20), 30) + rng.normal(0, 1, 600)
    counts = [len(cuts(values, Changes(threshold=threshold))) for threshold in (0.0, 0.5, 0.9, 1.0)]

    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize("window", [5, 20, 60])
def test_no_trend_is_shorter_than_the_stable_window(window: int) -> None:
    rng = np.random.default_rng(4)
    values = np.repeat(rng.normal(0, 9, 20), 15) + rng.normal(0, 1, 300)
    answer = cuts(values, Changes(stable_trend_window=window))

    assert min(np.diff([0, *answer, 300])) >= window


def test_changes_have_more_confidence_than_any_other_point() -> None:
    values = 100 + np.random.default_rng(5).normal(0, 1, 300)
    values[150:] += 6
    answer = detect(series_of(values), Changes())

    assert np.flatnonzero(answer.change).tolist() == [150]
    assert answer.confidence[150] > 0.99
    assert np.delete(answer.confidence, 150).max() < 0.5


def test_the_search_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(6)
    for _ in range(10):
        values = np.repeat(rng.normal(0, 5, 3), 5) + rng.normal(0, 1, 15)
        pieces, penalty = Pieces(values), 9.0
        every = [
            [*chosen]
            for count in range(4)
            for chosen in itertools.combinations(range(3, 13), count)
            if min(np.diff([0, *chosen, 15])) >= 3
        ]
        costs = [_direct(values, chosen) + penalty * len(chosen) for chosen in every]

        assert search(pieces, 15, penalty, 3) == every[int(np.argmin(costs))]


def _direct(values: Values, chosen: list[int]) -> float:
    total = 0.0
    for begin, end in itertools.pairwise([0, *chosen, len(values)]):
        time = np.arange(end - begin)
        total += float(((values[begin:end] - np.polyval(np.polyfit(time, values[begin:end], 1), time)) ** 2).sum())
    return total


def test_gaps_are_left_out() -> None:
    values = 100 + np.random.default_rng(7).normal(0, 1, 300)
    values[150:] += 6
    places = np.concatenate((np.arange(100), np.arange(140, 340)))
    answer = detect(Series(values, places, 340), Changes())

    assert np.flatnonzero(answer.change).tolist() == [150]
