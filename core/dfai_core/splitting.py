"""Cuts a text that is longer than a service takes, where it hurts least, and loses nothing."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["split"]

# A sentence ends with its mark and the white space behind it; marks of Chinese and Japanese need no space.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？]+[”’」』）]*\s*|\n+")
_SPACE = re.compile(r"\s+")
_ZWJ = "\u200d"
_VIRAMA = 9  # the combining class of signs that bind a consonant to the next
# Of a piece whose sentences all end before this share of it, too little would be used: it is cut at a space.
_LEAST_FILL = 0.5
# No character of any script is made of more code points; what is longer is noise, and may be cut anywhere.
_LONGEST_CHARACTER = 64


def split(text: str, limit: int) -> list[str]:
    """Pieces of *text* of at most *limit* code points; joined, they are the text again.

    Cuts after a sentence if there is one in the second half of a piece, else at white space, else
    anywhere but inside a character that is made of several code points.

    >>> split("One is here. Two is there. Three.", 20)
    ['One is here. ', 'Two is there. Three.']
    >>> split("abcdefgh", 3)
    ['abc', 'def', 'gh']
    """
    pieces = []
    start = 0
    while len(text) - start > limit:
        end = _cut(text, start, limit)
        pieces.append(text[start:end])
        start = end
    pieces.append(text[start:])
    return pieces


def _cut(text: str, start: int, limit: int) -> int:
    least = start + max(1, int(limit * _LEAST_FILL))
    for pattern in (_SENTENCE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, start, start + limit) if match.end() >= least]
        for end in reversed(ends):
            if not _joined(text, end, start):
                return end
    end = start + limit
    for place in range(end, max(start, end - _LONGEST_CHARACTER), -1):
        if not _joined(text, place, start):
            return place
    return end


def _joined(text: str, place: int, start: int) -> bool:
    """Whether the code points around *place*, in a piece from *start*, belong to one character as people see it."""
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo":
        return True  # a conjunct of an Indian script
    if _ZWJ in (before, after) or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if _is_between("\U0001f3fb", after, "\U0001f3ff") or _is_between("\U000e0020", after, "\U000e007f"):
        return True  # a skin tone, or the tags that name a region's flag
    if _is_vowel_or_final(after) and (_is_between("\uac00", before, "\ud7a3") or _is_jamo(before)):
        return True  # a Korean syllable spelt out in letters
    return _is_regional(after) and _regionals_before(text, place, start) % 2 == 1


def _is_between(low: str, character: str, high: str) -> bool:
    return low <= character <= high


def _is_vowel_or_final(character: str) -> bool:
    return _is_between("\u1160", character, "\u11ff") or _is_between("\ud7b0", character, "\ud7fb")


def _is_jamo(character: str) -> bool:
    return _is_between("\u1100", character, "\u115f") or _is_vowel_or_final(character)


def _is_regional(character: str) -> bool:
    return _is_between("\U0001f1e6", character, "\U0001f1ff")


def _regionals_before(text: str, place: int, start: int) -> int:
    """How many regional indicators stand right before *place*: each pair of them is one flag."""
    count = 0
    while count < place - start and _is_regional(text[place - 1 - count]):
        count += 1
    return count
