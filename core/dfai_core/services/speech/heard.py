"""What was heard in a sound, whatever protocol said it: its segments and words, and all as an answer's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Failure, Values

__all__ = ["INCLUDES", "SEGMENT", "Heard", "joined", "main_language", "segment", "values", "word"]

SEGMENT = pa.struct(
    [
        ("text", pa.string()),
        ("start_s", pa.float64()),
        ("duration_s", pa.float64()),
        ("language", pa.string()),
        ("confidence", pa.float64()),
        ("speaker", pa.int64()),
        ("channel", pa.int64()),
    ]
)
WORD = pa.struct(
    [("text", pa.string()), ("start_s", pa.float64()), ("duration_s", pa.float64()), ("confidence", pa.float64())]
)
ALTERNATIVE = pa.struct([("segment", pa.int64()), ("text", pa.string()), ("confidence", pa.float64())])
INCLUDES = {
    "words": Column("_words", pa.list_(WORD), "Each word: text, start_s, duration_s, and its confidence where known."),
    "segments": Column(
        "_segments",
        pa.list_(SEGMENT),
        "Each utterance: text, start_s, duration_s, language, confidence, speaker and channel where known.",
    ),
    "nbest": Column(
        "_nbest",
        pa.list_(ALTERNATIVE),
        "What each segment (by its place, from 0) may be, the best first: segment, text, confidence.",
    ),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound, or a piece of one. Times are in seconds from its beginning."""

    text: str
    duration_s: float | None
    segments: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    nbest: list[dict[str, Any]] = field(default_factory=list)


def segment(text: str, start_s: float, duration_s: float, **known: Any) -> dict[str, Any]:
    """An utterance; what is not *known* of it is null."""
    nothing = {"language": None, "confidence": None, "speaker": None, "channel": None}
    return {"text": text, "start_s": start_s, "duration_s": duration_s, **nothing, **known}


def word(text: str, start_s: float, duration_s: float, confidence: float | None = None) -> dict[str, Any]:
    """A word."""
    return {"text": text, "start_s": start_s, "duration_s": duration_s, "confidence": confidence}


def joined(pieces: Sequence[Heard], starts_s: Sequence[float], duration_s: float) -> Heard:
    """One sound out of its pieces, which begin at *starts_s*; a piece in which nothing was heard adds nothing."""

    def later(held: Mapping[str, Any], start_s: float) -> dict[str, Any]:
        return {**held, "start_s": round(held["start_s"] + start_s, 7)}

    segments: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    nbest: list[dict[str, Any]] = []
    for piece, start_s in zip(pieces, starts_s, strict=True):
        nbest += [{**one, "segment": one["segment"] + len(segments)} for one in piece.nbest]
        segments += [later(one, start_s) for one in piece.segments]
        words += [later(one, start_s) for one in piece.words]
    text = " ".join(piece.text.strip() for piece in pieces if piece.text.strip())
    return Heard(text, duration_s, segments, words, nbest)


def main_language(segments: Sequence[Mapping[str, Any]]) -> str | None:
    """The language that is spoken longest."""
    spoken: dict[str, float] = {}
    for one in segments:
        if one["language"]:
            spoken[one["language"]] = spoken.get(one["language"], 0.0) + one["duration_s"]
    return max(spoken, key=spoken.__getitem__, default=None)


def _confidence(segments: Sequence[Mapping[str, Any]]) -> float | None:
    """The mean over all segments that have one, each as long as it is."""
    known = [(one["confidence"], max(one["duration_s"], 1e-3)) for one in segments if one["confidence"] is not None]
    total_s = sum(length_s for _, length_s in known)
    return sum(confidence * length_s for confidence, length_s in known) / total_s if known else None


def values(heard: Heard, include: Sequence[str]) -> Values | Failure:
    """A transcription's columns; where nothing was said, that."""
    if not heard.text.strip():
        return Failure("nothing_found", "no speech was heard in it", 200)
    found: Values = (
        heard.text.strip(),
        main_language(heard.segments),
        _confidence(heard.segments),
        heard.duration_s,
    )
    held = {"words": heard.words, "segments": heard.segments, "nbest": heard.nbest}
    return (*found, *(held[name] for name in INCLUDES if name in include))
