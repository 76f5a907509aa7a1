"""SVOX Pico: text to samples, in pieces short enough that nothing else waits long.

Pico computes while it holds the interpreter's lock, so that one thread speaks at a time, whatever the number of
threads; each call brings up an engine of its own, which takes half a millisecond.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from dfai_engine.language.sentences import pieces
from dfai_engine.speech.script import Manner, Spoken
from dfai_engine.speech.spelling import SPELLINGS

if TYPE_CHECKING:
    import numpy as np

__all__ = ["RATE_HZ", "plain", "speak"]

RATE_HZ = 16_000
# At its own full level Pico clips loud vowels; measured over its six voices, nothing is clipped at half of it.
_LEVEL = 0.5
_PIECE_CHARS = 240
# What counts as sound, as a share of the loudest, and the silence around it: ours, about as long as Pico's own.
_LOUD = 0.015
_HEAD = RATE_HZ // 50
_FADE = RATE_HZ * 40 // 1_000
_SENTENCE_MS, _WORD_MS = 350, 60
_ENDS = (".", "!", "?", ":", ";")
# Pico gives up on words of thousands of letters; nobody pronounces one of this length either.
_LONGEST_WORD = 60
_TYPOGRAPHY = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "…": "...",
        "–": " - ",
        "—": " - ",
        "‑": "-",
        "\u2010": "-",
        "−": "-",
        "\u00ad": "",
        "\u200b": "",
        "\ufeff": "",
    }
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]+")
_LONG_WORD = re.compile(rf"(\S{{{_LONGEST_WORD}}})(?=\S)")
_AFTER_LATIN = "\u0250"
_CLAUSE = re.compile(r"[,;:)]\s+")
_SPACE = re.compile(r"\s+")


def speak(spoken: Spoken) -> Iterator[np.ndarray[Any, Any]]:
    """The samples of some words, piece by piece: int16, 16,000 a second. There are none for what no voice reads."""
    import numpy as np

    manner = spoken.manner
    language = manner.voice.language
    cut = _sentences(plain(spoken.text, language), language, alone=bool(manner.between_ms))
    rest = np.zeros(manner.between_ms * RATE_HZ // 1_000, np.int16)
    for number, piece in enumerate(cut):
        samples = _said(piece, manner)
        if not len(samples):
            continue
        if number and len(rest):
            yield rest
        yield samples if manner.volume else np.zeros_like(samples)


def plain(text: str, language: str) -> str:
    """*text* with nothing in it that Pico would take for markup of its own, which can name files.

    >>> plain("a < b & “c”…", "en")
    'a less than b and "c"...'
    """
    words = SPELLINGS[language].words
    known = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)
    for sign, word in words.items():
        known = known.replace(sign, f" {word} ")
    return _LONG_WORD.sub(r"\1 ", _SPACE.sub(" ", _CONTROL.sub(" ", known)).strip())


def _sentences(text: str, language: str, *, alone: bool) -> list[str]:
    """Pieces of at most `_PIECE_CHARS`, of whole sentences where these are no longer."""
    found: list[str] = []
    for sentence in pieces(text, language):
        for piece in _clauses(sentence):
            if not any(map(_is_read, piece)):  # or its marks would be spelt out
                continue
            if not alone and found and len(found[-1]) + len(piece) <= _PIECE_CHARS:
                found[-1] += piece
            else:
                found.append(piece)
    return found


def _is_read(sign: str) -> bool:
    """Whether voices of Western European languages read *sign*: a digit or a Latin letter."""
    return sign.isdecimal() or (sign.isalpha() and sign < _AFTER_LATIN)


def _clauses(sentence: str) -> Iterator[str]:
    start = 0
    while len(sentence) - start > _PIECE_CHARS:
        stop = start + _PIECE_CHARS
        end = stop
        for pattern in (_CLAUSE, _SPACE):
            ends = [found.end() for found in pattern.finditer(sentence, start + _PIECE_CHARS // 3, stop)]
            if ends:
                end = ends[-1]
                break
        yield sentence[start:end]
        start = end
    yield sentence[start:]


def _said(piece: str, manner: Manner) -> np.ndarray[Any, Any]:
    import numpy as np

    try:
        made = _engine().speak(
            piece,
            voice=manner.voice.locale,
            speed=None if manner.rate == 1 else manner.rate,
            pitch=None if manner.pitch == 1 else manner.pitch,
            volume=_LEVEL * (manner.volume or 1.0),
        )
    except RuntimeError:
        # Some strings of letters are too much for its text analysis: each half alone, then.
        middle = len(piece) // 2
        if not middle:
            return np.zeros(0, np.int16)
        middle = piece.rfind(" ", 1, middle) + 1 or middle
        return np.concatenate([_said(part, manner) for part in (piece[:middle], piece[middle:])])
    return _between_silences(np.frombuffer(made, "<i2"), ended=piece.rstrip("\"')]} ").endswith(_ENDS))


def _between_silences(samples: np.ndarray[Any, Any], *, ended: bool) -> np.ndarray[Any, Any]:
    """*samples* with the same silence before and after each time.

    Pico's own differs from call to call by up to 0.4 s, and has clicks in it.
    """
    import numpy as np

    level = np.abs(samples.astype(np.int32))
    loud = np.flatnonzero(level > _LOUD * level.max(initial=0))
    if not len(loud):
        return samples[:0]
    last = int(loud[-1]) + 1
    heard = samples[max(0, int(loud[0]) - _HEAD) : last + _FADE]
    tail = (_SENTENCE_MS if ended else _WORD_MS) * RATE_HZ // 1_000
    return np.concatenate([heard, np.zeros(last + tail - min(len(samples), last + _FADE), np.int16)])


@cache
def _engine() -> Any:
    import py_nanotts

    return py_nanotts.NanoTTS()
