"""JSON paths: what is written down is found, whatever it is called, and nothing else is."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.errors import ConfigError
from dfai_core.services.web.json_path import json_path
from dfai_core.services.web.parsing import Misfit, fields_of

NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | NAME,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAME, inner, max_size=4),
    max_leaves=12,
)


def written(step: Any, double: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    quote = '"' if double else "'"
    return "[" + quote + step.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote + "]"


def places(document: Any) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    found: list[tuple[Any, ...]] = [()]
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, inner in items:
        found += [(step, *rest) for rest in places(inner)]
    return found


@settings(derandomize=True, max_examples=300)
@given(DOCUMENT, st.data(), st.booleans())
def test_every_place_is_found_by_its_path(document: Any, data: st.DataObject, double: bool) -> None:
    steps = data.draw(st.sampled_from(places(document)))
    expected = document
    for step in steps:
        expected = expected[step]

    path = json_path("$" + "".join(written(step, double) for step in steps))

    assert path.of(document) == expected
    assert not path.many


@settings(derandomize=True, max_examples=200)
@given(DOCUMENT, st.lists(NAME | st.integers(-5, 5), max_size=4))
def test_a_path_never_fails_on_a_document(document: Any, steps: list[Any]) -> None:
    path = "$" + "".join(written(step, False) for step in steps)

    single, many = json_path(path).of(document), json_path(path + "[*]").of(document)

    inner = list(single.values()) if isinstance(single, dict) else single if isinstance(single, list) else []
    assert many == inner


@settings(derandomize=True, max_examples=300)
@given(st.text(max_size=12))
def test_what_is_no_path_is_told_before_anything_is_sent(text: str) -> None:
    try:
        path = json_path("$" + text)
    except ConfigError:
        return
    assert path.of({}) in (None, {}, [])


@pytest.mark.parametrize(
    "text", ["", "name", "$.", "$..a", "$[", "$[a]", "$['a]", "$[1:2]", "$[?@.a]", "$ .a", "$.a b"]
)
def test_other_ways_of_writing_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no JSON path"):
        json_path(text)


def test_names_after_a_dot_and_every_item() -> None:
    document = {"a": {"größe": [{"x-y": 1}, {"x-y": None}, {}]}, "b": {"c": 2, "d": 3}}

    assert json_path("$.a.größe[*].x-y").of(document) == [1, None]
    assert json_path("$.a['größe'][-3]['x-y']").of(document) == 1
    assert json_path("$.b.*").of(document) == [2, 3]
    assert json_path("$").of(document) is document
    assert json_path(r"$['it\'s \u00e9']").of({"it's é": 1}) == 1


@pytest.mark.parametrize(
    ("word", "value", "expected"),
    [
        ("string", 3, "3"),
        ("string", True, "true"),
        ("string", {"a": [1]}, '{"a":[1]}'),
        ("int", "12", 12),
        ("int", 3.0, 3),
        ("float", "-47.9", -47.9),
        ("float", 3, 3.0),
        ("bool", "TRUE", True),
        ("json", "a", '"a"'),
    ],
)
def test_values_are_read_as_what_they_say(word: str, value: Any, expected: Any) -> None:
    (field,) = fields_of({"x": ("$.x", word)})

    found = field.of({"x": value})

    assert (found, type(found)) == (expected, type(expected))
    assert field.of({}) is None
    assert field.of({"x": None}) is None


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("int", "a"),
        ("int", 1.5),
        ("int", True),
        ("int", 2**70),
        ("int", []),
        ("float", "x"),
        ("float", False),
        ("bool", 1),
    ],
)
def test_what_does_not_fit_is_never_a_silent_null(word: str, value: Any) -> None:
    (field,) = fields_of({"x": ("$.x", word)})

    with pytest.raises(Misfit, match=rf"\$\.x holds what is no {word}"):
        field.of({"x": value})


@settings(derandomize=True, max_examples=200)
@given(
    st.dictionaries(
        NAME.filter(
            lambda name: name not in ("", "status", "headers", "content", "error", "error_message", "error_detail")
        ),
        st.integers(-(2**62), 2**62),
        max_size=5,
    )
)
def test_a_schema_finds_the_fields_of_an_object_by_name(values: dict[str, int]) -> None:
    fields = fields_of(pa.schema([(name, pa.int32()) for name in values]))
    document = orjson.loads(orjson.dumps(values))

    assert {field.name: field.of(document) for field in fields} == values
    assert {field.type for field in fields} <= {pa.int64()}
