"""What is special about pandas: every index, every dtype that holds text, dtypes of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import dfai
from dfai.errors import ConfigError, RowsFailed
from dfai_pandas.columns import with_columns
from lookalike import Lookalike

TEXTS = ["good", "bad", None, "nothing", "good"]
LABELS = ["positive", "negative", None, "neutral", "positive"]


@pytest.fixture
def service() -> Iterator[Lookalike]:
    lookalike = Lookalike()
    with dfai.using(
        target=dfai.container("http://localhost:5000"), api_version="2024-11-01", transport=lookalike.transport
    ):
        yield lookalike


def plain(column: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in column]


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5),
        pd.Index([3, 3, 1, 1, 2]),
        pd.Index(["b", "a", "b", None, "c"], name="letter"),
        pd.date_range("2026-01-01", periods=5, tz="UTC"),
        pd.MultiIndex.from_tuples([("x", 1), ("x", 1), ("y", 2), ("y", 3), ("z", 1)], names=["one", "two"]),
        pd.CategoricalIndex(["a", "b", "a", "b", "a"]),
        pd.IntervalIndex.from_breaks(range(6)),
    ],
    ids=lambda index: type(index).__name__,
)
def test_the_index_comes_back_as_it_was(service: Lookalike, index: pd.Index) -> None:
    frame = pd.DataFrame({"t": TEXTS, "other": range(5)}, index=index)

    result = frame.ai.sentiment("t")

    pd.testing.assert_index_equal(result.index, index)
    pd.testing.assert_frame_equal(result[["t", "other"]], frame)
    assert plain(result["sentiment"]) == LABELS


@pytest.mark.parametrize(
    "dtype",
    [
        object,
        "str",
        "string",
        "string[pyarrow]",
        "string[python]",
        "category",
        pd.ArrowDtype(pa.string()),
        pd.ArrowDtype(pa.large_string()),
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
    ],
    ids=str,
)
def test_every_dtype_that_holds_text_is_read(service: Lookalike, dtype: object) -> None:
    frame = pd.DataFrame({"t": pd.Series(TEXTS, dtype=object).astype(dtype)})

    result = frame.ai.sentiment("t")

    assert plain(result["sentiment"]) == LABELS
    assert result["t"].dtype == frame["t"].dtype
    assert sorted(service.texts) == ["bad", "good", "nothing"]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, np.float64("nan")], ids=repr)
def test_every_missing_value_is_a_null(service: Lookalike, missing: object) -> None:
    frame = pd.DataFrame({"t": pd.Series(["good", missing], dtype=object)})

    result = frame.ai.sentiment("t")

    assert plain(result["sentiment"]) == ["positive", None]
    assert result["sentiment_error"].isna().all()
    assert service.texts == ["good"]


def test_values_that_are_no_text_cost_their_rows_alone(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": ["good", 3, b"bytes", ["list"], "bad", {"a": 1}, True]})

    with pytest.warns(RowsFailed, match="unsupported 5"):
        result = frame.ai.sentiment("t")

    assert plain(result["sentiment"]) == ["positive", None, None, None, "negative", None, None]
    assert result["sentiment_error"].tolist()[1:4] == ["unsupported"] * 3
    assert "column 't' holds a value of type int here, not text" in result["sentiment_error_message"][1]
    assert "bytes" in result["sentiment_error_message"][2]


def test_lone_surrogates_are_answered_and_offsets_stay(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": pd.Series(["good \ud800 day", "bad"], dtype=object)})

    result = frame.ai.sentiment("t", include=["sentences"])

    assert plain(result["sentiment"]) == ["positive", "negative"]
    assert result["sentiment_sentences"][0][0]["length"] == len("good \ud800 day")
    assert service.texts == ["good \ufffd day", "bad"]


def test_answers_have_dtypes_that_work_in_pandas(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": ["good", None]})

    result = frame.ai.sentiment("t", include="all")

    text = pd.DataFrame({"x": pd.Series(["a"], dtype="str" if int(pd.__version__[0]) >= 3 else "string[pyarrow]")})
    assert result["sentiment"].dtype == text["x"].dtype
    assert result["sentiment_error"].dtype == text["x"].dtype
    assert result["sentiment_positive"].dtype == "float64"
    assert isinstance(result["sentiment_sentences"][0], list)
    assert isinstance(result["sentiment_sentences"][0][0], dict)


def test_an_answer_survives_parquet(service: Lookalike, tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": ["good", "bad"]})
    result = frame.ai.sentiment("t", include=["sentences"]).ai.key_phrases("t")

    result.to_parquet(tmp_path / "scored.parquet")
    back = pd.read_parquet(tmp_path / "scored.parquet")

    assert back["sentiment"].tolist() == ["positive", "negative"]
    assert back.ai.sentiment("t", include=["sentences"], if_exists="fill")["sentiment"].tolist() == [
        "positive",
        "negative",
    ]
    assert len(service.requests) == 2


def test_filling_asks_only_for_rows_without_an_answer(service: Lookalike) -> None:
    once = pd.DataFrame({"t": ["good", "bad", None]}).ai.sentiment("t")
    grown = pd.concat([once, pd.DataFrame({"t": ["good again", "  "]})], ignore_index=True)
    grown.loc[1, ["sentiment", "sentiment_error", "sentiment_error_message"]] = [None, "timeout", "too late"]
    asked = len(service.texts)

    with pytest.warns(RowsFailed, match="empty 1"):
        result = grown.ai.sentiment("t", if_exists="fill")

    assert service.texts[asked:] == ["bad", "good again"]
    assert plain(result["sentiment"]) == ["positive", "negative", None, "positive", None]
    assert plain(result["sentiment_error"]) == [None, None, None, None, "empty"]
    assert list(result.columns) == list(once.columns)


def test_filling_refuses_columns_of_another_type(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": ["good"]}).ai.sentiment("t")
    frame["sentiment_positive"] = ["high"]

    with pytest.raises(ConfigError, match="'sentiment_positive' is there but does not hold what this verb answers"):
        frame.ai.sentiment("t", if_exists="fill")


def test_replacing_asks_again_and_drops_what_is_left_of_the_first_answer(service: Lookalike) -> None:
    once = pd.DataFrame({"t": ["good"], "x": [1]}).ai.sentiment("t", include=["sentences"])
    once["y"] = 2

    result = once.ai.sentiment("t", if_exists="replace")

    assert len(service.requests) == 2
    assert "sentiment_sentences" not in result
    assert result["sentiment"].tolist() == ["positive"]
    assert result["y"].tolist() == [2]


def test_an_empty_frame_gains_typed_columns_and_sends_nothing(service: Lookalike) -> None:
    result = pd.DataFrame({"t": pd.Series([], dtype=object)}).ai.sentiment("t")

    assert len(result) == 0
    assert result["sentiment_positive"].dtype == "float64"
    assert service.requests == []


def test_a_column_of_nulls_alone_sends_nothing(service: Lookalike) -> None:
    for column in (pd.Series([None, None], dtype=object), pd.Series([np.nan, np.nan])):
        result = pd.DataFrame({"t": column}).ai.sentiment("t")

        assert result["sentiment"].isna().all()
        assert result["sentiment_error"].isna().all()
    assert service.requests == []


def test_the_given_frame_is_never_changed(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": ["good"]})
    before = frame.copy(deep=True)

    frame.ai.sentiment("t")

    pd.testing.assert_frame_equal(frame, before)


def test_a_subclass_stays_a_subclass(service: Lookalike) -> None:
    class Special(pd.DataFrame):
        @property
        def _constructor(self) -> type[Special]:
            return Special

    assert type(Special({"t": ["good"]}).ai.sentiment("t")) is Special


def test_column_names_need_not_be_strings(service: Lookalike) -> None:
    result = pd.DataFrame({7: ["good"], ("a", 1): ["bad"]}).ai.sentiment(7)

    assert result["sentiment"].tolist() == ["positive"]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": ["x", "y"]}),
        pd.DataFrame({"a": ["x", "y"]}, index=pd.Index([7, 7], name="key")),
        pd.DataFrame({"a": ["x", "y"]}, index=pd.date_range("2026-01-01", periods=2, freq="D")),
        pd.DataFrame([["x", 1], ["y", 2]]),
        pd.DataFrame([["x", 1], ["y", 2]], columns=pd.Index(["a", "b"], name="what")),
        pd.DataFrame([["x", 1], ["y", 2]], columns=["a", "a"]),
        pd.DataFrame({"a": []}),
        pd.DataFrame({"a": ["x"], "new": ["z"]}),
    ],
    ids=["plain", "repeated index", "times", "numbered", "named", "repeated names", "empty", "clash"],
)
def test_columns_of_a_small_frame_are_the_same_set_at_once_or_one_by_one(frame: pd.DataFrame) -> None:
    frame.attrs["kept"] = "yes"
    before = frame.copy()
    new = {
        "new": pd.array(["p", None][: len(frame)], dtype="str"),
        "number": np.array([0.5, 1.5][: len(frame)]),
        "truth": pd.array([True, None][: len(frame)], dtype="boolean"),
    }
    expected = frame.copy(deep=False)
    for name, values in new.items():
        expected[name] = values

    found = with_columns(frame, new)
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(frame, before)
    assert found.attrs == {"kept": "yes"}
    assert found.columns.name == frame.columns.name
    assert getattr(found.index, "freq", None) == getattr(frame.index, "freq", None)
