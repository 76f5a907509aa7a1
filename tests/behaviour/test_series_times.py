"""When the points of a series were, in every spelling that frames have for it, and what is wrong with some."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import dfai
from frames import Frames

pytestmark = pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark")

START = datetime(2024, 2, 1, tzinfo=UTC)
DAYS, ODD = 40, 29


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    with dfai.using(target="local", progress="off", store=None):
        yield


def test_times_mean_the_same_in_every_spelling(frames: Frames) -> None:
    dice = random.Random(1)
    days = list(range(DAYS))
    dice.shuffle(days)
    moments = [START + timedelta(days=day) for day in days]
    zones = [timezone(timedelta(hours=hours)) for hours in (-11, 0, 5.5, 14)]
    spellings: dict[str, list[Any]] = {
        "zone": moments,
        "no_zone": [moment.replace(tzinfo=None) for moment in moments],
        "day": [moment.date() for moment in moments],
        "seconds": [int(moment.timestamp()) for moment in moments],
        "milliseconds": [moment.timestamp() * 1_000 for moment in moments],
        # As texts these stand in another order than as times.
        "text": [moment.astimezone(dice.choice(zones)).isoformat() for moment in moments],
    }
    values = [math.sin(day) + 20 * (day == ODD) for day in days]
    frame = frames.build({"value": values, **spellings})
    for name in spellings:
        frame = frame.ai.detect_anomalies("value", timestamp=name, output=name + "_odd")
    result = frames.read(frame)

    assert [day for day, odd in zip(days, result["zone_odd"], strict=True) if odd] == [ODD]
    for name in spellings:
        for suffix in ("_odd", "_odd_expected", "_odd_error_message"):
            assert result[name + suffix] == result["zone" + suffix], name + suffix


def test_irregular_times_and_what_is_no_number_cost_their_own_series(frames: Frames) -> None:
    rows = [
        (name, START + timedelta(days=day, hours=7 * (name == "uneven" and day == 9)), day % 5 + 0.5)
        for name in ("even", "uneven", "nan")
        for day in range(20)
    ]
    rows = [(name, at, math.nan if name == "nan" and at == START else value) for name, at, value in rows]
    random.Random(2).shuffle(rows)
    columns = dict(zip(("name", "at", "value"), map(list, zip(*rows, strict=True)), strict=True))
    with nullcontext() if frames.lazy else pytest.warns(dfai.errors.RowsFailed):
        result = frames.read(frames.build(columns).ai.detect_anomalies("value", timestamp="at", by="name"))

    messages: dict[str, set[str | None]] = {}
    for name, message in zip(result["name"], result["anomaly_error_message"], strict=True):
        messages.setdefault(name, set()).add(message)
    assert messages["even"] == {None}
    assert [str(said)[:46] for said in messages["uneven"]] == ["the times follow no regular step: most are 864"]
    assert "those after 2024-02-09T00:00:00Z" in str(messages["uneven"])
    # To pandas and Dask NaN is a missing value, which is a gap; to Spark and polars it is a number that is none.
    is_value = frames.name.startswith(("polars", "spark"))
    said = "the value at 2024-02-01T00:00:00Z is not a number (NaN); null would be a gap"
    assert messages["nan"] == {said if is_value else None}
