"""Models of several variables: what they keep, what their files hold, and what changes nothing."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dfai
from dfai.errors import ColumnExists, ConfigError, Rejected

NAMES = ["a", "b", "c"]
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(seed: int, rows: int = 120) -> pd.DataFrame:
    """Three variables that follow one wave, with a few values that do not."""
    dice = np.random.default_rng(seed)
    wave = np.sin(np.arange(rows) / 5)[:, None] * dice.uniform(0.5, 3, 3)
    values = wave + dice.normal(0, 0.05, (rows, 3))
    at = dice.choice(rows, 3, replace=False)
    values[at, dice.integers(0, 3, 3)] += dice.choice([-1, 1], 3) * dice.uniform(1, 4, 3)
    times = pd.date_range("2024-01-01", periods=rows, freq="min", tz="UTC")
    return pd.DataFrame({"at": times, **dict(zip(NAMES, values.T, strict=True))})


@pytest.fixture(autouse=True)
def _here() -> Iterator[None]:
    with dfai.using(target="local", progress="off", store=None):
        yield


def judged(frame: pd.DataFrame, names: list[str] = NAMES, **options: Any) -> pd.DataFrame:
    found: pd.DataFrame = frame.ai.fit_anomalies(names, timestamp="at", **options).detect(frame)
    assert found["anomaly_error"].isna().all()
    return found


def on_the_edge(found: pd.DataFrame) -> bool:
    """Whether rounding may move a row over the threshold."""
    return bool((abs(found["anomaly_distance"] - 1) < 1e-6).any())


SEEDS = st.integers(0, 2**31)


@few
@given(SEEDS, st.lists(st.tuples(st.floats(1e-3, 1e4), st.floats(-1e3, 1e3)), min_size=3, max_size=3))
def test_the_units_of_the_variables_change_nothing(seed: int, units: list[tuple[float, float]]) -> None:
    frame = made(seed)
    other = frame.assign(
        **{name: frame[name] * scale + shift for name, (scale, shift) in zip(NAMES, units, strict=True)}
    )
    one, two = judged(frame), judged(other)
    assume(not on_the_edge(one))

    assert one["anomaly"].tolist() == two["anomaly"].tolist()
    assert one["anomaly_variable"].tolist() == two["anomaly_variable"].tolist()
    assert np.allclose(one["anomaly_distance"], two["anomaly_distance"], rtol=1e-4)


@few
@given(SEEDS, st.permutations(NAMES), st.sampled_from([1, 3]))
def test_the_order_of_rows_and_of_columns_changes_nothing(seed: int, names: list[str], window: int) -> None:
    frame = made(seed)
    mixed = frame.sample(frac=1, random_state=seed % 2**31)
    one, two = judged(frame, window_points=window), judged(mixed, names, window_points=window)
    assume(not on_the_edge(one))

    assert two.index.tolist() == mixed.index.tolist()
    assert one["anomaly"].tolist() == two.sort_index()["anomaly"].tolist()
    assert np.allclose(one["anomaly_distance"], two.sort_index()["anomaly_distance"], rtol=1e-6)


@few
@given(SEEDS)
def test_a_row_is_judged_by_itself_and_the_model_alone(seed: int) -> None:
    frame = made(seed)
    model = frame.ai.fit_anomalies(NAMES, timestamp="at")
    whole, part = model.detect(frame), model.detect(frame.iloc[50:60])

    columns = [name for name in whole.columns if name.startswith("anomaly")]
    pd.testing.assert_frame_equal(whole.iloc[50:60][columns], part[columns])


def test_with_a_window_an_ordinary_row_at_the_wrong_time_is_found() -> None:
    frame = made(3, rows=2_000)
    other = frame.copy()
    other.loc[1_000, NAMES] = frame.loc[1_015, NAMES].to_numpy()  # half a wave later
    alone = frame.ai.fit_anomalies(NAMES, timestamp="at").detect(other)
    together = frame.ai.fit_anomalies(NAMES, timestamp="at", window_points=4).detect(other)

    assert not alone["anomaly"][1_000]
    assert together["anomaly"][1_000]


def test_a_model_remembers_its_columns_and_how_it_was_fitted() -> None:
    frame = made(1).assign(machine="m")
    model = frame.ai.fit_anomalies(("a", "b"), timestamp="at", by="machine", window_points=2, align="inner", impute=7)

    assert (model.variables, model.timestamp, model.by) == (("a", "b"), "at", ("machine",))
    assert (model.window_points, model.align, model.impute, model.rows) == (2, "inner", 7.0, 120)
    assert pickle.loads(pickle.dumps(model)) == model
    assert "fitted" not in repr(model)
    with pytest.raises(ColumnExists):
        model.detect(model.detect(frame))


def test_answers_that_are_kept_are_those_of_the_model_that_gave_them() -> None:
    frame = made(1)
    one, two = (frame.ai.fit_anomalies(NAMES, timestamp="at", window_points=window) for window in (1, 2))
    with dfai.using(store="memory"):
        first, second, again = (model.detect(frame)["anomaly_distance"].tolist() for model in (one, two, one))

    assert first == again
    assert first != second


def test_names_known_elsewhere_lead_here() -> None:
    with pytest.raises(AttributeError, match=r"Here it is: df\.ai\.fit_anomalies\(\["):
        _ = made(1).ai.SimpleFitMultivariateAnomaly
    with pytest.raises(AttributeError, match=r"Here it is: df\.ai\.fit_anomalies\(.*\)\.detect\(df\)"):
        _ = made(1).ai.detect_multivariate


def test_times_in_the_index_are_used() -> None:
    frame = made(2)
    model = frame.set_index("at").ai.fit_anomalies(NAMES)
    by_index, by_column = model.detect(frame.set_index("at")), model.detect(frame, timestamp="at")

    assert model.timestamp is None
    assert by_index["anomaly_distance"].tolist() == by_column["anomaly_distance"].tolist()


def test_no_more_variables_are_named_than_are_asked_for() -> None:
    frame = made(4)
    found = frame.ai.fit_anomalies(NAMES, timestamp="at").detect(frame, top=1)

    assert {len(said) for said in found["anomaly_contributions"] if said is not None} == {1}


def test_gaps_are_filled_as_the_model_says() -> None:
    frame = made(5)
    usual = frame[NAMES].median()
    frame.loc[60, "b"] = None
    distances = {
        impute: frame.ai.fit_anomalies(NAMES, timestamp="at", impute=impute).detect(frame)["anomaly_distance"][60]
        for impute in ("linear", "previous", "subsequent", "zero", float(usual["b"]) + 100)
    }

    assert len(set(distances.values())) == 5
    assert max(distances.values()) == distances[float(usual["b"]) + 100] > 1 > distances["linear"]


def test_the_file_is_plain_json_that_a_server_takes_too(tmp_path: Path) -> None:
    model = made(6).ai.fit_anomalies(NAMES, timestamp="at")
    model.save(str(tmp_path / "model.json"))
    written = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))

    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    assert written["variables"] == NAMES
    assert written["fitted"]["modelInfo"]["status"] == "READY"
    assert dfai.load_model(tmp_path / "model.json") == model


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no model: expected a file that model.save"),
        ('{"kind": "something else"}', "is no model: expected a file that model.save"),
        ('{"kind": "dfai anomaly model", "version": 2}', "of version 2; this dfai reads 1. Install a later dfai"),
        ('{"kind": "dfai anomaly model", "version": 1}', "holds a model that is broken"),
    ],
)
def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match=message) as refused:
        dfai.load_model(path)
    assert "other.json" in str(refused.value)


def test_a_file_whose_numbers_were_changed_is_refused_when_it_is_used(tmp_path: Path) -> None:
    model = made(7).ai.fit_anomalies(NAMES, timestamp="at")
    model.save(tmp_path / "model.json")
    written = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    written["fitted"]["fitted"]["scale"] = [1.0]
    (tmp_path / "model.json").write_text(json.dumps(written), encoding="utf-8")
    broken = dfai.load_model(tmp_path / "model.json")

    with pytest.warns(dfai.errors.RowsFailed):
        found = broken.detect(made(7))
    assert set(found["anomaly_error"]) == {"refused"}
    assert "holds no model" in found["anomaly_error_message"][0]


def test_arguments_that_make_no_sense_are_refused_with_the_remedy() -> None:
    frame = made(8)
    for arguments, message in (
        ({"columns": "a"}, "name them in a list, not 'a'"),
        ({"columns": []}, "name them in a list"),
        ({"columns": ["a", "b", "a"]}, "'a' stands twice among the columns"),
        ({"columns": ["a", 3]}, r"column 3 is not named by text.*df.columns.map\(str\)"),
        ({"align": "left"}, "align='left': choose 'outer' or 'inner'"),
        ({"impute": "auto"}, "impute='auto': choose 'linear', 'previous', 'subsequent', 'zero', or the number"),
        ({"window_points": 0}, "window_points=0: expected a whole number from 1 to 300"),
    ):
        with pytest.raises(ConfigError, match=message):
            frame.ai.fit_anomalies(**{"columns": NAMES, "timestamp": "at", **arguments})
    with pytest.raises(ConfigError, match="the frame has no rows"):
        frame.head(0).ai.fit_anomalies(NAMES, timestamp="at")
    with pytest.raises(ConfigError, match="no row has values in 'a', 'b', 'c'"):
        frame.assign(a=np.nan, b=np.nan, c=np.nan).ai.fit_anomalies(NAMES, timestamp="at")
    with pytest.raises(Rejected, match="column 'a' holds a value of type str here, not a number: convert it"):
        frame.astype({"a": object}).assign(a=["x", *frame["a"][1:]]).ai.fit_anomalies(NAMES, timestamp="at")
