"""A rule that finds one kind of identifier, and how it is run over a text.

A rule's shape proposes, its check digits and the words nearby dispose. The score is a grade of evidence, the same
for every rule, and not a probability:

- `SURE` 0.95: check digits or a strict syntax, and a word nearby that names the identifier
- `CHECKED` 0.85: check digits or a strict syntax alone
- `NAMED` 0.75: a shape without check digits, and a word nearby that names it
- `LIKELY` 0.6: a shape, or check digits that one number in ten passes by chance
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["CHECKED", "LIKELY", "NAMED", "SURE", "Found", "Rule", "best", "rule", "scan"]

SURE, CHECKED, NAMED, LIKELY = 0.95, 0.85, 0.75, 0.6

# A number does not begin or end inside a longer one: not after "12-" or "3.", not before "-4" or ".5".
_LEFT = r"(?<!\w)(?<!\d[-./])(?<![$€£¥+#])"
_RIGHT = r"(?!\w)(?![-./]\d)"
_SEPARATORS = re.compile(r"[\s./()\-]")
# What numbers are when they identify a thing instead of a person; said right before the number.
_OTHER_NUMBER = re.compile(
    r"\b(?:order|invoice|tracking|reference|ref|part|isbn|issn|version|ticket|serial|sku|model|batch|parcel|case|"
    r"item|flight|timestamp|build|commit|barcode|ean|upc|lot|page)\b[\s:#.]*(?:(?:no|nr|number|id|code)\b[\s:#.]*)?$"
)
_BEFORE, _AFTER = 60, 30  # characters searched for naming words


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: where, what, and how well supported."""

    start: int
    end: int
    category: str
    score: float
    subcategory: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one category looks. *alone* or *named* of 0 means that such evidence is not enough."""

    category: str
    shape: re.Pattern[str]
    valid: Callable[[str], bool]
    names: re.Pattern[str] | None
    alone: float
    named: float
    separated: bool  # *alone* counts only where the number is written in groups
    min_digits: int
    mark: str
    cut: Callable[[str], int] | None


def rule(
    category: str,
    shape: str,
    *,
    valid: Callable[[str], bool] = lambda bare: True,
    names: str = "",
    alone: float = 0.0,
    named: float = SURE,
    separated: bool = False,
    digits: int = 0,
    mark: str = "",
    flags: int = 0,
    cut: Callable[[str], int] | None = None,
) -> Rule:
    """Build a `Rule`.

    Parameters
    ----------
    shape
        Expression for the identifier itself; the guards against longer numbers are added here.
    valid
        Given the identifier without separators, whether its check digits fit.
    names
        Words, as alternatives of an expression, one of which nearby names the identifier.
    alone, named
        Score without and with such a word.
    digits, mark
        Digits that a text needs at least, and a string that it needs: other texts skip the rule unread.
    cut
        Given the bare identifier, how many of its characters belong to it.
    """
    return Rule(
        category,
        re.compile(f"{_LEFT}(?:{shape}){_RIGHT}", flags),
        valid,
        re.compile(rf"(?<![^\W_])(?:{names})(?![^\W_])") if names else None,
        alone,
        named,
        separated,
        digits,
        mark,
        cut,
    )


def scan(text: str, rules: Sequence[Rule]) -> list[Found]:
    """Every finding of *rules* in *text*, overlapping ones included."""
    digits = sum(map(str.isdigit, text))
    return [
        found
        for rule in rules
        if digits >= rule.min_digits and rule.mark in text
        for match in rule.shape.finditer(text)
        if (found := _judged(rule, text, match)) is not None
    ]


def _judged(rule: Rule, text: str, match: re.Match[str]) -> Found | None:
    start, end = match.span()
    bare = _SEPARATORS.sub("", match[0])
    if rule.cut is not None and (length := rule.cut(bare)) < len(bare):
        bare = bare[:length]
        end = _end_of(text, start, length)
        if text[end].isalnum():
            return None
    # Digits of other scripts pass \d and int(), but no identifier is printed in them.
    if not bare.isascii() or not rule.valid(bare):
        return None
    score = _score(rule, text, start, end, grouped=end - start > len(bare))
    return Found(start, end, rule.category, score) if score else None


def _end_of(text: str, start: int, characters: int) -> int:
    """Where the first so many characters, separators not counted, end."""
    end = start
    while characters:
        characters -= not _SEPARATORS.match(text[end])
        end += 1
    return end


def _score(rule: Rule, text: str, start: int, end: int, *, grouped: bool) -> float:
    before = text[max(0, start - _BEFORE) : start].lower()
    if rule.names is not None and (rule.names.search(before) or rule.names.search(text[end : end + _AFTER].lower())):
        return rule.named
    if rule.separated and not grouped:
        return 0.0
    if rule.alone <= LIKELY and _OTHER_NUMBER.search(before):
        return 0.0
    return rule.alone


def best(findings: list[Found]) -> list[Found]:
    """Keep no two that overlap: the longest wins, then the surest; in order of appearance.

    >>> found = [Found(0, 9, "A", 0.6), Found(3, 9, "B", 0.95), Found(0, 9, "C", 0.85), Found(12, 14, "D", 0.6)]
    >>> [finding.category for finding in best(found)]
    ['C', 'D']
    """
    kept: list[Found] = []  # by start
    for finding in sorted(findings, key=lambda found: (found.start - found.end, -found.score, found.start)):
        place = bisect(kept, finding.start, key=lambda found: found.start)
        free_before = place == 0 or kept[place - 1].end <= finding.start
        free_behind = place == len(kept) or finding.end <= kept[place].start
        if free_before and free_behind:
            kept.insert(place, finding)
    return kept
