"""What holds for every series and every request, whatever is in it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import orjson
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dfai_engine.app import create_app
from dfai_engine.decision import changes, entire, last
from dfai_engine.decision.band import severity
from dfai_engine.decision.options import Changes, Detection
from engine.decision.made import apart, ask_for, flags, found, points, series_of, spiky, waves
from engine.wire import ask

APP = create_app(workers=1)
anything = st.floats(allow_nan=False, allow_infinity=False)
lists = st.lists(anything, min_size=12, max_size=80)
made = st.builds(
    lambda seed, period, height, length: spiky(waves(length, period, height), seed, 0.03)[0],
    st.integers(0, 2**31),
    st.sampled_from([7, 24, 60]),
    st.sampled_from([0.0, 3.0, 20.0]),
    st.integers(12, 400),
)
few = settings(max_examples=60, deadline=None)


@few
@given(made, st.floats(-1e4, 1e4), st.floats(1e-3, 1e3))
def test_shifting_and_scaling_a_series_shifts_and_scales_the_answer(values: Any, shift: float, scale: float) -> None:
    answer, other = found(values), found(values * scale + shift)
    # A point on the boundary may fall to either side by rounding.
    assume((np.abs(apart(values, answer) - 1) > 1e-6).all())

    width = scale * np.ptp(values) + abs(shift)
    assert answer.period == other.period
    assert np.allclose(answer.expected * scale + shift, other.expected, rtol=1e-6, atol=1e-9 * width)
    assert np.allclose(answer.margins * scale, other.margins, rtol=1e-5, atol=1e-9 * width)
    assert (answer.above == other.above).all()
    assert (answer.below == other.below).all()
    assert np.allclose(answer.severity, other.severity, atol=1e-4)


@few
@given(made)
def test_a_series_upside_down_has_the_same_anomalies_upside_down(values: Any) -> None:
    answer, other = found(values), found(-values)
    assume((np.abs(apart(values, answer) - 1) > 1e-6).all())

    assert (answer.above == other.below).all()
    assert (answer.below == other.above).all()


@few
@given(lists, st.integers(0, 98), st.floats(0, 0.49))
def test_a_higher_sensitivity_finds_all_that_a_lower_one_does(values: list[float], low: int, ratio: float) -> None:
    fewer, more = (flags(found(values, Detection(sensitivity, ratio))) for sensitivity in (low, low + 1))

    assert not (fewer & ~more).any()


@settings(max_examples=200, deadline=None)
@given(lists, st.integers(0, 99))
@example([1.7e308, -1.7e308] * 6, 99)
@example([5e-324] * 11 + [0.0], 0)
@example([0.0] * 11 + [1.7e308], 95)
@example([1e300] * 11 + [1.0], 95)
def test_every_number_of_an_answer_is_finite(values: list[float], sensitivity: int) -> None:
    series, options = series_of(values), Detection(sensitivity)
    whole, newest, cuts = (
        entire.detect(series, options),
        last.detect(series, options),
        changes.detect(series, Changes()),
    )

    for numbers in (whole.expected, whole.margins, whole.severity, cuts.confidence):
        assert np.isfinite(numbers).all()
    assert all(math.isfinite(number) for number in (newest.expected, newest.margin, newest.severity))
    assert (whole.margins >= 0).all()
    assert ((whole.severity >= 0) & (whole.severity <= 1)).all()
    assert ((cuts.confidence >= 0) & (cuts.confidence <= 1)).all()


@given(st.lists(st.floats(0, 1e308), min_size=2, max_size=2), st.lists(st.floats(0, 1e307), min_size=2, max_size=2))
@example([5e-324, 0.0], [1e14, 1e-15])
def test_severity_lies_between_none_and_all(distances: list[float], spreads: list[float]) -> None:
    found = severity(np.array(distances), np.array(spreads))

    assert ((found >= 0) & (found <= 1)).all()


@few
@given(st.integers(0, 1_000), st.integers(-12 * 60, 14 * 60), st.sampled_from(["hourly", "daily", "monthly"]))
def test_the_zone_that_a_timestamp_is_written_in_changes_nothing(seed: int, minutes: int, granularity: str) -> None:
    values, _ = spiky(waves(40, 12), seed, 0.05)
    zone = timezone(timedelta(minutes=minutes))
    if granularity == "monthly":
        here, there = ([dict(point) for point in points(values, zone=each)] for each in (UTC, zone))
        for place, moments in enumerate(zip(_months(len(values), UTC), _months(len(values), zone), strict=True)):
            here[place]["timestamp"], there[place]["timestamp"] = moments
    else:
        step = timedelta(hours=1) if granularity == "hourly" else timedelta(days=1)
        here, there = (points(values, step, each) for each in (UTC, zone))
    first, second = (ask_for(APP, "entire", {"series": series, "granularity": granularity}) for series in (here, there))

    assert first.status_code == 200, first.text
    assert first.json() == second.json()


def _months(count: int, zone: timezone) -> list[str]:
    months = [datetime(2020 + place // 12, place % 12 + 1, 1, tzinfo=UTC) for place in range(count)]
    return [month.astimezone(zone).isoformat() for month in months]


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | anything | st.text(max_size=8)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)
fields = st.sampled_from(
    [
        "granularity",
        "customInterval",
        "period",
        "sensitivity",
        "maxAnomalyRatio",
        "imputeMode",
        "imputeFixedValue",
        "stableTrendWindow",
        "threshold",
        "series",
    ]
)
words = st.sampled_from(["daily", "none", "monthly", "fixed", "zero", "auto", "Daily", ""])


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["entire", "last", "changepoint"]),
    st.dictionaries(fields, json_values | words, max_size=5),
    st.lists(st.tuples(scalars | st.just("2021-01-01T00:00:00Z"), scalars), min_size=10, max_size=16),
    st.booleans(),
)
def test_any_garbage_gets_an_answer_or_a_flat_error(
    operation: str, options: dict[str, object], pairs: list[tuple[object, object]], sound: bool
) -> None:
    series: list[Any] = points([float(place) for place in range(14)])
    if not sound:
        series = [{"timestamp": moment, "value": value} for moment, value in pairs]
    answer = ask_for(APP, operation, {"series": series, "granularity": "daily"} | options)

    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert set(answer.json()) == {"code", "message"}
        assert answer.headers["x-ms-error-code"] == answer.json()["code"]


@few
@given(st.binary(max_size=200) | json_values.map(orjson.dumps))
def test_any_body_gets_a_flat_error(body: bytes) -> None:
    answer = ask(APP, "POST", "/anomalydetector/v1.1/timeseries/entire/detect", content=body)

    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}
