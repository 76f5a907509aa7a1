"""Several variables together: a model is fitted to a frame of any library, and judges the rows of any other."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai.errors import ColumnExists, ColumnNotFound, ConfigError, NotOffered, Rejected
from dfai_core.services.decision import multivariate
from engine.server import serving
from frames import Frames

pytestmark = pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect")

START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS, ODD = 60, 41
VARIABLES = ["rpm", "power", "heat"]
ANSWERS = ["anomaly", "anomaly_severity", "anomaly_distance", "anomaly_variable", "anomaly_contributions"]


def plant(devices: int = 4) -> dict[str, list[Any]]:
    """Devices whose variables move together, hour by hour, in no order; each has one reading that leaves the others."""
    dice = random.Random(5)
    rows = []
    for device in range(devices):
        for hour in range(HOURS):
            load = math.sin(hour / 3 + device)
            rpm, power, heat = 900 + 90 * load, 40 * load, 60 - 8 * load
            found = [rpm + dice.gauss(0, 3), power + dice.gauss(0, 1), heat + dice.gauss(0, 0.2)]
            if hour == ODD:
                found[device % 3] += (60, 25, 6)[device % 3]
            rows.append((f"d{device}", "ab"[device % 2], START + timedelta(hours=hour), *found))
    dice.shuffle(rows)
    return dict(zip(("device", "site", "at", *VARIABLES), map(list, zip(*rows, strict=True)), strict=True))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """``dfai serve``, as the command starts it."""
    with serving() as url:
        yield url


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    with dfai.using(target="local", progress="off", store=None):
        yield


@pytest.fixture(scope="module")
def model() -> dfai.AnomalyModel:
    """A model that was fitted on pandas."""
    with dfai.using(target="local", progress="off", store=None):
        made: dfai.AnomalyModel = pd.DataFrame(plant()).ai.fit_anomalies(VARIABLES, timestamp="at", by="device")
    return made


def computing(frames: Frames) -> AbstractContextManager[Any]:
    """Where what a verb itself computes is computed as the frames are."""
    scheduling = getattr(frames, "scheduling", None)
    return nullcontext() if scheduling is None else scheduling()


def failing(frames: Frames) -> AbstractContextManager[Any]:
    return nullcontext() if frames.lazy else pytest.warns(dfai.errors.RowsFailed)


def flagged(result: dict[str, list[Any]]) -> dict[tuple[str, datetime], str]:
    columns = (result[name] for name in ("device", "at", "anomaly", "anomaly_variable"))
    return {
        (device, at.replace(tzinfo=UTC)): variable
        for device, at, anomaly, variable in zip(*columns, strict=True)
        if anomaly
    }


def test_a_model_fitted_and_applied_here_says_what_it_says_everywhere(frames: Frames, model: dfai.AnomalyModel) -> None:
    columns = plant()
    with computing(frames), dfai.track() as run:
        fitted = frames.build(columns).ai.fit_anomalies(VARIABLES, timestamp="at", by="device")
        result = frames.read(fitted.detect(frames.build(columns)))

    expected = model.detect(pd.DataFrame(columns))
    assert (run.requests, run.rows) == (1 + 4, 2 * 4 * HOURS)
    assert {name: result[name] for name in columns if name != "at"} == {
        name: columns[name] for name in columns if name != "at"
    }
    odd = {(f"d{device}", START + timedelta(hours=ODD)): VARIABLES[device % 3] for device in range(4)}
    assert odd.items() <= flagged(result).items()
    assert len(flagged(result)) <= 6
    assert result["anomaly"] == expected["anomaly"].tolist()
    assert result["anomaly_distance"] == expected["anomaly_distance"].tolist()
    assert result["anomaly_contributions"] == expected["anomaly_contributions"].tolist()
    assert result["anomaly_error"] == [None] * 4 * HOURS


def test_contributions_name_every_variable_and_sum_to_one(frames: Frames, model: dfai.AnomalyModel) -> None:
    result = frames.read(model.detect(frames.build(plant())))

    for anomaly, severity, distance, variable, said in zip(*(result[name] for name in ANSWERS), strict=True):
        assert anomaly == (severity > 0) == (distance > 1)
        assert (variable is None) == (said is None) == (not anomaly)
        if said is not None:
            shares = [each["contribution"] for each in said]
            assert {each["variable"] for each in said} == set(VARIABLES)
            assert said[0]["variable"] == variable
            assert shares == sorted(shares, reverse=True)
            assert sum(shares) == pytest.approx(1)


def test_a_lazy_frame_stays_lazy_and_is_asked_once_a_series(frames: Frames, model: dfai.AnomalyModel) -> None:
    with dfai.track() as run:
        found = model.detect(frames.build(plant()), by=["site", "device"])
        before = run.requests
        result = frames.read(found)

    assert before == (0 if frames.lazy else 4)
    assert run.requests == 4
    assert len(flagged(result)) >= 4


def test_a_series_that_cannot_be_judged_costs_itself_alone(frames: Frames, model: dfai.AnomalyModel) -> None:
    columns = plant(devices=5)
    for place, (device, at) in enumerate(zip(columns["device"], columns["at"], strict=True)):
        hour = (at - START) // timedelta(hours=1)
        if device == "d1" and hour == 7:
            columns["heat"][place] = math.inf
        if device == "d2":
            columns["power"][place] = None
        if device == "d3" and hour == 8:
            columns["at"][place] = START
        if device == "d4" and hour in (ODD, 9):  # gaps, which are filled
            columns["rpm"][place] = None
            if hour == 9:
                columns["power"][place] = columns["heat"][place] = None
    with failing(frames):
        result = frames.read(model.detect(frames.build(columns)))

    said: dict[str, set[Any]] = {}
    for device, code, message in zip(
        *(result[n] for n in ("device", "anomaly_error", "anomaly_error_message")), strict=True
    ):
        said.setdefault(device, set()).add((code, message))
    assert said["d0"] == {(None, None)}
    assert said["d1"] == {
        ("refused", "column 'heat' is infinite at 2024-01-01T07:00:00Z: make it null, which is a gap, or mend it")
    }
    assert said["d2"] == {("refused", "column 'power' has no value in the series: fill it, or fit a model without it")}
    assert said["d3"] == {
        ("refused", "two rows of a series have the time 2024-01-01T00:00:00Z: is a column missing in by=?")
    }
    assert said["d4"] == {(None, None)}
    unanswered = [
        (result["device"][place], result["rpm"][place])
        for place, anomaly in enumerate(result["anomaly"])
        if anomaly is None and result["device"][place] in ("d0", "d4")
    ]
    assert unanswered == [("d4", None)]  # the row that lacks all variables is in no series


def test_rows_with_a_gap_are_left_out_where_variables_must_all_be_there(frames: Frames) -> None:
    columns = plant(devices=2)
    columns["heat"][::5] = [None] * len(columns["heat"][::5])
    with computing(frames):
        fitted = frames.build(columns).ai.fit_anomalies(VARIABLES, timestamp="at", by="device", align="inner")
    result = frames.read(fitted.detect(frames.build(columns)))

    assert [anomaly is None for anomaly in result["anomaly"]] == [heat is None for heat in columns["heat"]]
    assert result["anomaly_error"] == [None] * 2 * HOURS


def test_rows_without_an_answer_can_be_filled(frames: Frames, model: dfai.AnomalyModel) -> None:
    result = frames.read(model.detect(frames.build(plant())))
    lacking = {
        name: [
            None if device == "d2" and name.startswith("anomaly") else value
            for device, value in zip(result["device"], values, strict=True)
        ]
        for name, values in result.items()
    }
    frame = frames.build(lacking, objects=frames.holds_objects)
    with pytest.raises(ColumnExists):
        model.detect(frame)
    with dfai.track() as run:
        filled = frames.read(model.detect(frame, if_exists="fill"))

    assert run.requests == 1
    assert {name: filled[name] for name in ANSWERS} == {name: result[name] for name in ANSWERS}


def test_a_server_fits_and_judges_as_the_engine_in_process_does(
    frames: Frames, model: dfai.AnomalyModel, server: str
) -> None:
    columns = plant()
    with computing(frames), dfai.using(target=dfai.container(server)):
        fitted = frames.build(columns).ai.fit_anomalies(VARIABLES, timestamp="at", by="device")
        there = frames.read(fitted.detect(frames.build(columns)))

    here = frames.read(model.detect(frames.build(columns)))
    assert there == here


def test_azure_has_retired_the_service_and_the_call_says_who_serves_it(
    frames: Frames, model: dfai.AnomalyModel
) -> None:
    frame = frames.build(plant(devices=1))
    azure = dfai.azure("westeurope", key=dfai.env("ANY"))
    with pytest.raises(NotOffered, match=r"Azure retired Anomaly Detector on 2026-10-01\. The local target"):
        frame.ai.fit_anomalies(VARIABLES, timestamp="at", target=azure)
    with pytest.raises(NotOffered, match=r"Azure retired Anomaly Detector on 2026-10-01\. The local target"):
        model.detect(frame, by=[], target=azure)


def test_what_a_model_lacks_is_named_before_anything_is_computed(frames: Frames, model: dfai.AnomalyModel) -> None:
    columns = plant(devices=1)
    columns["hot"] = columns.pop("heat")
    frame = frames.build(columns)
    with pytest.raises(ColumnNotFound) as missing:
        model.detect(frame)

    assert "no column 'heat'" in str(missing.value)
    assert "The model was fitted to 'rpm', 'power', 'heat'." in str(missing.value)
    with pytest.raises(ConfigError, match="reads numbers, but column 'device' holds text"):
        frame.ai.fit_anomalies(["rpm", "device"], timestamp="at")
    with pytest.raises(ColumnNotFound, match="no column 'heat'"):
        frame.ai.fit_anomalies(VARIABLES, timestamp="at")
    with pytest.raises(ConfigError, match="together 303, and at most 300 are seen at once"):
        frame.ai.fit_anomalies(["rpm", "power", "hot"], timestamp="at", window_points=101)


def test_a_model_is_refused_for_what_spoils_it_with_the_place(frames: Frames) -> None:
    def fit(columns: dict[str, list[Any]], **more: Any) -> None:
        with computing(frames):
            frames.build(columns).ai.fit_anomalies(VARIABLES, timestamp="at", **more)

    whole = plant(devices=1)
    few = {name: values[:11] for name, values in whole.items()}
    with pytest.raises(Rejected, match="There are 11 moments to fit a model to; there must be 12"):
        fit(few)
    with pytest.raises(Rejected, match=r"two rows of a series have the time .*: is a column missing in by=\?"):
        fit(plant(devices=2))
    place = whole["at"].index(START)
    with pytest.raises(Rejected, match="column 'power' is infinite at 2024-01-01T00:00:00Z"):
        fit(whole | {"power": [-math.inf if at == place else value for at, value in enumerate(whole["power"])]})
    with pytest.raises(Rejected, match="column 'heat' has no value in the series"):
        fit(whole | {"heat": [*[None] * (HOURS - 1), 1.0]} | {"device": ["x"] * (HOURS - 1) + ["y"]}, by="device")
    with pytest.raises(Rejected, match="column 'at' is null: without a time the row has no place in its series"):
        fit(whole | {"at": [None, *whole["at"][1:]]})


def test_more_rows_than_a_model_takes_never_come_here(frames: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = multivariate._FIT_LIMITS
    frame = frames.build(plant(devices=2))
    monkeypatch.setitem(limits, "azure", replace(limits["azure"], max_rows=2 * HOURS - 1))
    with computing(frames), pytest.raises(ConfigError) as refused:
        frame.ai.fit_anomalies(VARIABLES, timestamp="at", by="device")

    assert str(refused.value) == (
        "fit_anomalies brings 'rpm', 'power', 'heat', 'device', 'at' into this process, and takes 119 rows at most: "
        "this frame has more. Take a span of time, or some of the series, first."
    )
    monkeypatch.setitem(limits, "azure", replace(limits["azure"], max_rows=2 * HOURS))
    with computing(frames):
        assert frame.ai.fit_anomalies(VARIABLES, timestamp="at", by="device").rows == 2 * HOURS


def test_a_saved_model_is_the_same_model_on_every_backend(
    frames: Frames, model: dfai.AnomalyModel, tmp_path: Path
) -> None:
    columns = plant(devices=2)
    model.save(tmp_path / "plant.json")
    loaded = dfai.load_model(tmp_path / "plant.json")
    there = frames.read(loaded.detect(frames.build(columns)))

    here = model.detect(pd.DataFrame(columns))
    assert loaded == model
    assert {name: there[name] for name in ANSWERS[:3]} == {name: here[name].tolist() for name in ANSWERS[:3]}
