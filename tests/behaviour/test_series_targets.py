"""Who answers about series: the same on every backend, by the engine in process and by a server; Azure no more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import pytest

import dfai
from dfai.errors import NotOffered
from engine.server import serving
from frames import Frames

pytestmark = pytest.mark.where(
    "pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"
)

# The monthly sample of the service's documentation.
MONTHLY = (826, 799, 890, 900, 766, 805, 821, 20_000, 883, 898, 957, 924, 881, 837, 9_000)
ODD = {date(1972, 8, 1): "above", date(1973, 3, 1): "above"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """``dfai serve``, as the command starts it."""
    with serving() as url:
        yield url


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    with dfai.using(target="local", progress="off", store=None):
        yield


def monthly(series: int = 1) -> dict[str, list[Any]]:
    """The sample, in no order; each series is the one before times ten."""
    rows = [
        (name, datetime(1972 + month // 12, month % 12 + 1, 1, tzinfo=UTC), float(value) * 10**name)
        for name in range(series)
        for month, value in enumerate(MONTHLY)
    ]
    random.Random(1).shuffle(rows)
    return dict(zip(("name", "month", "value"), map(list, zip(*rows, strict=True)), strict=True))


def flagged(result: dict[str, list[Any]], name: int = 0) -> dict[date, str]:
    columns = (result[column] for column in ("name", "month", "anomaly", "anomaly_direction"))
    return {
        month.astimezone(UTC).date(): direction
        for series, month, anomaly, direction in zip(*columns, strict=True)
        if anomaly and series == name
    }


def test_the_documentations_sample_flags_exactly_its_two_points(frames: Frames) -> None:
    frame = frames.build(monthly(series=3))
    result = frames.read(frame.ai.detect_anomalies("value", timestamp="month", by="name"))

    for name in range(3):
        assert flagged(result, name) == ODD
    assert result["anomaly_error"] == [None] * 3 * len(MONTHLY)


def test_a_server_answers_as_the_engine_in_process_does(frames: Frames, server: str) -> None:
    frame = frames.build(monthly(series=2))
    for verb in ("detect_anomalies", "detect_last_anomaly", "detect_change_points"):
        here = frames.read(getattr(frame.ai, verb)("value", timestamp="month", by="name"))
        there = frames.read(
            getattr(frame.ai, verb)("value", timestamp="month", by="name", target=dfai.container(server))
        )

        assert there == here
        errors = [values for name, values in there.items() if name.endswith("_error")]
        assert errors == [[None] * 2 * len(MONTHLY)]


def test_a_series_longer_than_a_server_takes_costs_itself_alone(frames: Frames, server: str) -> None:
    rows = [("long", n, float(n % 7)) for n in range(8_641)] + [("short", n, float(n % 7)) for n in range(8_640)]
    columns = dict(zip(("name", "n", "value"), map(list, zip(*rows, strict=True)), strict=True))
    with pytest.warns(dfai.errors.RowsFailed) if not frames.lazy else nullcontext():
        answered = frames.build(columns).ai.detect_anomalies(
            "value", timestamp="n", by="name", granularity="none", target=dfai.container(server)
        )
        result = frames.read(answered)

    codes = {(name, error) for name, error in zip(result["name"], result["anomaly_error"], strict=True)}
    assert codes == {("long", "too_large"), ("short", None)}
    assert any("8,640 rows" in str(message) for message in result["anomaly_error_message"])


def test_azure_has_retired_the_service_and_the_call_says_who_serves_it(frames: Frames) -> None:
    frame = frames.build(monthly())
    for verb in ("detect_anomalies", "detect_last_anomaly", "detect_change_points"):
        with pytest.raises(NotOffered) as refused:
            getattr(frame.ai, verb)("value", timestamp="month", target=dfai.azure("westeurope", key=dfai.env("ANY")))

        assert str(refused.value) == (
            "Azure retired Anomaly Detector on 2026-10-01. The local target serves it: target=dfai.local(). "
            "A container does too: dfai.container(url)."
        )
