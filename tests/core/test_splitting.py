"""Long texts to pieces: nothing lost, no limit broken, no character torn."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dfai_core.splitting import split

# Characters of several code points, and what stands around them in real texts.
PARTS = st.sampled_from(
    [
        "e\u0301",
        "\u1100\u1161\u11a8",  # a Korean syllable in letters
        "\uac00\u11a8",
        "\U0001f1eb\U0001f1f7",  # a flag
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",  # a family
        "\U0001f44d\U0001f3fd",  # a skin tone
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "\u2764\ufe0f",
        "\r\n",
        "क्षि",
        "。",
        "! ",
        ". ",
        "\n",
        " ",
        "a",
        "word",
    ]
)
CLUSTERED = st.lists(PARTS, max_size=60)
ANY = st.text(st.characters(codec="utf-8"), max_size=300)


@settings(derandomize=True, max_examples=500)
@given(ANY | CLUSTERED.map("".join), st.integers(1, 40))
@example("\u0301" * 300, 7)
@example("\U0001f1eb" * 99, 2)
@example("\r" + "\n" * 90, 1)
@example("\u200d" * 200, 3)
def test_the_pieces_are_the_text_and_keep_the_limit(text: str, limit: int) -> None:
    pieces = split(text, limit)

    assert "".join(pieces) == text
    assert all(len(piece) <= limit for piece in pieces)
    assert all(pieces) or text == ""


@settings(derandomize=True, max_examples=500)
@given(CLUSTERED, st.integers(8, 40))
def test_no_character_is_torn(clusters: list[str], limit: int) -> None:
    text = "".join(clusters)
    inside = set()
    place = 0
    for part in clusters:
        if part not in ("! ", ". ", "word"):
            inside |= set(range(place + 1, place + len(part)))
        place += len(part)
    cuts = set(itertools.accumulate(len(piece) for piece in split(text, limit))) - {len(text)}

    assert not cuts & inside


def test_flags_are_cut_between_not_within() -> None:
    flags = "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea" * 20

    assert {len(piece) for piece in split(flags, 7)} <= {6, 2, 4}


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("Erste. Zweite. Dritte.", 15, ["Erste. Zweite. ", "Dritte."]),
        ("一。二。三。", 4, ["一。二。", "三。"]),
        ("no sentence here", 12, ["no sentence ", "here"]),
        ("He said “Stop!” and left", 18, ["He said “Stop!” ", "and left"]),
        ("a b", 3, ["a b"]),
        ("", 3, [""]),
    ],
)
def test_a_cut_hurts_as_little_as_it_can(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit) == pieces


@pytest.mark.parametrize("text", ["\U0001f1eb" * 500_000, "e" + "\u0301" * 500_000, " " * 500_000, "x" * 500_000])
def test_noise_takes_no_more_time_than_prose(text: str) -> None:
    started = time.monotonic()
    pieces = split(text, 5_120)

    assert "".join(pieces) == text
    assert time.monotonic() - started < 5
