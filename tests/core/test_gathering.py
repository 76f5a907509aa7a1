"""Rows to whole groups and back: every row finds its own item, however groups lie across batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core import Call, services
from dfai_core.documents import answer_batch, ask
from dfai_core.gathering import whole_groups
from dfai_core.moments import microseconds
from dfai_core.number_columns import arrow_numbers
from dfai_core.service import Failure, Gather, Rows

VALUE = st.sampled_from([None, 0.0, 1.0, -2.5])
ROWS = st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), VALUE, st.integers(0, 5)), max_size=40)
CUTS = st.lists(st.integers(1, 9), max_size=40)
MOST = 12


def written(rows: Rows, _: Mapping[str, Any]) -> str | Failure:
    values = rows.columns[0].tolist()
    if -2.5 in values:
        return Failure("refused", "a value of -2.5")
    times = [] if rows.times is None else rows.times.tolist()
    return orjson.dumps([values, times]).decode()


def call_of(answers: Any = "each", *, order: bool = True, fill: bool = False, most: int = MOST) -> Call:
    service = services()["detect_change_points"]
    limits = {kind: replace(limit, max_rows=most) for kind, limit in service.limits.items()}
    service = replace(service, gather=Gather(written, answers), limits=limits)
    prior = ("change_point", "change_point_confidence", "change_point_error", "change_point_error_message")
    return Call(service, ("v",), "change_point", by=("by",), order="at" if order else None, prior=prior if fill else ())


def batch_of(rows: list[Any], more: list[pa.Array] | None = None) -> pa.RecordBatch:
    by, values, times = ([row[place] for row in rows] for place in range(3))
    arrays = [pa.array(values, pa.float64()), pa.array(by, pa.string()), pa.array(times, pa.int64()), *(more or [])]
    return pa.record_batch(arrays, names=[str(place) for place in range(len(arrays))])


def sizes(size: int = 1) -> Iterator[int]:
    return itertools.repeat(size)


def cut_up(batch: pa.RecordBatch, cuts: list[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for cut in [*cuts, batch.num_rows]:
        yield batch.slice(start, cut)
        start += cut


def sorted_rows(rows: list[Any]) -> list[Any]:
    """Rows of a group one after the other, as a backend hands them over."""
    return sorted(rows, key=lambda row: str(row[0]))


def asked_and_answered(call: Call, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Each point's confidence is its value, its answer whether it is the first of its group in time."""
    asked = ask(call, batch)
    documents = list(zip(*asked.inputs, strict=True))
    each = asked.within is not None
    found: list[list[Any]] = [[], [], [], []]
    for count, text, *_ in documents:
        values, _ = orjson.loads(text)
        assert len(values) == count
        found[0].append([place == 0 for place in range(count)] if each else count == 1)
        found[1].append(values if each else values[-1])
        found[2].append(None)
        found[3].append(None)
    return answer_batch(call, asked, found)


@settings(derandomize=True, max_examples=300)
@given(ROWS, CUTS, st.integers(1, 20))
def test_groups_stay_whole_and_rows_in_order_wherever_batches_are_cut(
    rows: list[Any], cuts: list[int], size: int
) -> None:
    batch = batch_of(sorted_rows(rows))

    found = list(whole_groups(call_of(most=1_000), cut_up(batch, cuts), sizes(size)))

    assert pa.Table.from_batches(found, schema=batch.schema).to_pylist() == batch.to_pylist()
    groups = [set(part.column(1).to_pylist()) for part in found]
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(groups, 2))


@settings(derandomize=True, max_examples=300)
@given(ROWS)
def test_every_row_gets_its_own_item(rows: list[Any]) -> None:
    rows = sorted_rows(rows)
    answer = asked_and_answered(call_of(), batch_of(rows))

    by_group: dict[Any, list[int]] = {}
    for place, (by, value, _) in enumerate(rows):
        if value is not None:
            by_group.setdefault(by, []).append(place)
    for places in by_group.values():
        # Equal times keep the order of their rows.
        first = min(places, key=lambda place: (rows[place][2], place))
        poisoned = any(rows[place][1] == -2.5 for place in places)
        for place in places:
            got = [column[place].as_py() for column in answer.columns]
            if poisoned or len(places) > MOST:
                assert got[:2] == [None, None]
                assert got[2] == ("too_large" if len(places) > MOST else "refused")
            else:
                assert got == [place == first, rows[place][1], None, None]
    for place, (_, value, _) in enumerate(rows):
        if value is None:
            assert [column[place].as_py() for column in answer.columns] == [None] * 4


@settings(derandomize=True, max_examples=200)
@given(ROWS, st.data())
def test_rows_with_an_answer_keep_it_and_their_group_is_asked_for_the_others(rows: list[Any], data: Any) -> None:
    rows = sorted_rows(rows)
    kept = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    prior = [
        pa.array([True if keep else None for keep in kept], pa.bool_()),
        pa.array([99.0 if keep else None for keep in kept], pa.float64()),
        *[pa.nulls(len(rows), pa.string())] * 2,
    ]
    answer = asked_and_answered(call_of(fill=True), batch_of(rows, prior))
    fresh = asked_and_answered(call_of(), batch_of(rows))

    for place, keep in enumerate(kept):
        wanted = [True, 99.0, None, None] if keep else [column[place].as_py() for column in fresh.columns]
        assert [column[place].as_py() for column in answer.columns] == wanted


def test_the_newest_row_alone_is_answered_where_the_service_answers_that_alone() -> None:
    rows = [("a", 1.0, 3), ("a", 2.0, 5), ("a", 3.0, 1), ("b", 4.0, 0), ("b", None, 9), ("c", -2.5, 1)]
    answer = asked_and_answered(call_of("last"), batch_of(rows))

    assert answer.column(1).to_pylist() == [None, 2.0, None, 4.0, None, None]
    assert answer.column(2).to_pylist() == [None] * 5 + ["refused"]


def test_a_group_too_large_to_be_held_is_refused_and_the_others_are_not() -> None:
    rows = [(by, 1.0, n) for by, count in (("a", 5), ("b", 100), ("c", 5)) for n in range(count)]
    call = call_of()
    parts = list(whole_groups(call, cut_up(batch_of(rows), [10] * 10), sizes()))
    answers = pa.Table.from_batches([asked_and_answered(call, part) for part in parts], schema=call.schema)

    assert max(part.num_rows for part in parts) <= MOST + 10
    assert answers.column(2).to_pylist() == [None] * 5 + ["too_large"] * 100 + [None] * 5
    assert "12 rows" in answers.column(3)[5].as_py()


def test_equal_groups_are_one_document() -> None:
    rows = [("a", 1.0, 0), ("a", 2.0, 1), ("b", 1.0, 0), ("b", 2.0, 1)]
    asked = ask(call_of(), batch_of(rows))

    assert (len(asked.inputs[0]), asked.askers, asked.codes.to_pylist()) == (1, 2, [0] * 4)


def test_a_row_without_a_time_has_an_error_of_its_own() -> None:
    batch = pa.record_batch(
        [
            pa.array([1.0, 2.0, 3.0, None]),
            pa.array(["a"] * 4),
            pa.array(["2024-01-01", None, "soon", "soon"]),
        ],
        names=["0", "1", "2"],
    )
    answer = asked_and_answered(call_of(), batch)

    assert answer.column(2).to_pylist() == [None, "unsupported", "unsupported", None]
    assert "'at' is null" in answer.column(3)[1].as_py()
    assert "ISO 8601" in answer.column(3)[2].as_py()


def test_options_must_not_vary_within_a_group() -> None:
    call = replace(call_of(), varying=(("stability", "s"),), options={"granularity": "none"})
    arrays = [pa.array([1.0] * 4), pa.array([5, 5, 5, 6]), pa.array(["a", "a", "b", "b"]), pa.array([0, 1, 0, 1])]
    asked = ask(call, pa.record_batch(arrays, names=list("0123")))

    assert asked.codes.to_pylist() == [0, 0, None, None]
    assert {row: code for row, (code, _) in asked.early.items()} == {2: "refused", 3: "refused"}
    assert asked.inputs[2] == [5]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, None, 2.5, float("nan")], [1.0, None, 2.5, None]),
        ([True, 3], [1.0, 3.0]),
        ([], []),
        ([None], [None]),
    ],
)
def test_python_numbers_become_floats(values: list[Any], wanted: list[Any]) -> None:
    assert arrow_numbers(values).to_pylist() == wanted


def test_what_is_no_number_costs_its_own_row() -> None:
    column = arrow_numbers([1, "two", None, np.float32(0.5)])
    rows = pa.record_batch([column, pa.array(["a"] * 4), pa.array([0, 1, 2, 3])], names=["0", "1", "2"])
    answer = asked_and_answered(call_of(), rows)

    assert answer.column(1).to_pylist() == [1.0, None, None, 0.5]
    assert answer.column(2).to_pylist() == [None, "unsupported", None, None]
    assert "'v' holds a value of type str" in answer.column(3)[1].as_py()


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.datetimes(), max_size=8), st.sampled_from(["s", "ms", "us"]))
def test_times_are_the_same_in_every_spelling(moments: list[Any], unit: str) -> None:
    moments = [moment.replace(microsecond=0) for moment in moments]
    array = pa.array(moments, pa.timestamp("us"))
    wanted = array.cast(pa.int64()).to_pylist()
    spellings = [
        array,
        array.cast(pa.timestamp(unit)),
        array.cast(pa.timestamp("us", tz="UTC")),
        pa.array([f"{moment.isoformat()}Z" for moment in moments], pa.string()),
        pa.array([moment.isoformat(" ") for moment in moments], pa.large_string()),
        pa.array([f"{moment.isoformat()}+00:00" for moment in moments], pa.string()).dictionary_encode(),
    ]

    for spelling in spellings:
        times, there, wrong = microseconds(spelling)
        assert (times.tolist(), there.all(), wrong) == (wanted, True, {})
