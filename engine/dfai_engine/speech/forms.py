"""The forms in which the services write what was said, derived from the one that the recogniser gives.

It writes numbers and names as one reads them ("5 pencils"), so that is what ``Display`` shows. The other forms are the
same words in small letters without punctuation. No number is put back into words: ``Lexical`` has the figures too.
"""

from __future__ import annotations

__all__ = ["lexical", "unpunctuated"]

_WITHIN = "'’.,:/"  # between letters or figures these belong to a word


def lexical(text: str) -> str:
    """The words alone: small letters, no punctuation but within words and figures.

    >>> lexical(" What's the weather like, 5.2 degrees?")
    "what's the weather like 5.2 degrees"
    """
    return unpunctuated(text).lower()


def unpunctuated(text: str) -> str:
    """The words as they are written, without what stands between them."""
    kept = []
    for place, letter in enumerate(text):
        before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
        within = letter in _WITHIN and before.isalnum() and after.isalnum()
        # A comma between letters parts words; between figures it belongs to them.
        if letter in ",.:/" and within:
            within = before.isdigit() and after.isdigit()
        marks = letter in "%$€£°*<>&+" or (letter == "/" and before == "<")
        kept.append(letter if letter.isalnum() or letter.isspace() or within or marks or _combines(letter) else " ")
    return " ".join("".join(kept).split())


def _combines(letter: str) -> bool:
    """Signs that other scripts write on their letters."""
    import unicodedata

    return unicodedata.category(letter) in ("Mn", "Mc")
