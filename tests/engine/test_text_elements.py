"""Text elements and offsets: what a reader counts, and what clients index by."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_engine.language import graphemes, offsets
from dfai_engine.language.documents import ServiceFailure

PIECES = (
    *("a", "é", "e\u0301", "\r\n", "\n", "\r", " ", "\u0301", "\u200d", "\u0600", "\ufe0f", "\u200b"),
    *("\U0001f1eb", "\U0001f1f7", "\U0001f469", "\U0001f52c", "\U0001f3fd", "\u2764", "\U000e0067"),
    *("\u0915", "\u094d", "\u0937", "\u093f", "\u0e33", "\u1100", "\u1161", "\u11a8", "\uac00", "\uac01", "漢"),
)
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301\u0302x", ["e\u0301\u0302", "x"]),
        ("a\r\nb\n\r", ["a", "\r\n", "b", "\n", "\r"]),
        ("\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", ["\U0001f1eb\U0001f1f7", "\U0001f1e9\U0001f1ea"]),
        ("\U0001f1eb\U0001f1f7\U0001f1e9", ["\U0001f1eb\U0001f1f7", "\U0001f1e9"]),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467!", ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "!"]),
        ("a\u200d\U0001f469", ["a\u200d", "\U0001f469"]),
        ("\U0001f44d\U0001f3fd\U0001f44d", ["\U0001f44d\U0001f3fd", "\U0001f44d"]),
        ("\u2764\ufe0f\u2764", ["\u2764\ufe0f", "\u2764"]),
        ("\u1100\u1161\u11a8\u1100", ["\u1100\u1161\u11a8", "\u1100"]),
        ("\uac00\u11a8\uac01", ["\uac00\u11a8", "\uac01"]),
        ("\u0915\u094d\u0937\u093f\u0915", ["\u0915\u094d\u0937\u093f", "\u0915"]),
        ("\u0915\u0937", ["\u0915", "\u0937"]),
        ("\u0e19\u0e33", ["\u0e19\u0e33"]),
        ("\u06001\n", ["\u06001", "\n"]),
        ("\u0600\n", ["\u0600", "\n"]),
        ("\n\u0301a", ["\n", "\u0301", "a"]),
        ("", []),
    ],
)
def test_clusters_are_those_of_the_unicode_annex(text: str, clusters: list[str]) -> None:
    starts = [*graphemes.starts(text), len(text)]

    assert [text[first:last] for first, last in pairwise(starts)] == clusters
    assert graphemes.count(text) == len(clusters)


@settings(deadline=None)  # a busy machine is not a fault
@given(TEXTS)
def test_splitting_and_joining_gives_the_text_back(text: str) -> None:
    starts = list(graphemes.starts(text))
    clusters = [text[first:last] for first, last in pairwise([*starts, len(text)])]

    assert "".join(clusters) == text
    assert all(clusters)
    assert starts[:1] == [0][: len(text)]


@settings(deadline=None)  # a busy machine is not a fault
@given(TEXTS, TEXTS)
def test_a_line_feed_always_ends_an_element(before: str, after: str) -> None:
    joined = graphemes.count(f"{before}\n{after}")

    assert joined == graphemes.count(f"{before}\n") + graphemes.count(after)


@settings(deadline=None)  # a busy machine is not a fault
@given(TEXTS.filter(bool), st.data())
def test_spans_keep_their_text_in_utf_16(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    span = offsets.convert({"offset": first, "length": last - first}, text, "Utf16CodeUnit")

    start, length = span["offset"], span["length"]
    assert isinstance(start, int)
    assert isinstance(length, int)
    units = text.encode("utf-16-le", "surrogatepass")
    assert units[2 * start : 2 * (start + length)] == text[first:last].encode("utf-16-le", "surrogatepass")


@settings(deadline=None)  # a busy machine is not a fault
@given(TEXTS.filter(bool), st.data())
def test_spans_in_text_elements_hold_all_that_was_meant(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    span = offsets.convert({"offset": first, "length": last - first}, text, "TextElements_v8")

    start, length = span["offset"], span["length"]
    assert isinstance(start, int)
    assert isinstance(length, int)
    edges = [*graphemes.starts(text), len(text)]
    assert edges[start] <= first < last <= edges[start + length]
    assert length <= last - first


def test_conversion_reaches_every_nested_span_and_leaves_the_original() -> None:
    target = {"offset": 2, "length": 1, "text": "b"}
    original: dict[str, Any] = {"sentences": [{"offset": 2, "length": 1, "targets": [target]}]}
    converted = offsets.convert(original, "\U0001f600 b", "Utf16CodeUnit")

    assert converted == {
        "sentences": [{"offset": 3, "length": 1, "targets": [{"offset": 3, "length": 1, "text": "b"}]}]
    }
    assert original["sentences"][0]["offset"] == 2


def test_plain_text_needs_no_conversion() -> None:
    result: dict[str, object] = {"offset": 1, "length": 1}

    assert offsets.convert(result, "plain", "TextElements_v8") is result
    assert offsets.convert(result, "漢字", "Utf16CodeUnit") is result


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ServiceFailure, match="TextElements_v8, UnicodeCodePoint, Utf16CodeUnit"):
        offsets.string_index_type({"stringIndexType": "bytes"})
