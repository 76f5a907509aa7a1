"""Where timestamps stand on a grid: every granularity, calendars, zones, gaps, faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfai_engine.decision.timestamps import EPOCH, instant, places, written
from dfai_engine.failures import ServiceFailure


@pytest.mark.parametrize(
    ("granularity", "interval", "moments", "expected"),
    [
        ("yearly", 1, ["2019-06-30", "2020-06-30", "2022-06-30"], [0, 1, 3]),
        ("yearly", 1, ["2020-02-29", "2021-02-28", "2024-02-29"], [0, 1, 4]),
        ("yearly", 2, ["2019-01-01", "2021-01-01"], [0, 1]),
        ("monthly", 1, ["2021-01-31", "2021-02-28", "2021-03-31", "2021-04-30"], [0, 1, 2, 3]),
        ("monthly", 1, ["2021-01-30", "2021-02-28", "2021-03-30"], [0, 1, 2]),
        ("monthly", 1, ["2020-02-29", "2020-03-31", "2020-04-30"], [0, 1, 2]),
        ("monthly", 3, ["2020-11-15T10:00:00Z", "2021-02-15T10:00:00Z"], [0, 1]),
        ("weekly", 1, ["2021-01-01", "2021-01-08", "2021-01-29"], [0, 1, 4]),
        ("daily", 1, ["2021-02-27", "2021-02-28", "2021-03-01"], [0, 1, 2]),
        ("daily", 2, ["2021-02-27", "2021-03-01"], [0, 1]),
        ("hourly", 1, ["2021-01-01T23:30:00", "2021-01-02T00:30:00"], [0, 1]),
        ("minutely", 5, ["2021-01-01T00:00:00Z", "2021-01-01T00:05:00Z", "2021-01-01T00:15:00Z"], [0, 1, 3]),
        ("secondly", 1, ["2021-01-01T00:00:00.5Z", "2021-01-01T00:00:01.5Z"], [0, 1]),
        ("microsecond", 1, ["2021-01-01T00:00:00.000001Z", "2021-01-01T00:00:00.000003Z"], [0, 2]),
        ("microsecond", 100, ["2021-01-01T00:00:00Z", "2021-01-01T00:00:00.0001Z"], [0, 1]),
        ("daily", 1, ["0001-01-01", "0001-01-02"], [0, 1]),
        ("daily", 1, ["9999-12-30", "9999-12-31"], [0, 1]),
    ],
)
def test_steps_are_counted_from_the_first(
    granularity: str, interval: int, moments: list[str], expected: list[int]
) -> None:
    assert places(moments, granularity, interval).tolist() == expected


def test_zones_may_change_from_one_to_the_next() -> None:
    moments = ["2021-01-01T00:00:00Z", "2021-01-01T03:00:00+02:00", "2020-12-31T21:00:00-05:00"]

    assert places(moments, "hourly", 1).tolist() == [0, 1, 2]


def test_local_days_of_a_zone_with_summer_time_are_days() -> None:
    moments = ["2021-03-27T00:00:00+01:00", "2021-03-28T00:00:00+01:00", "2021-03-29T00:00:00+02:00"]

    assert places(moments, "daily", 1).tolist() == [0, 1, 2]


def test_months_that_begin_in_another_zone_are_months() -> None:
    moments = ["2021-01-01T00:00:00+02:00", "2021-02-01T00:00:00+02:00", "2021-03-01T00:00:00+02:00"]

    assert places(moments, "monthly", 1).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("granularity", "moments", "index"),
    [
        ("daily", ["2021-01-01", "2021-01-02", "2021-01-02T12:00:00"], 2),
        ("hourly", ["2021-01-01T00:00:00", "2021-01-01T00:59:00"], 1),
        ("monthly", ["2021-01-15", "2021-02-15", "2021-03-16"], 2),
        ("monthly", ["2021-01-01T00:00:00", "2021-02-01T01:00:00"], 1),
        ("monthly", ["2021-01-01", "2021-01-31"], 1),
        ("yearly", ["2021-01-01", "2021-07-01"], 1),
    ],
)
def test_a_moment_between_two_steps_is_named(granularity: str, moments: list[str], index: int) -> None:
    with pytest.raises(ServiceFailure, match=f"'timestamp' at index {index} is invalid in {granularity}") as refused:
        places(moments, granularity, 1)

    assert refused.value.code == "InvalidSeries"


@pytest.mark.parametrize("granularity", ["daily", "monthly"])
@pytest.mark.parametrize(
    ("moments", "said"),
    [
        (["2021-01-01", "2021-02-01", "2021-02-01"], "index 2 is that of the point before"),
        (["2021-03-01", "2021-02-01"], "index 1 is earlier"),
        (["2021-01-01", None], "index 1 is missing"),
        (["2021-01-01", "now"], "index 1 is not a date"),
        (["2021-01-01", "NaT"], "index 1 is not a date"),
        (["2021-01-01T00:00:00Z", "2021-02-30T00:00:00Z"], "index 1 is not a date"),
        (["0001-01-01T00:00:00+14:00", "0001-01-02"], "index 0 is not a date"),
        ([5, 6], "index 0 is not a date"),
    ],
)
def test_timestamps_that_cannot_stand_are_named(granularity: str, moments: list[object], said: str) -> None:
    with pytest.raises(ServiceFailure, match=said):
        places(moments, granularity, 1)


def test_moments_are_written_in_utc() -> None:
    assert written(instant("2021-06-01T02:00:00+02:00")) == "2021-06-01T00:00:00Z"
    assert instant("2021-06-01") == datetime(2021, 6, 1, tzinfo=UTC)


@given(st.lists(st.datetimes(), min_size=1, max_size=20, unique_by=lambda moment: moment.replace(microsecond=0)))
def test_timestamps_read_together_are_those_read_one_by_one(moments: list[datetime]) -> None:
    whole = sorted(moment.replace(microsecond=0) for moment in moments)
    texts = [f"{moment.isoformat()}Z" for moment in whole]
    first = whole[0].replace(tzinfo=UTC) - EPOCH
    expected = [(moment.replace(tzinfo=UTC) - EPOCH - first) // timedelta(seconds=1) for moment in whole]

    assert places(texts, "secondly", 1).tolist() == expected
    assert np.array_equal(places([*texts[:-1], f"{texts[-1][:-1]}+00:00"], "secondly", 1), expected)


@pytest.mark.parametrize(
    "wrong",
    ["2023-02-29", "2024-02-30", "2024-04-31", "2024-00-10", "2024-13-01", "2024-01-00", "0000-01-01", "2024-01/01"],
)
def test_a_day_that_does_not_exist_is_named_by_its_index(wrong: str) -> None:
    texts = ["2023-02-28T00:00:00Z", f"{wrong}T00:00:00Z"]

    with pytest.raises(ServiceFailure, match="The 'timestamp' at index 1 is not a date and time of ISO 8601"):
        places(texts, "daily", 1)


@pytest.mark.parametrize("wrong", ["24:30:00", "00:60:00", "00:00:60", "00:00:0x"])
def test_a_time_that_does_not_exist_is_named_by_its_index(wrong: str) -> None:
    with pytest.raises(ServiceFailure, match="The 'timestamp' at index 0 is not a date and time of ISO 8601"):
        places([f"2024-01-01T{wrong}Z"], "daily", 1)
