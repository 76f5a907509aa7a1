"""Texts as the index has them: what makes a word, where one ends, and what is between the items of a list.

Words are those of Unicode's letters and digits in lower case, accents kept, as the service's standard analyzer has
them; scripts without blanks between words are taken character by character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["BREAK", "TOKENIZER", "has_words", "indexed", "phrase", "readable"]

TOKENIZER = "unicode61 remove_diacritics 0"
# A word of its own (a letter for private use) that no text has: no phrase goes on from one item to the next.
BREAK = " \uf8ff "
# A character without width, which the tokenizer takes for a blank and a reader does not see.
_SEAM = "\u200b"
# Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def indexed(texts: Sequence[str]) -> str:
    """*texts* of one field as they are put into the index.

    >>> indexed(["a b", "c"]) == "a b" + BREAK + "c"
    True
    """
    return BREAK.join(_seamed(text.replace("\uf8ff", " ")) for text in texts)


def readable(text: str) -> str:
    """The same, for people."""
    return text.replace(_SEAM, "").replace(BREAK, " ").strip()


def has_words(text: str) -> bool:
    """Whether anything of *text* can be found."""
    return any(character.isalnum() for character in text)


def phrase(text: str, *, prefix: bool = False) -> str:
    """*text* as SQLite's full-text index is asked for it: its words one after the other.

    >>> print(phrase('say "x"', prefix=True))
    "say \"\"x\"\""*
    """
    return '"' + _seamed(text).replace('"', '""') + '"' + ("*" if prefix else "")


def _seamed(text: str) -> str:
    return text if text.isascii() else _UNSPACED.sub(lambda found: f"{_SEAM}{found[0]}{_SEAM}", text)
