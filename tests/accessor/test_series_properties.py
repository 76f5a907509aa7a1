"""What holds for any series: through the verbs, on pandas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dfai

START = pd.Timestamp("2024-01-01", tz="UTC")
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(seed: int, period: int, height: float, points: int) -> Any:
    """Noise on a wave, with a few spikes."""
    dice = np.random.default_rng(seed)
    values = height * np.sin(np.arange(points) * 2 * np.pi / period) + dice.normal(0, 1, points)
    spikes = dice.choice(points, points // 25, replace=False)
    values[spikes] += dice.choice([-1, 1], len(spikes)) * dice.uniform(6, 12, len(spikes))
    return values


SERIES = st.builds(
    made, st.integers(0, 2**31), st.sampled_from([7, 24]), st.sampled_from([0.0, 4.0, 20.0]), st.integers(12, 240)
)


@pytest.fixture(autouse=True)
def _here() -> Iterator[None]:
    with dfai.using(target="local", progress="off", store=None):
        yield


def answered(values: Any, **options: Any) -> pd.DataFrame:
    at = options.pop("at", None)
    frame = pd.DataFrame({"at": pd.date_range(START, periods=len(values), freq="h") if at is None else at, "v": values})
    found: pd.DataFrame = frame.ai.detect_anomalies("v", timestamp="at", **options)
    assert found["anomaly_error"].isna().all()
    return found


def on_the_edge(found: pd.DataFrame) -> bool:
    """Whether rounding may move a point over the boundary."""
    width = found["anomaly_upper"] - found["anomaly_lower"]
    near = np.minimum(abs(found["v"] - found["anomaly_upper"]), abs(found["v"] - found["anomaly_lower"]))
    return bool((near < 1e-6 * width).any())


@few
@given(SERIES, st.floats(-1e4, 1e4), st.floats(1e-2, 1e3))
def test_shifting_and_scaling_a_series_shifts_and_scales_the_answer(values: Any, shift: float, scale: float) -> None:
    one, other = answered(values), answered(values * scale + shift)
    assume(not on_the_edge(one))

    assert one["anomaly"].tolist() == other["anomaly"].tolist()
    assert one["anomaly_direction"].tolist() == other["anomaly_direction"].tolist()
    assert one["anomaly_period"].tolist() == other["anomaly_period"].tolist()
    tolerance = 1e-8 * (scale * np.ptp(values) + abs(shift))
    for name in ("anomaly_expected", "anomaly_lower", "anomaly_upper"):
        assert np.allclose(one[name] * scale + shift, other[name], rtol=1e-6, atol=tolerance)


@few
@given(SERIES, st.integers(0, 98), st.integers(1, 99))
def test_a_higher_sensitivity_finds_all_that_a_lower_one_does(values: Any, low: int, more: int) -> None:
    fewer, others = answered(values, sensitivity=low), answered(values, sensitivity=min(99, low + more))

    assert not (fewer["anomaly"] & ~others["anomaly"]).any()


@few
@given(SERIES, st.sampled_from(["Asia/Kolkata", "America/New_York", "Pacific/Apia"]), st.integers(-12, 14))
def test_the_zone_and_the_spelling_of_times_change_nothing(values: Any, name: str, hours: int) -> None:
    at = pd.date_range(START, periods=len(values), freq="h")
    zone = timezone(timedelta(hours=hours))
    spellings = {
        "named zone": at.tz_convert(name),
        "offset": at.tz_convert(zone),
        "none": at.tz_localize(None),
        "text": [moment.isoformat() for moment in at.tz_convert(zone)],
        "mixed offsets": [m.tz_convert(zone if n % 2 else name).isoformat() for n, m in enumerate(at)],
        "seconds": [moment.timestamp() for moment in at],
        "nanoseconds": [moment.value for moment in at],
    }
    answers = {name: answered(values, at=given).drop(columns="at").to_dict("list") for name, given in spellings.items()}

    first = answers["none"]
    for name, found in answers.items():
        for column, column_values in found.items():
            pd.testing.assert_series_equal(
                pd.Series(column_values), pd.Series(first[column]), check_exact=True, obj=f"{name} {column}"
            )


@few
@given(SERIES, st.integers(0, 2**31))
def test_the_order_of_the_rows_changes_nothing(values: Any, seed: int) -> None:
    frame = pd.DataFrame({"at": pd.date_range(START, periods=len(values), freq="h"), "v": values})
    shuffled = frame.sample(frac=1, random_state=seed % 2**31)
    for verb in ("detect_anomalies", "detect_last_anomaly", "detect_change_points"):
        straight = getattr(frame.ai, verb)("v", timestamp="at")
        mixed = getattr(shuffled.ai, verb)("v", timestamp="at")

        assert mixed.index.tolist() == shuffled.index.tolist()
        pd.testing.assert_frame_equal(mixed.sort_index(), straight)


@few
@given(SERIES)
def test_the_newest_point_is_judged_by_those_before_it_alone(values: Any) -> None:
    assume(len(values) >= 13)
    at = pd.date_range(START, periods=len(values), freq="h")
    frame = pd.DataFrame({"at": at, "v": values})
    newest = frame.ai.detect_last_anomaly("v", timestamp="at").iloc[-1]
    moved = frame.assign(v=frame["v"].where(frame.index < len(frame) - 1, frame["v"] + 1e3))
    other = moved.ai.detect_last_anomaly("v", timestamp="at").iloc[-1]

    assert newest["anomaly_expected"] == pytest.approx(other["anomaly_expected"])
    assert newest["anomaly_upper"] == pytest.approx(other["anomaly_upper"])
    assert other["anomaly"]
