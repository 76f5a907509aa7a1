"""Sets of words, written as running text."""

from __future__ import annotations

__all__ = ["words"]


def words(*lists: str) -> frozenset[str]:
    """The words of some texts.

    >>> sorted(words("to be or", "not to be"))
    ['be', 'not', 'or', 'to']
    """
    return frozenset(word for text in lists for word in text.split())
