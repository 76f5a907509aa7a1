"""Texts to ask about: distinct, of the length of a short review, the same in every run."""

from __future__ import annotations

import random

__all__ = ["SHORT", "reviews", "short_texts"]

SHORT = "Lovely room number "  # a number follows

_WORDS = (
    *("room", "clean", "staff", "friendly", "breakfast", "cold", "view", "lake", "quiet", "noisy", "bed", "soft"),
    *("broken", "lift", "parking", "street", "price", "fair", "again", "never", "lovely", "old", "bathroom", "small"),
    *("window", "heating", "pool", "towels", "coffee", "station", "walk", "evening", "loud", "music", "smell"),
)


def reviews(count: int, seed: int = 7) -> list[str]:
    """*count* distinct texts of about 90 characters.

    >>> len(set(reviews(1_000)))
    1000
    """
    dice = random.Random(seed)
    return [f"{' '.join(dice.choices(_WORDS, k=14))} {number}." for number in range(count)]


def short_texts(count: int, first: int = 0) -> list[str]:
    """*count* distinct texts of about 20 characters, for what is about rows, not bytes."""
    return [f"{SHORT}{number}" for number in range(first, first + count)]
