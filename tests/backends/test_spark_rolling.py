"""Each point of a stream is judged by those before it, whatever the micro-batches are."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dfai
from dfai.errors import ColumnNotFound, ConfigError
from dfai_spark.rolling import Held
from frames import SparkFrames

START = datetime(2024, 1, 1, tzinfo=UTC)
POINTS, WINDOW = 60, 40
SCHEMA = "n bigint, device string, at timestamp, rpm double, tags array<string>, count bigint"
ODD = 50


@pytest.fixture(autouse=True)
def _here() -> Iterator[None]:
    with dfai.using(target="local", progress="off", store=None):
        yield


def telemetry() -> list[tuple[Any, ...]]:
    """Two devices in order of time; d1 has one odd point. Whole numbers of which some are missing."""
    dice = random.Random(4)
    return [
        (
            2 * hour + device,
            f"d{device}",
            START + timedelta(hours=hour),
            100 + 10 * math.sin(hour / 2) + dice.random() + 60 * (device == 1 and hour == ODD),
            ["a", "b"] if hour % 2 else None,
            2**60 + hour if hour % 3 else None,
        )
        for hour in range(POINTS)
        for device in range(2)
    ]


def streamed(spark: SparkFrames, folder: Path, batches: Sequence[Sequence[Any]], schema: str = SCHEMA, **o: Any) -> Any:
    """What a stream of these micro-batches answers, by the rows' numbers; it is started once for each."""
    session = spark.session
    for rows in batches:
        session.createDataFrame(list(rows), schema).coalesce(1).write.mode("append").parquet(str(folder / "in"))
        source = session.readStream.schema(schema).parquet(str(folder / "in"))
        rolled = dfai.spark.rolling_anomalies(
            source, "rpm", timestamp="at", by="device", window_points=WINDOW, output="odd", **o
        )
        query = rolled.writeStream.format("parquet").option("checkpointLocation", str(folder / "checkpoint"))
        assert query.trigger(availableNow=True).start(str(folder / "out")).awaitTermination(120)
    return {row["n"]: row.asDict() for row in session.read.parquet(str(folder / "out")).collect()}


def expected(rows: Sequence[Any], row: Any) -> Any:
    """The same on pandas: the window that ends with a row."""
    before = [other for other in rows if other[1] == row[1] and other[2] < row[2]][-WINDOW:]
    window = pd.DataFrame([*before, row], columns=["n", "device", "at", "rpm", "tags", "count"])
    return window.ai.detect_last_anomaly("rpm", timestamp="at", output="odd").iloc[-1]


def test_each_point_is_judged_by_those_before_it_however_the_stream_is_cut(spark: SparkFrames, tmp_path: Path) -> None:
    rows = telemetry()
    shuffled = random.Random(1).sample(rows[:70], 70)  # in any order inside a micro-batch
    found = streamed(spark, tmp_path / "cut", [shuffled, rows[70:101], rows[101:]])

    assert sorted(found) == [row[0] for row in rows]
    flagged = [n for n, row in found.items() if row["odd"]]
    assert 2 * ODD + 1 in flagged
    assert len(flagged) <= 6
    for row in (*rows[22:40:7], *rows[96:120:5], rows[2 * ODD + 1]):
        one, other = found[row[0]], expected(rows, row)
        assert one["odd"] == other["odd"]
        assert one["odd_upper"] == pytest.approx(other["odd_upper"])
        assert one["odd_direction"] == (other["odd_direction"] if other["odd"] else None)
    for row in rows[:22]:
        assert found[row[0]]["odd"] is None
        assert found[row[0]]["odd_error"] == "refused"
        assert "it must hold 12" in found[row[0]]["odd_error_message"]
    assert [found[row[0]]["tags"] for row in rows] == [row[4] for row in rows]
    assert [found[row[0]]["count"] for row in rows] == [row[5] for row in rows]


def test_what_cannot_be_judged_costs_itself_alone(spark: SparkFrames, tmp_path: Path) -> None:
    rows = [list(row) for row in telemetry() if row[1] == "d0"]
    rows[30][3], rows[31][3], rows[32][2] = None, math.inf, None
    found = streamed(spark, tmp_path, [rows])

    answers = [found[row[0]] for row in rows]
    assert answers[30]["odd"] is None
    assert answers[30]["odd_error"] is None
    assert answers[31]["odd_error"] == "refused"
    assert "infinite" in answers[31]["odd_error_message"]
    assert answers[32]["odd_error"] == "unsupported"
    assert "column 'at' is null" in answers[32]["odd_error_message"]
    assert [row["odd_error"] for row in (*answers[12:30], *answers[33:])] == [None] * (18 + POINTS - 33)


def test_times_without_a_zone_are_utc_and_dates_are_taken(spark: SparkFrames) -> None:
    session = spark.session
    zone = session.conf.get("spark.sql.session.timeZone")
    days = [(n, datetime(2024, 3, 1) + timedelta(days=n), float(n % 7 + 50 * (n == 39))) for n in range(40)]  # noqa: DTZ001
    frame = session.createDataFrame(days, "n int, at timestamp_ntz, v double")
    dates = session.createDataFrame([(n, at.date(), v) for n, at, v in days], "n int, at date, v double")
    session.conf.set("spark.sql.session.timeZone", "America/New_York")  # its clocks change in March
    try:
        found = [
            {row["n"]: row for row in dfai.spark.rolling_anomalies(each, "v", timestamp="at").collect()}
            for each in (frame, dates)
        ]
    finally:
        session.conf.set("spark.sql.session.timeZone", zone)

    assert found[1][0]["at"] == date(2024, 3, 1)
    assert found[0][0]["at"] == days[0][1]
    for answers in found:
        assert answers[39]["anomaly"] is True
        assert answers[38]["anomaly_error"] is None


def test_a_call_that_cannot_work_is_refused_at_once(spark: SparkFrames) -> None:
    frame = spark.session.createDataFrame(telemetry(), SCHEMA)
    with pytest.raises(ColumnNotFound, match="Did you mean 'rpm'"):
        dfai.spark.rolling_anomalies(frame, "rmp", timestamp="at")
    with pytest.raises(ConfigError, match=r"window_points=11: expected a whole number of at least 12"):
        dfai.spark.rolling_anomalies(frame, "rpm", timestamp="at", window_points=11)
    with pytest.raises(ConfigError, match=r"timestamp='count' holds bigint.*to_timestamp"):
        dfai.spark.rolling_anomalies(frame, "rpm", timestamp="count")
    with pytest.raises(ConfigError, match="one value for all series"):
        dfai.spark.rolling_anomalies(frame, "rpm", timestamp="at", period=dfai.col("n"))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="for Spark's streams"):
        dfai.spark.rolling_anomalies(pd.DataFrame({"v": [1.0]}), "v", timestamp="at")  # type: ignore[arg-type]


def test_a_verb_over_whole_series_says_what_to_do_on_a_stream(spark: SparkFrames) -> None:
    stream = spark.session.readStream.format("rate").load()

    with pytest.raises(ConfigError, match=r"a stream has no end.*rolling_anomalies"):
        stream.ai.detect_last_anomaly("value", timestamp="timestamp")


def test_held_points_stay_in_order_and_few() -> None:
    held = Held.of(None)
    for time, value in ((30, 3.0), (10, 1.0), (20, 2.0), (20, 2.5), (40, 4.0)):
        held = held.with_point(time, value, 3)
    again = Held.of(held.kept())

    assert again.times.tolist() == [20, 30, 40]
    assert again.values.tolist() == [2.5, 3.0, 4.0]
    assert again.before(40, 2).times.tolist() == [20, 30]
    assert again.before(40, 1).values.tolist() == [3.0]
    assert np.array_equal(Held.of(Held.of(None).kept()).times, [])
