"""Which model scores a text, and its scores: the lexicon alone, or our linear heads on a sentence encoder.

========  =========  ==================================================================
tier      languages  needs
========  =========  ==================================================================
lexicon   English    nothing beyond the installed libraries
use       15         the weights of ``dfai models pull text``
e5        95         the weights of ``dfai models pull embed`` and the library tokenizers
========  =========  ==================================================================

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

__all__ = ["LABELS", "LANGUAGES", "Head", "HeadScorer", "LexiconScorer", "Scorer", "scorer", "tiers"]

LABELS = ("positive", "neutral", "negative")  # the columns of every score

# Source: Yang et al. 2019, table 1; Chinese in both scripts.
_USE = "ar de en es fr it ja ko nl pl pt ru th tr zh"
# Source: Conneau et al., "Unsupervised Cross-lingual Representation Learning at Scale", 2020, appendix A: what the
# encoder's parent was trained on. How well each is read differs; docs/models-language.md has what was measured.
_E5 = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it "
    "ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my nb ne nl nn no om or pa pl ps pt ro ru sa sd si sk sl "
    "so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)
LANGUAGES: Mapping[str, frozenset[str]] = {
    "lexicon": frozenset({"en"}),
    "use": frozenset(_USE.split()),
    "e5": frozenset(_E5.split()),
}


class Scorer(Protocol):
    """One tier: which languages it reads, and how."""

    @property
    def name(self) -> str:
        """A key of LANGUAGES."""

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes."""

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of LABELS, a row for each text."""


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer and a softmax over LABELS: ``x @ weights + bias``."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def probabilities(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """A row of LABELS for each row of *x*."""
        import numpy as np

        if not len(x):
            return np.empty((0, len(LABELS)))
        logits = x @ self.weights + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return shares


@dataclass(frozen=True, slots=True)
class LexiconScorer:
    """VADER's own say; English only."""

    name: str = "lexicon"
    languages: frozenset[str] = LANGUAGES["lexicon"]

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of LABELS, a row for each text."""
        import numpy as np

        return np.array([lexicon.probabilities(text) for text in texts]).reshape(-1, len(LABELS))


@dataclass(frozen=True, slots=True)
class HeadScorer:
    """An encoder with its two heads."""

    name: str
    encoder: encoders.Encoder
    english: Head
    others: Head

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes."""
        return LANGUAGES[self.name]

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of LABELS, a row for each text."""
        import numpy as np

        vectors = self.encoder.embed(texts)
        english = np.array([language == "en" for language in languages])
        scores = np.empty((len(texts), len(LABELS)))
        if english.any():
            read = [lexicon.features(text) for text, own in zip(texts, english, strict=True) if own]
            scores[english] = self.english.probabilities(np.hstack([vectors[english], read]))
        scores[~english] = self.others.probabilities(vectors[~english])
        return scores


def tiers() -> list[str]:
    """The tiers that can answer here and now, best first."""
    return [*encoders.available(), "lexicon"]


def scorer(tier: str) -> Scorer:
    """The scorer of a tier; its encoder is read once per process.

    Raises
    ------
    ModelMissing
        The tier's weights are not on this disk.
    """
    if tier == "lexicon":
        return LexiconScorer()
    return HeadScorer(tier, encoders.load(tier), _head(tier, "english"), _head(tier, "others"))


@functools.cache
def _head(tier: str, reads: str) -> Head:
    """Our own numbers, trained by benchmarks/train_sentiment.py."""
    import numpy as np

    file = resources.files("dfai_engine.language").joinpath("heads", f"{tier}-{reads}.json")
    head = json.loads(file.read_text("utf-8"))
    if tuple(head["labels"]) != LABELS:
        raise ValueError(f"{file}: its columns are {head['labels']}, not {LABELS}")
    return Head(np.array(head["weights"]).T, np.array(head["bias"]))
