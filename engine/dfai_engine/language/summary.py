"""Extractive summaries: the sentences nearest to what the whole text says, none of them twice.

A sentence's rank is its likeness to the mean of all sentences. The likeness is that of sentence vectors where the
encoder's weights are here and it reads the language, else that of weighted words. Choosing goes on by maximal
marginal relevance (Carbonell and Goldstein, 1998): central, but unlike what is already chosen.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from dfai_engine.language import encoders, english, sentences
from dfai_engine.language.documents import Answered, Document, DocumentFailure, ServiceFailure
from dfai_engine.language.stop_words import STOP_WORDS
from dfai_engine.language.wordlists import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MODELS", "OPTIONAL_MODELS", "analyze", "choose"]

MODELS: tuple[str, ...] = ()
OPTIONAL_MODELS: tuple[str, ...] = ("use-multilingual-v3",)

_MOST = 20  # sentences in a summary, as the service documents it
_RELEVANCE = 0.7  # share of centrality against novelty
_SAME = 0.8  # likeness from which two sentences say the same: the second comes only when no other is left
_FEWEST_WORDS = 4  # headings and exclamations rank lower
# The languages that the encoder was trained on.
_ENCODED = words("ar de en es fr it ja ko nl pl pt ru th tr zh")
_MOST_ENCODED = 400  # sentences of one document: about a second; longer ones are ranked by their words
_TERM = re.compile(r"[^\W\d_]+|\d+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Likeness(Protocol):
    """How alike the sentences of one document are, each to all and to another."""

    def to_all(self) -> list[float]:
        """Likeness of each sentence to the mean of them."""

    def to(self, place: int) -> list[float]:
        """Likeness of each sentence to one of them."""


def analyze(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """Choose sentences; parameters are ``sentenceCount`` (1 to 20) and ``sortBy`` (``Offset`` or ``Rank``)."""
    count = parameters.get("sentenceCount", 3)
    order = parameters.get("sortBy", "Offset")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST:
        raise ServiceFailure(
            f"sentenceCount is a whole number from 1 to {_MOST}, not {count!r}",
            inner_code="InvalidParameterValue",
            target="sentenceCount",
        )
    if order not in ("Offset", "Rank"):
        raise ServiceFailure(
            f"sortBy is Offset or Rank, not {order!r}", inner_code="InvalidParameterValue", target="sortBy"
        )
    encoder = encoders.load("use") if "use" in encoders.available() else None
    results: list[dict[str, object] | DocumentFailure] = [
        {"sentences": _summary(document, count, order == "Rank", encoder)} for document in documents
    ]
    return Answered(results, "dfai-centrality-use-1" if encoder else "dfai-centrality-1")


def _summary(
    document: Document, count: int, by_rank: bool, encoder: encoders.Encoder | None
) -> list[dict[str, object]]:
    text = document.text
    spans = sentences.spans(text, document.language)
    bodies = [text[offset : offset + length] for offset, length in spans]
    likeness: Likeness
    if encoder is not None and english.base(document.language) in _ENCODED and len(bodies) <= _MOST_ENCODED:
        likeness = _Vectors(encoder.embed([sentences.replace_surrogates(body) for body in bodies]))
    else:
        likeness = _Terms([_terms(body, document.language) for body in bodies])
    weights = [1.0 if len(_TERM.findall(body)) >= _FEWEST_WORDS or _UNSPACED.search(body) else 0.5 for body in bodies]
    ranks = choose(likeness, weights, count)
    order = sorted(ranks, key=lambda place: -ranks[place]) if by_rank else sorted(ranks)
    return [
        {
            "text": bodies[place],
            "rankScore": ranks[place],
            "offset": spans[place][0],
            "length": spans[place][1],
        }
        for place in order
    ]


def choose(likeness: Likeness, weights: Sequence[float], count: int) -> dict[int, float]:
    """The places of the chosen sentences with their ranks from 0 to 1, the first chosen first."""
    central = [max(0.0, value) * weight for value, weight in zip(likeness.to_all(), weights, strict=True)]
    top = max(central, default=0.0) or 1.0
    ranks = [value / top for value in central]
    nearest = [0.0] * len(ranks)  # likeness to the most alike of those chosen
    left = set(range(len(ranks)))
    chosen: dict[int, float] = {}
    while left and len(chosen) < count:
        gains = [_RELEVANCE * rank - (1 - _RELEVANCE) * near for rank, near in zip(ranks, nearest, strict=True)]
        place = max(left, key=lambda place: (nearest[place] < _SAME, gains[place], -place))
        chosen[place] = round(ranks[place], 2)
        left.discard(place)
        nearest = [max(pair) for pair in zip(nearest, likeness.to(place), strict=True)]
    return chosen


class _Vectors:
    """Likeness of unit vectors."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    def to_all(self) -> list[float]:
        return [float(value) for value in self._vectors @ self._vectors.mean(axis=0)]

    def to(self, place: int) -> list[float]:
        return [float(value) for value in self._vectors @ self._vectors[place]]


class _Terms:
    """Likeness of words, weighted by how few sentences have them."""

    def __init__(self, bags: Sequence[Counter[str]]) -> None:
        within = Counter(term for bag in bags for term in bag)
        self._bags = [
            _unit({term: (1 + math.log(times)) * math.log(1 + len(bags) / within[term]) for term, times in bag.items()})
            for bag in bags
        ]

    def to_all(self) -> list[float]:
        center: Counter[str] = Counter()
        for bag in self._bags:
            center.update(bag)  # Counter adds values of any number type
        return [_dot(bag, center) / len(self._bags) for bag in self._bags]

    def to(self, place: int) -> list[float]:
        return [_dot(bag, self._bags[place]) for bag in self._bags]


def _terms(sentence: str, language: str) -> Counter[str]:
    """Its words in lower case without stop words; pairs of characters where words are not spaced."""
    stops = STOP_WORDS.get(english.base(language), frozenset())
    terms: Counter[str] = Counter()
    for word in _TERM.findall(sentence.lower()):
        if _UNSPACED.search(word):
            terms.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif word not in stops:
            terms[word] += 1
    return terms


def _unit(bag: Mapping[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(value * value for value in bag.values())) or 1.0
    return {term: value / norm for term, value in bag.items()}


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(value * other.get(term, 0.0) for term, value in one.items())
