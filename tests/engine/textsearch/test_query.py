"""The simple query syntax: whatever is written makes a query, and it means what the documentation says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_engine.textsearch.query import Both, Either, Node, Not, Term, query_of


def shape(node: Node | None) -> Any:
    """A query in few words."""
    match node:
        case None:
            return None
        case Term():
            return node.text + ("*" if node.prefix else "")
        case Not():
            return ("not", shape(node.inner))
        case Both() | Either():
            return ("and" if isinstance(node, Both) else "or", shape(node.left), shape(node.right))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("wifi", "wifi"),
        ("wifi luxury", ("or", "wifi", "luxury")),
        ("wifi+luxury", ("and", "wifi", "luxury")),
        ("wifi | luxury", ("or", "wifi", "luxury")),
        ("wifi -luxury", ("or", "wifi", ("not", "luxury"))),
        ("wi-fi", "wi-fi"),
        ("lux*", "lux*"),
        ('"big old mill"', "big old mill"),
        ('"never closed', "never closed"),
        ("motel+(wifi|luxury)", ("and", "motel", ("or", "wifi", "luxury"))),
        ("a + b | c", ("or", ("and", "a", "b"), "c")),
        (r"wi\+fi", "wi+fi"),
        (r"\"", None),
        ("-(a|b)", ("not", ("or", "a", "b"))),
        ("--a", "a"),
        ("* !! ( ) + |", None),
        ("", None),
        ("a)) b", ("or", "a", "b")),
        ("((((a", "a"),
    ],
)
def test_a_query_means_what_it_says(text: str, meant: Any) -> None:
    assert shape(query_of(text, "any")) == meant


def test_all_joins_what_has_no_operator_between() -> None:
    assert shape(query_of("wifi luxury -pool", "all")) == ("and", ("and", "wifi", "luxury"), ("not", "pool"))


@settings(derandomize=True, max_examples=500)
@given(st.text(st.sampled_from('ab +|-()"\\*é中')), st.sampled_from(["any", "all"]))
def test_no_text_is_refused(text: str, mode: Any) -> None:
    found = query_of(text, mode)

    assert found is None or any(character.isalnum() for character in text)


def test_deep_parentheses_are_no_way_to_break_it() -> None:
    assert shape(query_of("(" * 10_000 + "a", "any")) == "a"
