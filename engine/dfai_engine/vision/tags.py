"""Words for what a picture shows: the classifier's classes and their kinds, and the detector's objects.

A kind is as sure as its classes together: a picture that is .50 an Egyptian cat and .20 a tabby is .70 a cat.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision import classifier, detector
from dfai_engine.vision.detector import Found
from dfai_engine.vision.labels import classes, objects

__all__ = ["LEAST_CONFIDENCE", "MODELS", "VERSION", "Tag", "of_classes", "tags"]

MODELS: tuple[str, ...] = (*classifier.MODELS, *detector.MODELS)
VERSION = "2026-11-26-efficientnet-lite3+ssd-mobilenet-v2"
# Of a class and of a kind. Below, the classifier names what is not there more often than what is.
LEAST_CONFIDENCE = 0.2
BLACK_AND_WHITE = "black and white"


@dataclass(frozen=True, slots=True)
class Tag:
    """A word, how sure, and, where the word alone is rare, a kind that explains it."""

    name: str
    confidence: float
    hint: str = ""


def of_classes(shares: NDArray[np.float32]) -> list[Tag]:
    """The classes of one picture and the kinds that they add up to, the surest first; *shares* is (1000,)."""
    sums: dict[str, float] = {}
    hints: dict[str, str] = {}
    for label, share in zip(classes(), shares.tolist(), strict=True):
        if share <= 0:
            continue
        # A class may bear the name of one of its kinds.
        for name in dict.fromkeys((label.name, *label.kinds)):
            sums[name] = sums.get(name, 0.0) + share
        if label.kinds:
            hints[label.name] = label.kinds[0]
    found = (Tag(name, min(1.0, share), hints.get(name, "")) for name, share in sums.items())
    return _ranked(tag for tag in found if tag.confidence >= LEAST_CONFIDENCE)


def tags(shares: NDArray[np.float32], found: Sequence[Found], *, black_and_white: bool = False) -> list[Tag]:
    """All words for one picture, each once, the surest first."""
    best = {tag.name: tag for tag in of_classes(shares)}
    kinds = {label.name: label.kinds for label in objects().values()}
    for each in found:
        for name in (each.name, *kinds.get(each.name, ())):
            if name not in best or best[name].confidence < each.confidence:
                best[name] = Tag(name, each.confidence, each.kind if name == each.name else "")
    if black_and_white:
        best[BLACK_AND_WHITE] = Tag(BLACK_AND_WHITE, 1.0)
    return _ranked(best.values())


def _ranked(found: Iterable[Tag]) -> list[Tag]:
    """The surest first; of equals the narrowest."""
    depths = _depths()
    return sorted(found, key=lambda tag: (-tag.confidence, -depths.get(tag.name, 0), tag.name))


@functools.cache
def _depths() -> Mapping[str, int]:
    """How many kinds each word is of."""
    found: dict[str, int] = {}
    for label in (*classes(), *objects().values()):
        for depth, name in enumerate(reversed((label.name, *label.kinds))):
            found[name] = max(depth, found.get(name, 0))
    return found
