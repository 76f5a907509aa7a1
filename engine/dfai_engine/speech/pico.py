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
from dfai_engine.speech.script import Manner, Phonemes, Spoken
from dfai_engine.speech.spelling import SPELLINGS

if TYPE_CHECKING:
    import numpy as np

__all__ = ["RATE_HZ", "plain", "speak"]

RATE_HZ = 16_000
# At its own full level Pico clips loud vowels; measured over its six voices, nothing is clipped at half of it.
_LEVEL = 0.5
_PIECE_CHARS = 240
# What counts as sound, of 32,768, and the silence around it: ours, about as long as Pico's own.
_LOUD = 40
_HEAD = RATE_HZ // 50
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
_CLAUSE = re.compile(r"[,;:)]\s+")
_SPACE = re.compile(r"\s+")
# Where a pronunciation stands in a text until it is said: no text keeps such a character.
_PLACE = 0xE000


def speak(spoken: Spoken) -> Iterator[np.ndarray[Any, Any]]:
    """The samples of some words, piece by piece: int16, 16,000 a second. There are none for what no voice reads."""
    import numpy as np

    manner = spoken.manner
    sounds: list[Phonemes] = []
    text = _joined(spoken, sounds)
    cut = _sentences(text, manner.voice.language, alone=bool(manner.between_ms))
    rest = np.zeros(manner.between_ms * RATE_HZ // 1_000, np.int16)
    for number, piece in enumerate(cut):
        samples = _said(piece, manner, sounds)
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


def _joined(spoken: Spoken, sounds: list[Phonemes]) -> str:
    """All of it as one text, with a place for each pronunciation."""
    parts = []
    for part in spoken.parts:
        if isinstance(part, str):
            parts.append(_CONTROL.sub(" ", part))
        elif len(sounds) < 0x1000:
            parts.append(chr(_PLACE + len(sounds)))
            sounds.append(part)
        else:
            parts.append(part.text)
    language = spoken.manner.voice.language
    # Cut at the places, so that these stay.
    return re.sub(
        r"[^\ue000-\uf8ff]+",
        lambda found: f"{_edge(found[0], 0)}{plain(found[0], language)}{_edge(found[0], -1)}",
        "".join(parts),
    ).strip()


def _edge(text: str, at: int) -> str:
    return " " if text[at].isspace() else ""


def _sentences(text: str, language: str, *, alone: bool) -> list[str]:
    """Pieces of at most `_PIECE_CHARS`, of whole sentences where these are no longer."""
    found: list[str] = []
    for sentence in pieces(text, language):
        for piece in _clauses(sentence):
            if not piece.strip():
                continue
            if not alone and found and len(found[-1]) + len(piece) <= _PIECE_CHARS:
                found[-1] += piece
            else:
                found.append(piece)
    return found


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


def _said(piece: str, manner: Manner, sounds: list[Phonemes]) -> np.ndarray[Any, Any]:
    import numpy as np

    markup = "".join(
        _pronounced(sounds[ord(sign) - _PLACE]) if _PLACE <= ord(sign) < _PLACE + len(sounds) else sign
        for sign in piece
    )
    try:
        made = _engine().speak(
            markup,
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
        return np.concatenate([_said(part, manner, sounds) for part in (piece[:middle], piece[middle:])])
    return _between_silences(np.frombuffer(made, "<i2"), ended=piece.rstrip("\"')]} ").endswith(_ENDS))


def _between_silences(samples: np.ndarray[Any, Any], *, ended: bool) -> np.ndarray[Any, Any]:
    """*samples* with the same silence before and after each time: Pico's own differs from call to call."""
    import numpy as np

    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _LOUD)
    if not len(loud):
        return samples[:0]
    tail = (_SENTENCE_MS if ended else _WORD_MS) * RATE_HZ // 1_000
    heard = samples[max(0, int(loud[0]) - _HEAD) : int(loud[-1]) + 1 + tail]
    return np.concatenate([heard, np.zeros(max(0, tail - (len(samples) - int(loud[-1]) - 1)), np.int16)])


def _pronounced(part: Phonemes) -> str:
    sounds = part.sounds.replace('"', "&quot;")
    return f' <phoneme alphabet="xsampa" ph="{sounds}"/> '


@cache
def _engine() -> Any:
    import py_nanotts

    return py_nanotts.NanoTTS()
