"""Verbs over whole series: rows go to their series in one request each, answers come back to their rows."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import dfai
from dfai.errors import ColumnNotFound, ConfigError
from frames import KINDS, Frames

pytestmark = pytest.mark.where(*KINDS)

START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = 40
ODD = 29


def telemetry(devices: int = 5) -> dict[str, list[Any]]:
    """Devices with a value an hour, in no order; each has one odd value, at the same hour."""
    dice = random.Random(3)
    rows = [
        (f"d{device}", "ab"[device % 2], START + timedelta(hours=hour), device + math.sin(hour / 2) + dice.random() / 9)
        for device in range(devices)
        for hour in range(HOURS)
    ]
    rows = [(*row[:3], row[3] + 25 * (row[2] == START + timedelta(hours=ODD))) for row in rows]
    dice.shuffle(rows)
    return dict(zip(("device", "site", "at", "value"), map(list, zip(*rows, strict=True)), strict=True))


@pytest.fixture(autouse=True)
def settings() -> Any:
    with dfai.using(target="local", progress="off", store=None):
        yield


def odd_ones(result: dict[str, list[Any]]) -> set[tuple[str, datetime]]:
    return {
        (device, at.replace(tzinfo=UTC))
        for device, at, anomaly in zip(result["device"], result["at"], result["anomaly"], strict=True)
        if anomaly
    }


def test_answers_come_back_to_their_rows_in_their_own_order(frames: Frames) -> None:
    columns = telemetry()
    answered = frames.build(columns).ai.detect_anomalies("value", timestamp="at", by="device")
    result = frames.read(answered)

    assert result["device"] == columns["device"]
    assert result["value"] == columns["value"]
    odd = START + timedelta(hours=ODD)
    assert {(f"d{device}", odd) for device in range(5)} <= odd_ones(result)
    assert len(odd_ones(result)) <= 10
    for value, low, high, anomaly in zip(
        result["value"], result["anomaly_lower"], result["anomaly_upper"], result["anomaly"], strict=True
    ):
        assert anomaly == (not low <= value <= high)
    assert result["anomaly_error"] == [None] * len(result["device"])


def test_one_request_a_series_however_it_lies_across_partitions(frames: Frames) -> None:
    frame = frames.build(telemetry())

    with dfai.track() as run:
        frames.read(frame.ai.detect_anomalies("value", timestamp="at", by=["site", "device"]))

    assert (run.rows, run.requests, run.documents, run.coalesced) == (5 * HOURS, 5, 5, 0)


def test_without_by_all_rows_are_one_series(frames: Frames) -> None:
    columns = telemetry(devices=1)

    with dfai.track() as run:
        result = frames.read(frames.build(columns).ai.detect_anomalies("value", timestamp="at"))

    assert run.requests == 1
    assert ("d0", START + timedelta(hours=ODD)) in odd_ones(result)


def test_a_series_that_cannot_be_asked_costs_itself_alone(frames: Frames) -> None:
    columns = telemetry()
    spoiled = {"d1": math.inf, "d2": None}
    columns["value"] = [
        spoiled[device] if device in spoiled and at == START else value
        for device, at, value in zip(columns["device"], columns["at"], columns["value"], strict=True)
    ]
    columns["at"] = [
        START if device == "d3" and at == START + timedelta(hours=1) else at
        for device, at in zip(columns["device"], columns["at"], strict=True)
    ]
    short = [place for place, device in enumerate(columns["device"]) if device != "d4"]
    short += [place for place, device in enumerate(columns["device"]) if device == "d4"][:5]
    columns = {name: [values[place] for place in short] for name, values in columns.items()}

    frame = frames.build(columns)
    with pytest.warns(dfai.errors.RowsFailed) if not frames.lazy else dfai.using():
        result = frames.read(frame.ai.detect_anomalies("value", timestamp="at", by="device"))

    messages: dict[str, set[str | None]] = {}
    for device, message in zip(result["device"], result["anomaly_error_message"], strict=True):
        messages.setdefault(device, set()).add(message)
    assert messages["d0"] == {None}
    assert messages["d2"] == {None}
    assert [len(found) for found in messages.values()] == [1] * 5
    assert "2024-01-01T00:00:00Z is infinite" in str(messages["d1"])
    assert "two rows have the time 2024-01-01T00:00:00Z" in str(messages["d3"])
    assert "5 points" in str(messages["d4"])
    missing = [place for place, value in enumerate(result["value"]) if value is None]
    assert [result["anomaly"][place] for place in missing] == [None]


def test_the_newest_row_of_each_series_is_answered_alone(frames: Frames) -> None:
    columns = telemetry()
    newest = START + timedelta(hours=HOURS - 1)
    columns["value"] = [
        value + 30 * (device == "d3" and at == newest)
        for device, at, value in zip(columns["device"], columns["at"], columns["value"], strict=True)
    ]
    result = frames.read(frames.build(columns).ai.detect_last_anomaly("value", timestamp="at", by="device"))

    answered = {
        (device, at.replace(tzinfo=UTC)): anomaly
        for device, at, anomaly in zip(result["device"], result["at"], result["anomaly"], strict=True)
        if anomaly is not None
    }
    assert answered == {(f"d{device}", newest): device == 3 for device in range(5)}


def test_change_points_are_found_where_the_level_moves(frames: Frames) -> None:
    columns = {"n": list(range(60)), "v": [float(n % 2) + 20 * (n >= 36) for n in range(60)]}
    result = frames.read(frames.build(columns).ai.detect_change_points("v", timestamp="n", granularity="none"))

    assert [n for n, change in zip(result["n"], result["change_point"], strict=True) if change] == [36]


def test_rows_without_an_answer_can_be_filled(frames: Frames) -> None:
    answered = frames.build(telemetry()).ai.detect_anomalies("value", timestamp="at", by="device")
    result = frames.read(answered)
    d2 = {place for place, device in enumerate(result["device"]) if device == "d2"}
    lacking = {
        name: [None if place in d2 and name.startswith("anomaly") else value for place, value in enumerate(values)]
        for name, values in result.items()
    }
    lacking["anomaly_expected"][lacking["device"].index("d0")] = -1.0

    with dfai.track() as run:
        filled = frames.read(
            frames.build(lacking).ai.detect_anomalies("value", timestamp="at", by="device", if_exists="fill")
        )

    assert run.requests == 1
    assert filled["anomaly"] == result["anomaly"]
    assert filled["anomaly_expected"].count(-1.0) == 1


def test_wrong_columns_are_named_before_any_request(frames: Frames) -> None:
    frame = frames.build(telemetry(devices=1))

    with pytest.raises(ColumnNotFound, match=r"no column 'devise'.*Did you mean 'device'"):
        frame.ai.detect_anomalies("value", timestamp="at", by="devise")
    with pytest.raises(ConfigError, match="reads numbers, but column 'device' holds text"):
        frame.ai.detect_anomalies("device", timestamp="at")
    with pytest.raises(ConfigError, match="sensitivity=100: expected a whole number from 0 to 99"):
        frame.ai.detect_anomalies("value", timestamp="at", sensitivity=100)
