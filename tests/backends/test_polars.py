"""What is special about polars: plans that are asked once whatever stands behind a verb, and every type of column."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import dfai
from dfai.errors import BackendNotFound, ConfigError, RowsFailed
from dfai_core import Call, backend_of, services
from dfai_polars.rows import _sizes
from service import UNSPEAKABLE, Scene, sentiment_of

TEXTS = [f"{('good', 'bad', 'plain')[number % 3]} {number}" for number in range(60)]
LABELS = [sentiment_of(text) for text in TEXTS]

Plan = Callable[[pl.LazyFrame, Path], pl.DataFrame]


def frame() -> pl.LazyFrame:
    return pl.LazyFrame({"id": range(60), "t": TEXTS})


def by_row(found: pl.DataFrame) -> list[tuple[int, str]]:
    return list(found.select("id", "sentiment").iter_rows())


# ---- plans ----------------------------------------------------------------------------------------------------------


def _sunk(plan: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    plan.sink_parquet(folder / "scored.parquet")
    return pl.read_parquet(folder / "scored.parquet")


PLANS: dict[str, Plan] = {
    "collect": lambda f, _: f.collect(),
    "collect in memory": lambda f, _: f.collect(engine="in-memory"),
    "collect while streaming": lambda f, _: f.collect(engine="streaming"),
    "collect in batches": lambda f, _: pl.concat(f.collect_batches(chunk_size=7)),
    "sink to Parquet": _sunk,
    "a filter on what was there": lambda f, _: f.filter(pl.col("id") < 9).collect(),
    "a filter on the answer": lambda f, _: f.filter(pl.col("sentiment") == "negative").collect(),
    "sort and the first": lambda f, _: f.sort("sentiment_positive", "id").head(3).collect(),
    "the last": lambda f, _: f.tail(3).collect(),
    "one of two branches filtered": lambda f, _: pl.concat([f, f.filter(pl.col("id") < 5)]).unique().collect(),
    "joined with itself": lambda f, _: f.join(f.select("id", other="sentiment"), on="id").collect(),
    "two at once": lambda f, _: pl.collect_all([f, f.group_by("sentiment").len()])[0],
    "a window": lambda f, _: f.with_columns(pl.len().over("sentiment").alias("many")).collect(),
    "another verb": lambda f, _: f.ai.key_phrases("sentiment", language="en", output="words").collect(),
    "serialised": lambda f, _: pickle.loads(pickle.dumps(f)).collect(),
}


@pytest.mark.parametrize("name", PLANS)
def test_rows_are_right_and_each_is_asked_once(scene: Scene, tmp_path: Path, name: str) -> None:
    plan = frame().ai.sentiment("t", language="en", store=None)
    assert plan.explain()
    assert scene.requests == 0

    found = PLANS[name](plan, tmp_path)

    assert by_row(found)
    assert all(LABELS[row] == label for row, label in by_row(found))
    assert [text for text in scene.texts if text in TEXTS] == sorted(TEXTS)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_columns_that_nobody_wants_cost_no_row_twice(scene: Scene, engine: Any) -> None:
    plan = frame().ai.sentiment("t", language="en", store=None)

    count = plan.select(pl.len()).collect(engine=engine).item()
    first = plan.head(3).collect(engine=engine)

    assert count == 60
    assert by_row(first) == list(enumerate(LABELS[:3]))
    # The streaming engine may stop once it has its three rows; nothing is ever asked for a row that is not there.
    assert sorted(set(scene.texts)) == sorted(TEXTS)
    assert len(scene.texts) <= 2 * len(TEXTS)


def test_the_schema_is_known_beforehand_and_kept(scene: Scene) -> None:
    plan = frame().ai.entities("t", language="en", include="all").ai.sentiment("t", language="en", include="all")
    told = plan.collect_schema()
    before = scene.requests
    found = plan.collect()

    assert before == 0
    assert found.schema == told
    assert told["sentiment"] == pl.String
    assert told["sentiment_positive"] == pl.Float64
    assert isinstance(told["entities"], pl.List)
    assert plan.head(0).collect().schema == told


def test_what_a_worker_raises_comes_out_of_collect_as_it_is(scene: Scene) -> None:
    plan = pl.LazyFrame({"t": ["good", UNSPEAKABLE]}).ai.sentiment("t", language="en", on_error="raise")

    with pytest.raises(dfai.errors.Rejected, match="a row has no answer: refused"):
        plan.collect()


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background has it ignored
import dfai, polars as pl
frame = pl.LazyFrame({"t": [f"good {n}" for n in range(3_000)]})
target = dfai.container(sys.argv[1])
frame.ai.sentiment("t", language="en", target=target, concurrency=4, progress="off").collect(engine="streaming")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_control_c_ends_what_the_threads_of_a_query_ask(scene: Scene) -> None:
    scene.latency_s = 0.2
    script = subprocess.Popen([sys.executable, "-c", INTERRUPTED, scene.url], stderr=subprocess.PIPE, text=True)
    ends = time.monotonic() + 60
    while not scene.requests:
        assert time.monotonic() < ends, "nothing was asked"
        threading.Event().wait(0.01)
    script.send_signal(signal.SIGINT)
    _, said = script.communicate(timeout=60)

    assert script.returncode != 0
    assert "KeyboardInterrupt" in said
    assert scene.requests < 100  # of 300


def test_a_part_of_the_rows_is_the_same_part_each_time(scene: Scene) -> None:
    backend: Any = backend_of(frame())
    many = pl.LazyFrame({"id": range(10_000)})

    some, whole = backend.sampled(many, 1_000)
    eager, _ = backend.sampled(many.collect(), 1_000)

    assert isinstance(some, pl.LazyFrame)
    assert whole == 10_000
    assert 800 < some.collect().height < 1_200
    assert some.collect()["id"].to_list() == eager["id"].to_list()
    assert backend.sampled(many, 10_000) == (many, 10_000)


# ---- columns --------------------------------------------------------------------------------------------------------


EVERY_TYPE = {
    "text": pl.Series(["good", None, "bad"]),
    "category": pl.Series(["x", "y", None], dtype=pl.Categorical),
    "word": pl.Series(["x", "y", None], dtype=pl.Enum(["x", "y"])),
    "whole": pl.Series([1, 2, None], dtype=pl.Int8),
    "huge": pl.Series([1, 2, None], dtype=pl.Int128),
    "number": pl.Series([1.5, float("nan"), None]),
    "exact": pl.Series([Decimal("1.20"), None, Decimal("3.14")]),
    "true": pl.Series([True, None, False]),
    "bytes": pl.Series([b"a", None, b""]),
    "utc": pl.Series([datetime(2026, 1, 1, tzinfo=UTC)] * 3, dtype=pl.Datetime("ns", "UTC")),
    "zoned": pl.Series([datetime(2026, 1, 1, tzinfo=UTC)] * 3).dt.convert_time_zone("Europe/Paris"),
    "naive": pl.Series([date(2026, 1, 1), None, None]).cast(pl.Datetime("ms")),
    "day": pl.Series([date(2026, 1, 1), None, None]),
    "hour": pl.Series([hour(1), None, None]),
    "long": pl.Series([timedelta(days=1), None, None]),
    "list": pl.Series([["a"], None, []]),
    "array": pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int64, 2)),
    "struct": pl.Series([{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}]),
    "objects": pl.Series([object(), None, 3], dtype=pl.Object),
    "nothing": pl.Series([None, None, None]),
}


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_columns_of_every_type_stay_as_they_are(scene: Scene, lazy: bool) -> None:
    given = pl.DataFrame(EVERY_TYPE)

    found = (given.lazy() if lazy else given).ai.sentiment("text", language="en").lazy().collect()

    assert found["sentiment"].to_list() == ["positive", None, "negative"]
    assert found.select(given.columns).schema == given.schema
    rest = pl.exclude("objects")
    assert found.select(given.columns).select(rest).equals(given.select(rest))
    assert found["objects"].to_list() == given["objects"].to_list()


@pytest.mark.parametrize(
    "dtype", [pl.String, pl.Categorical, pl.Enum(["good", "bad"]), pl.Object], ids=["str", "cat", "enum", "object"]
)
def test_every_type_that_holds_text_is_read(scene: Scene, dtype: Any) -> None:
    given = pl.DataFrame({"t": pl.Series(["good", None, "bad", "good"], dtype=dtype)})

    found = given.ai.sentiment("t", language="en")

    assert found["sentiment"].to_list() == ["positive", None, "negative", "positive"]
    assert found["t"].dtype == given["t"].dtype
    assert scene.texts == ["bad", "good"]


def test_numbers_are_handed_over_without_a_copy(scene: Scene) -> None:
    given = pl.DataFrame({"t": ["good"] * 5_000, "number": [float(n) for n in range(5_000)]})
    backend: Any = backend_of(given)
    seen: list[pa.RecordBatch] = []

    def looked(call: Any, batches: Any) -> pa.RecordBatch:
        seen.extend(batches)
        return seen[0]

    found = given.ai.sentiment("t", language="en")
    backend.surveyed(given, Call(services()["detect_anomalies"], ("number",), "anomaly"), looked, None, None)

    address = given["number"].to_arrow().buffers()[1].address
    assert found["number"].to_arrow().buffers()[1].address == address
    assert seen[0].column(0).buffers()[1].address == address


def test_bytes_leave_in_slices_of_a_few_megabytes() -> None:
    contents = pl.Series([bytes(3_000_000), None, bytes(3_000_000), bytes(3_000_000), bytes(20_000_000), b"x"])
    structs = pl.DataFrame({"path": [None] * 6, "bytes": contents}).to_struct()

    for column in (contents, structs, pl.Series(contents.to_list(), dtype=pl.Object)):
        assert list(_sizes([column])) == [3, 1, 1, 1]
    assert next(_sizes([pl.Series(["a.jpg", "b.jpg"])])) == 10_000


# ---- groups ---------------------------------------------------------------------------------------------------------

NAN = float("nan")
KEYS: dict[str, pl.Series] = {
    "texts and nulls": pl.Series(["a", None, "b"]),
    "numbers that are none": pl.Series([1.5, NAN, None]),
    "categories": pl.Series(["a", "b", None], dtype=pl.Categorical),
    "times": pl.Series([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), None]),
    "structs": pl.Series([{"x": 1}, {"x": None}, {"x": 2}]),
    "lists": pl.Series([[1], [], None]),
    "objects": pl.Series(["a", 1, None], dtype=pl.Object),
}


@pytest.mark.parametrize("name", KEYS)
def test_values_of_every_type_make_groups(scene: Scene, name: str) -> None:
    keys = KEYS[name]
    # Rows of the three groups in turn: a group's are brought together, and its answers back to where they stood.
    picks = [0, 1, 2] * 12
    given = pl.DataFrame({"key": keys.gather(picks), "at": range(36), "v": [n % 3 + 10 * (n == 18) for n in range(36)]})
    target = dfai.testing.fake({"detect_anomalies": lambda series: [value > 5 for value in series]})

    with dfai.using(target=target), dfai.track() as run:
        found = given.ai.detect_anomalies("v", by="key")

    assert run.documents == 3
    assert found["anomaly"].to_list() == [n == 18 for n in range(36)]
    assert found["at"].to_list() == list(range(36))


# ---- what is no frame, and what cannot be read ----------------------------------------------------------------------


def test_what_is_no_frame_is_told_how_to_become_one() -> None:
    given = pl.DataFrame({"t": ["good"]})

    for wrong, words in (
        (pl.col("t"), r'frame\.ai\.<verb>\("column"\)'),
        (given["t"], r"series\.to_frame\(\)\.ai"),
        (given.group_by("t"), r"end it first"),
        (given.lazy().group_by("t"), r"end it first"),
    ):
        with pytest.raises(BackendNotFound, match=words):
            dfai.on(wrong)


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_a_type_that_arrow_does_not_have_is_told_at_once(scene: Scene, lazy: bool) -> None:
    given = pl.DataFrame({"v": pl.Series([1, 2], dtype=pl.Int128)})

    with pytest.raises(ConfigError, match=r"'v' holds Int128, which Arrow does not have: .*\.cast\(pl\.Int64\)"):
        (given.lazy() if lazy else given).ai.detect_anomalies("v")


def test_objects_that_cannot_be_told_apart_make_no_groups() -> None:
    given = pl.DataFrame({"v": [1.0, 2.0], "key": pl.Series([{}, []], dtype=pl.Object)})

    with pytest.raises(ConfigError, match="by='key': its values cannot make groups"):
        given.ai.detect_anomalies("v", by="key")


def test_an_earlier_answer_of_another_type_is_told_before_a_lazy_frame_is_computed(scene: Scene) -> None:
    wrong = pl.LazyFrame({"t": ["good"]}).ai.sentiment("t", language="en").with_columns(sentiment_positive=pl.lit([1]))

    with pytest.raises(ConfigError, match="'sentiment_positive' is there but does not hold what this verb answers"):
        wrong.ai.sentiment("t", language="en", if_exists="fill")

    assert scene.requests == 0


# ---- series ---------------------------------------------------------------------------------------------------------


def test_a_series_verb_gives_the_headline_as_a_series(scene: Scene) -> None:
    found = pl.Series(["good", None, "bad"]).ai.sentiment(language="en")
    with pytest.warns(RowsFailed, match=r"df\.ai\.key_phrases\('words'\)"):
        words = pl.Series("words", ["Anna", ""]).ai.key_phrases(language="en")

    assert found.to_list() == ["positive", None, "negative"]
    assert (found.name, words.name) == ("sentiment", "key_phrases")
    assert words.dtype == pl.List(pl.String)
