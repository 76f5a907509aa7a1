"""Coarse words, masked, taken out or tagged, as the services' filters do.

The lists (``profanity.tsv``) are our own, and short: the commonest words of five languages, in the forms that are
mostly heard. They spare a reader the worst; they are no moderation of what was said.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from importlib import resources
from typing import Literal

from dfai_engine.speech.words import Word

__all__ = ["Filter", "filtered", "masked"]

# In the services' spelling. Masked keeps the first letter.
Filter = Literal["None", "Removed", "Tags", "Masked"]
LISTS = resources.files("dfai_engine.speech").joinpath("profanity.tsv")
_AROUND = " .,;:!?¡¿\"'“”«»()-…"


@functools.cache
def _coarse(language: str) -> frozenset[str]:
    rows = (row.split("\t") for row in LISTS.read_text(encoding="utf-8").splitlines())
    return frozenset(word for of, word in rows if of == language)


def masked(word: str, *, first: bool = True) -> str:
    """A word in asterisks, all of it or all but its first letter; what stands around it stays.

    >>> masked(" Heck!"), masked(" Heck!", first=False)
    (' H***!', ' ****!')
    """
    core = word.strip(_AROUND)
    place = word.index(core)
    kept = core[:1] if first else ""
    return word[:place] + kept + "*" * (len(core) - len(kept)) + word[place + len(core) :]


def filtered(words: Sequence[Word], language: str, mode: Filter, *, first: bool = True) -> tuple[Word, ...]:
    """The words with the coarse ones treated; *first*: whether a masked one keeps its first letter."""
    coarse = _coarse(language) if mode != "None" else frozenset()
    found = []
    for word in words:
        core = word.text.strip(_AROUND)
        if core.lower() not in coarse:
            found.append(word)
        elif mode == "Masked":
            found.append(dataclasses.replace(word, text=masked(word.text, first=first)))
        elif mode == "Tags":
            found.append(dataclasses.replace(word, text=word.text.replace(core, f"<profanity>{core}</profanity>", 1)))
    return tuple(found)
