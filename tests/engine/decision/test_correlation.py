"""How several variables move together: departures are found, named, and not imagined."""

from __future__ import annotations

import numpy as np
import pytest

from dfai_engine.decision.correlation import changed, fit, judge, restored
from engine.decision.tables import together


def test_one_variable_that_leaves_the_others_is_found_and_named() -> None:
    values = together(4_000, variables=8)
    rng = np.random.default_rng(1)
    rows, columns = rng.choice(np.arange(2_000, 4_000), 40, replace=False), rng.integers(0, 8, 40)
    own = np.std(values - values.mean(axis=0), axis=0)
    values[rows, columns] += rng.choice([-1, 1], 40) * 1.5 * own[columns]
    model, _ = fit(values[:2_000])
    judged = judge(values, model)

    wrong = np.flatnonzero(judged.severity > 0)
    found = np.isin(rows, wrong)
    assert found.mean() > 0.9
    assert np.isin(wrong, rows).mean() > 0.9
    assert (np.argmax(judged.shares[rows], axis=1) == columns)[found].mean() > 0.95


def test_anomalies_in_the_training_data_do_not_become_normal() -> None:
    values = together(3_000, seed=2)
    rows = np.random.default_rng(3).choice(3_000, 90, replace=False)
    values[rows, 1] += 4 * values[:, 1].std()
    model, _ = fit(values)

    assert (judge(values, model).severity > 0)[rows].mean() > 0.9


@pytest.mark.parametrize(("moments", "variables"), [(3_000, 1), (3_000, 5), (300, 20), (60, 100)])
def test_new_ordinary_data_is_ordinary(moments: int, variables: int) -> None:
    rng = np.random.default_rng(4)
    model, _ = fit(rng.normal(0, 1, (moments, variables)))

    assert (judge(rng.normal(0, 1, (2_000, variables)), model).severity > 0).mean() < 0.02


def test_scores_severities_and_shares_have_their_bounds() -> None:
    values = together(500)
    model, passes = fit(values)
    values[::7] *= 1e6
    judged = judge(values, model)

    assert ((judged.score >= 0) & (judged.score <= 2)).all()
    assert ((judged.severity >= 0) & (judged.severity < 1)).all()
    assert ((judged.score > 1) == (judged.severity > 0)).all()
    assert np.allclose(judged.shares.sum(axis=1), 1)
    assert all(np.isfinite((each.train_loss, each.validation_loss, each.seconds)).all() for each in passes)


def test_the_unit_of_a_variable_does_not_matter() -> None:
    values = together(800)
    scaled = values * np.array([1e-6, 1.0, 1e6, -3.0]) + np.array([5.0, 0.0, 1e9, 7.0])
    first, second = (judge(data, fit(data)[0]) for data in (values, scaled))

    assert np.allclose(first.score, second.score, rtol=1e-4)


def test_a_variable_that_never_moved_may_not_begin_to() -> None:
    values = together(300)
    values[:, 2] = 7.0
    model, _ = fit(values)
    moved = values[:2].copy()
    moved[1, 2] = 7.5
    judged = judge(moved, model)

    assert (judged.severity > 0).tolist() == [False, True]
    assert np.argmax(judged.shares[1]) == 2


def test_changed_relations_are_those_that_broke() -> None:
    rng = np.random.default_rng(6)
    base = rng.normal(0, 1, 1_000)
    values = np.stack((base, base + rng.normal(0, 0.1, 1_000), rng.normal(0, 1, 1_000)), axis=1)
    model, _ = fit(values)
    judged = judge(np.array([[2.0, -2.0, 0.0], [2.0, 2.0, 0.0]]), model)

    assert changed(judged.scaled[0], 0, model) == [1]
    assert changed(judged.scaled[1], 0, model) == []
    assert changed(judged.scaled[0], 2, model) == []


def test_a_model_survives_being_written() -> None:
    values = together(200)
    model, _ = fit(values)
    again = restored(model.written())

    assert np.array_equal(judge(values, again).score, judge(values, model).score)
