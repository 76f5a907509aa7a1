"""Rows to documents and back: every row finds its own answer, whatever stands between."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core import Call, services
from dfai_core.documents import answer_batch, ask
from dfai_core.service import Values
from dfai_core.text_columns import arrow_texts

TEXT = st.sampled_from([None, "", " ", "\t\u2003", "a", "b", "a ", "\x00", "\ufffd", "é", "long" * 9])
LANGUAGE = st.sampled_from([None, "", "en", "fr", "auto"])
PRIOR = st.sampled_from([(None, None), (["old"], None), (None, "timeout")])
ROWS = st.lists(st.tuples(TEXT, LANGUAGE, PRIOR), max_size=40)
KEY_PHRASES = services()["key_phrases"]
KINDS = st.sampled_from([pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])


def blank(text: str) -> bool:
    return not text.strip()


def documents_of(inputs: list[list[Any]]) -> list[tuple[Any, ...]]:
    return list(zip(*inputs, strict=True))


def echoes(inputs: list[list[Any]]) -> list[list[Any]]:
    """Answers that name their documents, column by column."""
    return columns_of([(["/".join(map(str, document))], None, None) for document in documents_of(inputs)], 3)


def columns_of(rows: list[Values], width: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(width)]


def typed(values: list[str | None], kind: pa.DataType) -> pa.Array:
    array = pa.array(values, pa.string())
    return array.dictionary_encode() if pa.types.is_dictionary(kind) else array.cast(kind)


@settings(derandomize=True, max_examples=300)
@given(ROWS, st.booleans(), st.booleans(), KINDS)
def test_every_row_gets_its_own_answer(
    rows: list[tuple[str | None, str | None, Any]], varying: bool, fill: bool, kind: pa.DataType
) -> None:
    arrays = [typed([text for text, _, _ in rows], kind)]
    if varying:
        arrays.append(pa.array([language for _, language, _ in rows], pa.string()))
    if fill:
        arrays.append(pa.array([old for _, _, (old, _) in rows], pa.list_(pa.string())))
        arrays += [pa.array([code for _, _, (_, code) in rows], pa.string())] * 2
    call = Call(
        KEY_PHRASES,
        ("text",),
        "out",
        varying=(("language", "language"),) if varying else (),
        prior=("out", "out_error", "out_error_message") if fill else (),
    )
    batch = pa.record_batch(arrays, names=[f"{place}" for place in range(len(arrays))])
    asked = ask(call, batch)
    answer = answer_batch(call, asked, echoes(asked.inputs))

    assert answer.schema == call.schema
    assert len(set(documents_of(asked.inputs))) == len(documents_of(asked.inputs))
    found = list(zip(*(column.to_pylist() for column in answer.columns), strict=True))
    assert len(found) == len(rows)
    for (text, language, (old, old_code)), (phrases, code, message) in zip(rows, found, strict=True):
        if fill and (old is not None and old_code is None):
            assert (phrases, code) == (old, None)
        elif text is None:
            assert (phrases, code) == ((old, old_code) if fill else (None, None))
        elif blank(text):
            assert (phrases, code) == (None, "empty")
            assert message
        else:
            assert (phrases, code) == ([f"{text}/{language}" if varying else text], None)


def test_combinations_of_many_columns_are_told_apart() -> None:
    columns = 6
    values = [[f"{(row * (7 + place)) % 997}" for row in range(3_000)] for place in range(columns)]
    call = Call(KEY_PHRASES, ("text",), "out", varying=tuple((f"o{place}", place) for place in range(1, columns)))
    batch = pa.record_batch([pa.array(column) for column in values], names=[str(place) for place in range(columns)])
    asked = ask(call, batch)
    answer = answer_batch(call, asked, echoes(asked.inputs))

    assert answer.column(0).to_pylist() == [["/".join(row)] for row in zip(*values, strict=True)]


@pytest.mark.parametrize("place", ["input", "option"])
def test_a_value_that_is_no_text_is_an_error_of_its_own_row(place: str) -> None:
    texts = arrow_texts(["a", "b", None, "d"])
    mixed = arrow_texts(["x", 7, 8, None] if place == "option" else ["x", 7, None, "w"])
    call = Call(KEY_PHRASES, ("text",), "out", varying=(("language", "lang"),) if place == "option" else ())
    arrays = {"text": texts, "lang": mixed} if place == "option" else {"text": mixed}
    asked = ask(call, pa.record_batch(arrays))
    codes = answer_batch(call, asked, echoes(asked.inputs)).column("out_error").to_pylist()

    assert codes == [None, "unsupported", None, None]


def test_an_answer_of_another_type_fails_alone() -> None:
    call = Call(KEY_PHRASES, ("text",), "out", include=("error_detail",))
    asked = ask(call, pa.record_batch({"text": pa.array(["a", "b", "c"])}))
    nothing = (None, None, None)
    rows: list[Values] = [(["fine"], *nothing), ([{"no": "text"}], *nothing), (["good"], *nothing)]
    answer = answer_batch(call, asked, columns_of(rows, 4))

    assert answer.column("out").to_pylist() == [["fine"], None, ["good"]]
    assert answer.column("out_error").to_pylist() == [None, "bad_answer", None]
    assert answer.column("out_error_detail").to_pylist()[1]["retryable"] is True


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", None, float("nan")], ["a", None, None]),
        ([], []),
        ([None], [None]),
        (["\ud800x"], ["\ufffdx"]),
        (["a\udfff", "b"], ["a\ufffd", "b"]),
    ],
)
def test_texts_become_arrow_texts(values: list[Any], expected: list[str | None]) -> None:
    assert arrow_texts(values).to_pylist() == expected
