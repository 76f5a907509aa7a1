"""Sentence spans lose nothing and count code points."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfai_engine.language.sentences import pieces, replace_surrogates, spans

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
MARKS = st.text(st.sampled_from("aB .!?\n\r\t。'\"()é😀🇫\u200b\u3000\u2028\x85\ud800"), max_size=60)


def cut(text: str, language: str = "en") -> list[str]:
    return [text[offset : offset + length] for offset, length in spans(text, language)]


def test_offsets_leave_out_the_white_space_between_sentences() -> None:
    text = "Great atmosphere. Close to plenty of restaurants, hotels, and transit! Staff are friendly and helpful."

    assert spans(text) == [(0, 17), (18, 52), (71, 31)]


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("en", "Dr. Smith paid $3.50. He left.", ["Dr. Smith paid $3.50.", "He left."]),
        ("de", "Das kostet z. B. 3 Euro. Gut.", ["Das kostet z. B. 3 Euro.", "Gut."]),
        ("ja", "今日は晴れです。明日は雨です。", ["今日は晴れです。", "明日は雨です。"]),
        ("zh-Hans", "你好。我很好。", ["你好。", "我很好。"]),
        ("en", "Nice 👩‍🍳! Bien 🇫🇷.", ["Nice 👩‍🍳!", "Bien 🇫🇷."]),
    ],
)
def test_sentences_end_where_readers_of_the_language_end_them(language: str, text: str, sentences: list[str]) -> None:
    assert cut(text, language) == sentences


@pytest.mark.parametrize("text", ["", "   ", "\n\n\t", "\u3000"])
def test_blank_texts_have_no_sentence(text: str) -> None:
    assert spans(text) == []


def test_a_lone_surrogate_stays_in_its_place() -> None:
    text = "One \ud800 thing. Another."

    assert cut(text) == ["One \ud800 thing.", "Another."]
    assert len(replace_surrogates(text)) == len(text)


def test_a_wide_space_before_an_initial_does_not_end_the_process() -> None:
    assert "".join(pieces("b.\u3000C. D\u3000A. Bc.")) == "b.\u3000C. D\u3000A. Bc."


def test_one_huge_line_is_one_sentence() -> None:
    text = "word " * 20_000

    assert spans(text) == [(0, len(text) - 1)]


@given(text=ANY_TEXT | MARKS, language=st.sampled_from(["en", "de", "ja", "hy", "xx"]))
def test_the_pieces_concatenate_to_the_text(text: str, language: str) -> None:
    assert "".join(pieces(text, language)) == text


@given(text=ANY_TEXT | MARKS)
def test_spans_are_ordered_apart_and_without_white_space_around(text: str) -> None:
    found = spans(text)

    assert all(text[at : at + length] == text[at : at + length].strip() != "" for at, length in found)
    assert all(at + length <= after for (at, length), (after, _) in pairwise(found))
