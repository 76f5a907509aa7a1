"""Columns of any kind: rows that ask the same are found by value and type, and every value comes back as it was."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.any_columns import any_array, distinct_values, each_row

VALUES: dict[str, list[Any]] = {
    "int": [0, 1, -(2**62), 7],
    "float": [0.5, 1.0, -3.25, 1e300],
    "bool": [True, False],
    "date": [date(2024, 2, 29), date(1900, 1, 1)],
    "moment": [datetime(2024, 2, 29, 12, 30, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)],
    "span": [timedelta(days=1), timedelta(seconds=3)],
    "decimal": [Decimal("1.50"), Decimal("-2.25")],
    "bytes": [b"", b"\x00\xff"],
    "text": ["", "a", "é", "1"],
    "struct": [{"a": 1, "b": ["x"]}, {"a": None, "b": []}, {"a": 2, "b": ["x", "y"]}],
    "list": [[1, 2], [], [None]],
}


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[list[Any]], list[bool]]:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3))
    rows = draw(st.integers(0, 25))
    made = [draw(st.lists(st.sampled_from([None, *VALUES[kind]]), min_size=rows, max_size=rows)) for kind in kinds]
    return made, draw(st.lists(st.booleans(), min_size=rows, max_size=rows))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(columns())
def test_each_row_finds_the_document_that_it_asked(made: tuple[list[list[Any]], list[bool]]) -> None:
    values, wanted = made
    arrays = [any_array(column) for column in values]
    rows = list(zip(*values, strict=True))

    inputs, codes, names = distinct_values(arrays, pa.array(wanted, pa.bool_()))

    documents = list(zip(*inputs, strict=True))
    assert [code is not None for code in codes.to_pylist()] == wanted
    assert [documents[code] for code in codes.to_pylist() if code is not None] == [
        row for row, want in zip(rows, wanted, strict=True) if want
    ]
    assert len(set(names)) == len(documents)
    # In the order of first rows, each once.
    firsts = [codes.to_pylist().index(place) for place in range(len(documents))]
    assert firsts == sorted(firsts)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(columns())
def test_rows_that_are_not_shared_are_each_a_document(made: tuple[list[list[Any]], list[bool]]) -> None:
    values, wanted = made
    inputs, codes = each_row([any_array(column) for column in values], pa.array(wanted, pa.bool_()))

    rows = [row for row, want in zip(zip(*values, strict=True), wanted, strict=True) if want]
    assert list(zip(*inputs, strict=True)) == rows
    assert [code for code in codes.to_pylist() if code is not None] == list(range(len(rows)))


@pytest.mark.parametrize(("one", "other"), [([1], [1.0]), ([1], [True]), ([0], [False]), (["1"], [1])])
def test_values_that_python_holds_for_equal_have_names_of_their_own(one: list[Any], other: list[Any]) -> None:
    wanted = pa.array([True])
    _, _, (name,) = distinct_values([any_array(one)], wanted)
    _, _, (second,) = distinct_values([any_array(other)], wanted)

    assert name != second


def test_missing_numbers_are_nulls() -> None:
    assert any_array([1.5, math.nan, None]).to_pylist() == [1.5, None, None]


def test_maps_are_objects() -> None:
    kind = pa.map_(pa.string(), pa.int64())
    ((value,),), _, _ = distinct_values([pa.array([[("a", 1)]], kind)], pa.array([True]))

    assert value == {"a": 1}
