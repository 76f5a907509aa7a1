"""Answers as bytes: the same back, or nothing at all."""

from __future__ import annotations

import math
import zlib
from datetime import date
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.services import services
from dfai_core.store import decode_rows, decode_values, encode_rows, encode_values

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
NAMES = st.sampled_from(["b", "d", "f", "text", ""]) | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10
)
ANSWERS = st.lists(VALUES, max_size=5).map(tuple)


def same(one: Any, other: Any) -> bool:
    """Equal, of equal types, NaN being NaN and -0.0 not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or repr(one) == repr(other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other)


@settings(derandomize=True)
@given(ANSWERS)
def test_answers_come_back_as_they_were(values: tuple[Any, ...]) -> None:
    stored = encode_values(values)

    assert stored is not None
    assert same(decode_values(stored, len(values)), values)


@settings(derandomize=True)
@given(ANSWERS, st.data())
def test_a_damaged_answer_is_no_answer(values: tuple[Any, ...], data: st.DataObject) -> None:
    stored = encode_values(values)
    assert stored is not None
    place = data.draw(st.integers(0, len(stored) - 1))
    damaged = bytearray(stored)
    damaged[place] ^= data.draw(st.integers(1, 255))

    assert decode_values(bytes(damaged), len(values)) is None
    assert decode_values(stored[:place], len(values)) is None


@settings(derandomize=True)
@given(st.binary(max_size=40), st.integers(0, 5))
def test_what_something_else_wrote_is_no_answer(stored: bytes, width: int) -> None:
    assert decode_values(stored, width) is None


@pytest.mark.parametrize("form", [0, 1])
@pytest.mark.parametrize("body", [b"", b"nonsense", b"{}", b"5", b"[1", b"[1],[2]", b'["a", "b"]'])
def test_a_right_checksum_over_nonsense_is_no_answer(form: int, body: bytes) -> None:
    stored = summed(form, body)
    whole = encode_values(("a",))

    assert whole is not None
    assert decode_values(stored, 1) is None
    assert decode_rows([whole, stored, whole], 1) == [("a",), None, ("a",)]


@pytest.mark.parametrize("body", [b'[{"b": 1}]', b'[{"b": "%"}]', b'[{"q": "x"}]', b'[{"b": "", "f": ""}]', b"[{}]"])
def test_marks_that_mean_nothing_are_no_answer(body: bytes) -> None:
    assert decode_values(summed(1, body), 1) is None


def summed(form: int, body: bytes) -> bytes:
    """*body* as one column, between a head and a checksum that fit."""
    told = bytes([2, form, 0, 1]) + body
    return told + zlib.crc32(told).to_bytes(4, "little")


def test_an_answer_of_another_width_is_no_answer() -> None:
    stored = encode_values(("positive", 0.5))

    assert stored is not None
    assert decode_values(stored, 3) is None


def test_another_version_of_the_format_is_no_answer() -> None:
    body = b'["positive"]'
    first_release = b"\x01\x00" + zlib.crc32(body, 0).to_bytes(4, "big") + body
    stored = encode_values(("positive",))

    assert stored is not None
    assert decode_values(first_release, 1) is None
    assert decode_rows([first_release, stored], 1) == [None, ("positive",)]
    assert decode_values(b"\x03" + stored[1:], 1) is None


def test_the_common_case_is_plain_json_behind_a_short_head() -> None:
    stored = encode_values(("positive", 0.9, None, None))

    assert stored is not None
    assert orjson.loads(stored[4:-4]) == ["positive", 0.9]


@settings(derandomize=True)
@given(st.lists(ANSWERS, max_size=6), st.integers(5, 7))
def test_many_answers_at_once_are_what_each_is_alone(rows: list[tuple[Any, ...]], width: int) -> None:
    stored = encode_rows(rows, width)
    found = decode_rows([one for one in stored if one is not None], width)

    assert stored == [encode_values(values, width) for values in rows]
    assert None not in found
    assert same([pad(values, width) for values in found if values is not None], [pad(row, width) for row in rows])
    assert len({len(values) for values in found if values is not None}) <= 1


def pad(values: tuple[Any, ...], width: int) -> tuple[Any, ...]:
    return values + (None,) * (width - len(values))


def test_a_damaged_answer_among_others_is_the_only_one_that_is_lost() -> None:
    rows = [("positive", 0.5), ("mixed", 0.25), ("negative", None)]
    stored = [one for one in encode_rows(rows, 4) if one is not None]
    stored[1] = stored[1].replace(b"mixed", b"fixed")

    found = decode_rows(stored, 4)

    assert found == [("positive", 0.5, None, None), None, ("negative", None, None, None)]


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), b"\x00", None, "null"])
def test_one_odd_value_among_many_rows_comes_back_as_it_was(value: Any) -> None:
    rows = [("a", 1.5, "x"), ("b", value, "y"), ("c", 2, None)]
    stored = [one for one in encode_rows(rows, 5) if one is not None]

    assert same([row[:3] for row in decode_rows(stored, 5) if row is not None], rows)


@pytest.mark.parametrize("value", [object(), 2**70, "\ud800", {1: "a"}, {"a": {2, 3}}, date(2026, 11, 23)])
def test_what_no_column_can_hold_is_not_encoded(value: Any) -> None:
    assert encode_values((value,)) is None
    assert encode_rows([("a",), (value,)], 1) == [encode_values(("a",)), None]


@pytest.mark.parametrize("name", sorted(services()))
def test_every_service_s_columns_survive(name: str) -> None:
    service = services()[name]
    schema = service.schema(include=tuple(service.includes))
    values = tuple(sample(field.type) for field in schema)
    stored = encode_values(values)

    assert stored is not None
    found = decode_values(stored, len(values))
    assert found == values
    assert [pa.array([one], field.type).to_pylist() for one, field in zip(found, schema, strict=True)] == [
        pa.array([one], field.type).to_pylist() for one, field in zip(values, schema, strict=True)
    ]


def sample(kind: pa.DataType) -> Any:
    """A value of an Arrow type."""
    if pa.types.is_list(kind):
        return [sample(kind.value_type), None]
    if pa.types.is_struct(kind):
        return {field.name: sample(field.type) for field in kind}
    if pa.types.is_binary(kind):
        return b"\x00\xff"
    return pa.array(["0"]).cast(kind)[0].as_py()
