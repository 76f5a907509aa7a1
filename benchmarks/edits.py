"""How many changes lie between what is there and what was found: of letters, or of words."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["edits"]


def edits(wanted: Sequence[object], found: Sequence[object]) -> int:
    """The fewest parts to add, drop or change.

    >>> edits("0mg", "Omg"), edits("", "ab"), edits("the old clock".split(), "an old clock stopped".split())
    (1, 2, 2)
    """
    row = list(range(len(found) + 1))
    for place, part in enumerate(wanted, 1):
        above, row = row, [place]
        for other, each in enumerate(found, 1):
            row.append(min(above[other] + 1, row[-1] + 1, above[other - 1] + (part != each)))
    return row[-1]
