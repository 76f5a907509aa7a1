"""Opinions without a parser: in a clause, an adjective judges the noun behind it, or the subject before "is".

Less is found than with the pipeline, and more of it wrong: who needs opinions installs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dfai_engine.language.stop_words import STOP_WORDS
from dfai_engine.language.valence import Pair, valence
from dfai_engine.language.wordlists import words

__all__ = ["pairs_of_clauses"]

Word = re.Match[str]

_CLAUSE = re.compile(
    r"[.!?;:,\n()–—]+|\b(?:but|however|although|though|while|whereas|because|which|yet)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_COPULA = words(
    "is are was were be been isn't aren't wasn't weren't looks looked seems seemed feels felt tastes tasted smells "
    "smelled became stayed gets got remains remained sounded"
)
_NEGATIONS = words("not no never hardly barely isn't aren't wasn't weren't don't doesn't didn't can't won't nothing")
_VERDICTS = words(
    "love loves loved hate hates hated enjoy enjoyed adore adored dislike disliked despise despised regret recommend "
    "recommended appreciate appreciated"
)
_POINTERS = words("the this that their our my how its")
_NEVER_TARGETS = STOP_WORDS["en"] | words(
    "also very really extremely absolutely i we he she they it me us them him her you who everyone someone"
)


def pairs_of_clauses(text: str) -> Iterator[Pair]:
    """Pairs of a target and an assessment, clause by clause."""
    start = 0
    for boundary in [*_CLAUSE.finditer(text), None]:
        end = boundary.start() if boundary is not None else len(text)
        yield from _clause(list(_WORD.finditer(text, start, end)))
        start = boundary.end() if boundary is not None else end


def _clause(tokens: Sequence[Word]) -> Iterator[Pair]:
    lower = [word[0].lower().replace("’", "'") for word in tokens]
    copula = None  # the nearest one before the word
    for place, word in enumerate(lower):
        if word in _COPULA:
            copula = place
        strength = valence(word)
        if not strength:
            continue
        negated = any(before in _NEGATIONS for before in lower[max(0, place - 3) : place])
        # "a great pool", "loved the pool"; else "the pool was great"
        behind = _phrase_after(lower, place, verdict=word in _VERDICTS)
        subject = _phrase_before(lower, copula) if copula is not None else None
        phrase = behind or subject
        if phrase is not None:
            target = (tokens[phrase[0]].start(), tokens[phrase[1] - 1].end())
            yield Pair(target, tokens[place].span(), strength, negated)


def _phrase_after(lower: Sequence[str], place: int, *, verdict: bool) -> tuple[int, int] | None:
    start = place + 1
    while verdict and start < len(lower) and (lower[start] in _POINTERS or valence(lower[start])):
        start += 1
    end = start
    while end < len(lower) and end - start < 3 and _may_be_target(lower[end]):
        end += 1
    return (start, end) if end > start else None


def _phrase_before(lower: Sequence[str], copula: int) -> tuple[int, int] | None:
    start = copula
    while start and copula - start < 3 and _may_be_target(lower[start - 1]):
        start -= 1
    return (start, copula) if start < copula else None


def _may_be_target(word: str) -> bool:
    return word not in _NEVER_TARGETS and not valence(word) and not word.endswith("ly") and word not in _COPULA
