"""Which model scores a text, and its scores: the lexicon alone, or our linear heads on a sentence encoder.

========  =======================  ==========================================================
tier      languages                needs
========  =======================  ==========================================================
lexicon   English                  nothing beyond the installed libraries
use       16                       the weights of ``dfai models pull text``
e5        about 90                 the weights of ``dfai models pull embed``, ``tokenizers``
========  =======================  ==========================================================

English texts go to a head that also sees the lexicon's reading, all others to a head that sees the encoder alone.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Protocol

from dfai_engine.language import encoders, lexicon

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LABELS", "Scorer", "best", "scorer"]

LABELS = ("positive", "neutral", "negative")  # the columns of every score


class Scorer(Protocol):
    """One tier: which languages it reads, and how."""

    @property
    def name(self) -> str: ...

    @property
    def languages(self) -> frozenset[str]: ...

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of LABELS, a row for each text."""


@dataclass(frozen=True, slots=True)
class LexiconScorer:
    """VADER's own say; English only."""

    name: str = "lexicon"
    languages: frozenset[str] = frozenset({"en"})

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        import numpy as np

        return np.array([lexicon.probabilities(text) for text in texts]).reshape(-1, len(LABELS))


def best() -> Scorer:
    """The best tier whose weights and libraries are here."""
    return LexiconScorer()
