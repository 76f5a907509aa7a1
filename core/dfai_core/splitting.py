"""Cuts a text that is longer than a service takes, where it hurts least, and loses nothing."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["split"]

# A sentence ends with its mark and the white space behind it; marks of Chinese and Japanese need no space.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？]+[”’」』）]*\s*|\n+")
_SPACE = re.compile(r"\s+")
_ZWJ = "\u200d"
# Sentences shorter than this share of the limit are not worth a request of their own.
_LEAST_FILL = 0.5


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
    window = text[start : start + limit]
    least = int(limit * _LEAST_FILL)
    for pattern in (_SENTENCE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(window) if match.end() >= least]
        if ends:
            return start + ends[-1]
    end = start + limit
    while end - start > max(1, limit - 64) and _joined(text, end):
        end -= 1
    return end if not _joined(text, end) else start + limit


def _joined(text: str, place: int) -> bool:
    """Whether the code points around *place* belong to one character as people see it."""
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if _ZWJ in (before, after) or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    return "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
