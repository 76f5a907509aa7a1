"""A word that was heard."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its punctuation and the space before it; times in seconds, probability in [0, 1]."""

    text: str
    start_s: float
    end_s: float
    probability: float
