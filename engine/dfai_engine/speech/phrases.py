"""Words put together into phrases: up to a full stop, or a pause. Times in seconds from the sound's beginning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dfai_engine.speech.words import Word

__all__ = ["Phrase", "confidence", "joined", "parted"]

PAUSE_S = 1.0
LONGEST_S = 30.0
_STOPS = (".", "?", "!", "。", "？", "！", "…", "।")
_CLOSING = "\"'”’»)]"
# Full stops that end no sentence, in the languages whose abbreviations a recogniser writes.
_ABBREVIATIONS = frozenset(
    ("mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "prof.", "bzw.", "ca.", "nr.", "str.", "m.", "mme.", "sr.", "sra.")
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words that belong together. Offsets count from the beginning of the sound."""

    words: tuple[Word, ...]
    language: str
    language_probability: float = 1.0
    channel: int | None = None
    translated: str | None = None  # in place of the words' own text

    @property
    def text(self) -> str:
        """The words as one writes them."""
        return joined(self.words) if self.translated is None else self.translated

    @property
    def start_s(self) -> float:
        """Where it begins."""
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.words[-1].end_s

    @property
    def confidence(self) -> float:
        """How sure the recogniser is, in [0, 1]."""
        return confidence(self.words)


def joined(words: Iterable[Word]) -> str:
    """The text of some words."""
    return "".join(word.text for word in words).strip()


def confidence(words: Sequence[Word]) -> float:
    """The geometric mean of the words' probabilities: exp of their mean log probability.

    >>> round(confidence([Word(" a", 0, 1, 0.9), Word(" b", 1, 2, 0.4)]), 3)
    0.6
    """
    if not words:
        return 0.0
    return math.exp(sum(math.log(max(word.probability, 1e-6)) for word in words) / len(words))


def parted(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words, phrase by phrase.

    >>> first, second = parted([Word(" Yes.", 0, 0.3, 1), Word(" Dr.", 0.4, 0.6, 1), Word(" No", 0.6, 0.9, 1)])
    >>> joined(first), joined(second)
    ('Yes.', 'Dr. No')
    """
    found: list[list[Word]] = []
    for word in words:
        last = found[-1][-1] if found else None
        if (
            last is None
            or _ends(last.text)
            or word.start_s - last.end_s >= PAUSE_S
            or word.end_s - found[-1][0].start_s > LONGEST_S
        ):
            found.append([])
        found[-1].append(word)
    return [tuple(phrase) for phrase in found]


def _ends(text: str) -> bool:
    plain = text.strip().rstrip(_CLOSING).lower()
    return plain.endswith(_STOPS) and plain not in _ABBREVIATIONS
