"""Keys: equal for equal questions, on every machine; different for all others."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.service import Column, Service, Wiring
from dfai_core.services import services
from dfai_core.store import Keyer
from dfai_core.store.keys import canonical

SENTIMENT = services()["sentiment"]
WIRING = Wiring({"language": "en"}, (), (), "2023-04-01", None, False, "azure")
HOST = "https://example.org"
# A service that will not change with the library's own.
FIXED = replace(SENTIMENT, name="mood", operation="Mood", columns=(Column("", pa.string(), "x"),), includes={})

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8
)


def plain(value: Any) -> Any:
    """What tells two values apart, types included; lists and tuples are the same."""
    if isinstance(value, (list, tuple)):
        return ("list", tuple(plain(one) for one in value))
    if isinstance(value, dict):
        return ("dict", frozenset((name, plain(one)) for name, one in value.items()))
    return (type(value).__name__, repr(value))


@settings(derandomize=True)
@given(VALUES, VALUES)
def test_values_look_alike_only_if_they_are(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (plain(one) == plain(other))


@settings(derandomize=True)
@given(st.lists(st.lists(SCALARS, min_size=1, max_size=3).map(tuple), min_size=2, max_size=30))
def test_documents_share_a_key_only_if_they_are_the_same(documents: list[tuple[Any, ...]]) -> None:
    keyer = Keyer(SENTIMENT, WIRING, HOST)
    keys = [keyer.key(document) for document in documents]

    assert len(set(keys)) == len({plain(document) for document in documents})


@settings(derandomize=True)
@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[SCALARS] * width), min_size=1, max_size=20)))
def test_keys_made_by_column_are_those_of_each_document(documents: list[tuple[Any, ...]]) -> None:
    keyer = Keyer(SENTIMENT, WIRING, HOST)
    columns = list(zip(*documents, strict=True))

    assert keyer.keys(columns) == [keyer.key(document) for document in documents]
    assert keyer.keys(columns, ("a piece",)) == [keyer.key((*document, "a piece")) for document in documents]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        (("a",), ("a", None)),
        (("1",), (1,)),
        ((None,), ("None",)),
        ((1,), (1.0,)),
        ((1,), (True,)),
        (("a",), (b"a",)),
        (("a", "b"), (("a", "b"),)),
        ((0.0,), (-0.0,)),
        ((float("nan"),), (None,)),
        (("\ud800",), ("\ufffd",)),
    ],
)
def test_documents_that_almost_look_alike_have_different_keys(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    keyer = Keyer(SENTIMENT, WIRING, HOST)

    assert keyer.key(one) != keyer.key(other)


@pytest.mark.parametrize(
    "other",
    [
        Keyer(replace(SENTIMENT, name="mood"), WIRING, HOST),
        Keyer(replace(SENTIMENT, operation="Mood"), WIRING, HOST),
        Keyer(replace(SENTIMENT, columns=SENTIMENT.columns[:-1]), WIRING, HOST),
        Keyer(SENTIMENT, replace(WIRING, api_version="2024-01-01"), HOST),
        Keyer(SENTIMENT, replace(WIRING, model_version="latest"), HOST),
        Keyer(SENTIMENT, replace(WIRING, options={"language": "fr"}), HOST),
        Keyer(SENTIMENT, replace(WIRING, options={}), HOST),
        Keyer(SENTIMENT, replace(WIRING, varying=("language",)), HOST),
        Keyer(SENTIMENT, replace(WIRING, include=("error_detail",)), HOST),
        Keyer(SENTIMENT, WIRING, "https://example.com"),
    ],
)
def test_all_that_an_answer_depends_on_is_in_its_key(other: Keyer) -> None:
    assert other.key(("text",)) != Keyer(SENTIMENT, WIRING, HOST).key(("text",))


def test_what_an_answer_does_not_depend_on_is_not_in_its_key() -> None:
    one = Keyer(SENTIMENT, replace(WIRING, options={"a": 1, "b": [2]}, include=("opinions", "error_detail")), HOST)
    options = {"b": (2,), "a": 1}
    other = Keyer(
        SENTIMENT, replace(WIRING, options=options, include=("error_detail", "opinions"), keep_logs=True), HOST
    )

    assert one.key(("text",)) == other.key(("text",))


GOLDEN = [
    "ba781a9ec958624f4073f47f13d39733",
    "70274faa37c577dfcc199153dfe7d3a1",
    "e5a1fa4bbc63c16988d58ce5d6d6c9f1",
    "95362fe687a3f1b42cd46f134547d87a",
    "feab82d0df8a530aa65e0b1d1220a10a",
]


def golden_keys() -> list[str]:
    keyer = Keyer(FIXED, WIRING, HOST)
    moment = datetime(2026, 11, 23, 1, 2, 3, 4, tzinfo=UTC)
    rows: list[tuple[Any, ...]] = [
        ("The room was lovely.",),
        ("",),
        ("日本語 😀", "ja"),
        ("a", None, True, 7, -0.5, b"\x00\xff"),
        ((1.5, 2.5), moment, Decimal("1.10")),
    ]
    return [keyer.key(row).hex() for row in rows]


def test_keys_never_change() -> None:
    assert golden_keys() == GOLDEN


def test_keys_are_the_same_in_another_process() -> None:
    code = (
        "from dfai_core.services import services; from dfai_core.service import Wiring\n"
        "from dfai_core.store import Keyer\n"
        "wiring = Wiring({'b': 1, 'a': frozenset('xyz')}, (), (), 'v', None, False, 'azure')\n"
        "print(Keyer(services()['sentiment'], wiring, 'https://example.org').key(('text', 'en')).hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(found) == 1


def test_a_timestamp_of_pandas_is_told_apart_to_the_nanosecond() -> None:
    one, other = pd.Timestamp("2026-11-23T00:00:00.000000001"), pd.Timestamp("2026-11-23T00:00:00.000000002")

    assert canonical(one) != canonical(other)
    assert canonical(one) == canonical(pd.Timestamp(one))


def test_a_value_that_no_column_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="a object cannot be part"):
        Keyer(SENTIMENT, WIRING, HOST).key((object(),))


def test_every_service_has_keys_of_its_own() -> None:
    every: list[Service] = list(services().values())
    keys = {Keyer(service, WIRING, HOST).key(("text",)) for service in every}

    assert len(keys) == len(every)
