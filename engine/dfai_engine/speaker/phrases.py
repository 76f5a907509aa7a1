"""The phrases that text-dependent profiles are enrolled and verified with, and what counts as having said one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher

__all__ = ["ACTIVATION", "PASS_PHRASES", "matching"]

# The first two are the contract's examples (Verification.json of 2021-09-05, "TextDependent_ListPhrases").
PASS_PHRASES: Mapping[str, tuple[str, ...]] = {
    "en-us": (
        "my voice is my passport verify me",
        "my voice is stronger than passwords",
        "the door opens when it hears me speak",
        "no key but the sound of my own words",
    ),
}
# Source: the same, "TextIndependent_ListActivationPhrases". Nobody has to say it here: see docs/speakers.md.
ACTIVATION: Mapping[str, tuple[str, ...]] = {"en-us": ("this is my activation phrase to identify me",)}
# Recognition hears a word in seven otherwise at times; another phrase shares few words.
LEAST_ALIKE = 0.8


def matching(said: str, among: tuple[str, ...]) -> str | None:
    """The phrase that was *said*, None where it is none of these.

    >>> matching("My voice is my passport, verify me.", PASS_PHRASES["en-us"])
    'my voice is my passport verify me'
    >>> matching("My dog is my passport to the park.", PASS_PHRASES["en-us"]) is None
    True
    """
    heard = _words(said)
    best = max(among, key=lambda phrase: _alike(heard, _words(phrase)))
    return best if _alike(heard, _words(best)) >= LEAST_ALIKE else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold().replace("'", ""))


def _alike(heard: list[str], phrase: list[str]) -> float:
    return SequenceMatcher(None, heard, phrase, autojunk=False).ratio()
