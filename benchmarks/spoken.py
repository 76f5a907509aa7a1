"""What is said and heard in benchmarks of speech: our own sentences, Pico's voices, and how words are compared."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.edits import edits

__all__ = ["LOCALES", "said", "sentences", "word_errors", "words"]

LOCALES = ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT")
"""Pico's voices."""

_SENTENCES = Path(__file__).resolve().parent / "data" / "spoken.tsv"
_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)


def sentences(most: int | None = None) -> list[Mapping[str, str]]:
    """Sentences, each in five languages by their codes."""
    with _SENTENCES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))[:most]


def said(text: str, locale: str) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Samples of 16 bits at 16 kHz."""
    return np.frombuffer(_pico().speak(text, voice=locale), "<i2")


@functools.cache
def _pico() -> Any:
    from py_nanotts import NanoTTS

    return NanoTTS()


def words(text: str) -> list[str]:
    """The words, whatever their case, punctuation and, in English, form of number.

    >>> words("Ill-disposed: 4 of clubs.")
    ['ill', 'disposed', 'four', 'of', 'clubs']
    """
    found = re.sub(r"[^\w\s]", " ", text.lower()).split()
    return [_NUMBERS[int(word)] if word.isdecimal() and int(word) < len(_NUMBERS) else word for word in found]


def word_errors(wanted: str, found: str) -> int:
    """The fewest words to add, drop or change.

    >>> word_errors("four queen of clubs", "4, Queen of gloves!")
    1
    """
    return edits(words(wanted), words(found))
