"""The recogniser: Whisper base, by faster-whisper on CTranslate2. One model a process, which hears pieces in batches.

A piece is at most 30 seconds of speech. The model is made for windows of 30 seconds; shorter ones are given shorter
windows, which costs less and errs as rarely (docs/models-speech.md). Text comes without timestamps; where its words are
is then told by the attention of the decoder.
Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), MIT.
"""

from __future__ import annotations

import dataclasses
import math
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dfai_engine import weights
from dfai_engine.cores import usable_cores
from dfai_engine.speech import doubts
from dfai_engine.speech.hearing_weights import MODELS
from dfai_engine.speech.samples import FULL_SCALE, RATE_HZ, Samples
from dfai_engine.speech.turns import Turns
from dfai_engine.speech.words import Word

__all__ = ["MOST_S", "VERSION", "Piece", "Said", "Task", "model", "turns"]

VERSION = "2026-11-26-whisper-base"
MOST_S = 30.0
BEAM = 5
BATCH = 4  # more at a time were no faster, and take memory
FRAMES_PER_S = 100
LEAST_WINDOW_S = 10
AFTER_S = 1.0  # of silence in a window after the speech
MOST_HINT_TOKENS = 120
LONG_WORD_S = 1.0
MEDIAN = 7  # frames of the filter over the attention, as the authors have it

Task = Literal["transcribe", "translate"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to hear: samples of one channel, what is known of them, what is wanted.

    One language is taken as given, several are those to choose from, none leaves it open.
    """

    samples: Samples
    languages: tuple[str, ...] = ()
    task: Task = "transcribe"
    hints: str = ""  # words that may well occur

    @property
    def window_s(self) -> int:
        """The window to hear it in, in seconds."""
        needed = math.ceil(len(self.samples) / RATE_HZ + AFTER_S)
        return int(min(MOST_S, max(LEAST_WINDOW_S, needed)))


@dataclass(frozen=True, slots=True)
class Said:
    """What was heard in a piece."""

    words: tuple[Word, ...]
    language: str
    language_probability: float

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(word.text for word in self.words).strip()


class Model:
    """The loaded weights."""

    def __init__(self) -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        folder = weights.folder(MODELS[0])
        # A batch a core rather than all cores for a batch: threads that wait for each other at every step stand still
        # on a machine that is busy with other things.
        self._loaded: Any = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=usable_cores(),
            local_files_only=True,  # nothing is ever looked up: the files are here or the call fails
        )
        self._tokenizer_of = Tokenizer
        self._suppressed = list(get_suppressed_tokens(self._tokenizer("en", "transcribe"), [-1]))

    def _tokenizer(self, language: str, task: Task) -> Any:
        return self._tokenizer_of(self._loaded.hf_tokenizer, True, task=task, language=language)

    def hear(self, pieces: Sequence[Piece]) -> list[Said]:
        """What is said in each piece; they must share their hints."""
        encoded = self._encoded(pieces)
        languages = self._languages(pieces, encoded)
        tokenizers = [
            self._tokenizer(language, piece.task) for piece, (language, _) in zip(pieces, languages, strict=True)
        ]
        texts = self._texts(pieces, encoded, tokenizers)
        words = self._words(pieces, encoded, tokenizers, texts)
        return [
            Said(_without_rounds(found, len(piece.samples) / RATE_HZ), *language)
            for piece, found, language in zip(pieces, words, languages, strict=True)
        ]

    def _encoded(self, pieces: Sequence[Piece]) -> Any:
        frames = max(piece.window_s for piece in pieces) * FRAMES_PER_S
        features = np.zeros((len(pieces), self._loaded.model.n_mels, frames), np.float32)
        for number, piece in enumerate(pieces):
            found = self._loaded.feature_extractor(piece.samples.astype(np.float32) / FULL_SCALE)[:, :frames]
            features[number, :, : found.shape[1]] = found
        # One by one: a batch is no faster here, and its attention would take 70 MB a piece.
        encoded = [np.array(self._loaded.encode(features[number : number + 1])) for number in range(len(pieces))]
        return _storage(np.concatenate(encoded))

    def _languages(self, pieces: Sequence[Piece], encoded: Any) -> list[tuple[str, float]]:
        """The language of each piece, and how sure that is."""
        if all(len(piece.languages) == 1 for piece in pieces):
            return [(piece.languages[0], 1.0) for piece in pieces]
        return [
            _likeliest(piece.languages, {name[2:-2]: share for name, share in heard})
            for piece, heard in zip(pieces, self._loaded.model.detect_language(encoded), strict=True)
        ]

    def _texts(self, pieces: Sequence[Piece], encoded: Any, tokenizers: Sequence[Any]) -> list[list[int]]:
        """The tokens of each piece; none where nothing was said."""
        before = self._hint_tokens(pieces[0].hints, tokenizers[0])
        prompts = [[*before, *one.sot_sequence, one.no_timestamps] for one in tokenizers]
        texts: list[list[int]] = []
        for piece, result, one in zip(pieces, self._generated(encoded, prompts), tokenizers, strict=True):
            tokens = [token for token in result.sequences_ids[0] if token < one.eot]
            if doubts.nothing_said(result.no_speech_prob, result.scores[0]):
                tokens = []
            elif doubts.too_fast(one.decode(tokens), len(piece.samples) / RATE_HZ):
                tokens = self._again(encoded, len(texts), prompts[len(texts)], one, tokens)
            texts.append(tokens)
        return texts

    def _again(self, encoded: Any, number: int, prompt: list[int], tokenizer: Any, first: list[int]) -> list[int]:
        """A second try, that may not repeat itself, for a piece whose text goes round in circles."""
        alone = _storage(np.array(encoded)[number : number + 1])
        (result,) = self._generated(alone, [prompt], no_repeat_ngram_size=4)
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        if doubts.nothing_said(result.no_speech_prob, result.scores[0]):
            return []
        # What could not repeat itself may ramble on instead.
        return tokens if len(tokens) < len(first) else first

    def _generated(self, encoded: Any, prompts: list[list[int]], **more: Any) -> Any:
        return self._loaded.model.generate(
            encoded,
            prompts,
            beam_size=BEAM,
            max_length=self._loaded.max_length,
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
            **more,
        )

    def _hint_tokens(self, hints: str, tokenizer: Any) -> list[int]:
        if not hints:
            return []
        return [tokenizer.sot_prev, *tokenizer.encode(f" {hints.strip()}")[-MOST_HINT_TOKENS:]]

    def _words(
        self, pieces: Sequence[Piece], encoded: Any, tokenizers: Sequence[Any], texts: Sequence[list[int]]
    ) -> list[list[Word]]:
        """The words of each text, with their places."""
        from faster_whisper.transcribe import merge_punctuations

        found: list[list[Word]] = [[] for _ in pieces]
        groups: dict[tuple[int, int], list[int]] = {}
        for number, (one, tokens) in enumerate(zip(tokenizers, texts, strict=True)):
            if tokens:
                groups.setdefault((one.language, one.task), []).append(number)
        rows = np.array(encoded) if len(groups) > 1 or sum(map(len, groups.values())) < len(pieces) else None
        for numbers in groups.values():
            part = encoded if rows is None else _storage(rows[numbers])
            tokenizer = tokenizers[numbers[0]]
            frames = [min(len(pieces[n].samples) // (RATE_HZ // FRAMES_PER_S) + 50, 3_000) for n in numbers]
            aligned = self._loaded.find_alignment(tokenizer, [texts[n] for n in numbers], part, frames, MEDIAN)
            for number, words in zip(numbers, aligned, strict=True):
                merge_punctuations(words, "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")
                found[number] = _whole(words, len(pieces[number].samples) / RATE_HZ)
        return found


def _whole(parts: Sequence[Mapping[str, Any]], end_s: float) -> list[Word]:
    """Words of their parts: "ill" and "-disposed" are one, as no space stands between them.

    In scripts without spaces each part is a word, and begins with none either: only hyphens and apostrophes join.
    """
    found: list[Word] = []
    for part in parts:
        text = part["word"]
        if not text.strip():
            continue
        start_s, last_s = (min(float(part[name]), end_s) for name in ("start", "end"))
        word = Word(text, start_s, last_s, float(part["probability"]))
        if found and text[0] in "-'’" and len(text) > 1:
            before = found.pop()
            both = math.sqrt(before.probability * word.probability)
            word = Word(before.text + text, before.start_s, last_s, both)
        found.append(word)
    return _shortened(found)


def _shortened(words: Sequence[Word]) -> list[Word]:
    """Words without the silence that attention gives to the first after a pause; where it ends is right."""
    if not words:
        return []
    usual_s = sorted(word.end_s - word.start_s for word in words)[len(words) // 2]
    most_s = max(LONG_WORD_S, 3 * usual_s)
    return [
        dataclasses.replace(word, start_s=word.end_s - most_s) if word.end_s - word.start_s > most_s else word
        for word in words
    ]


def _storage(rows: Any) -> Any:
    from ctranslate2 import StorageView

    return StorageView.from_array(np.ascontiguousarray(rows))


def _likeliest(candidates: Sequence[str], heard: dict[str, float]) -> tuple[str, float]:
    """The language, and its share among those to choose from.

    >>> _likeliest(("de", "en"), {"nl": 0.5, "de": 0.375, "en": 0.125})
    ('de', 0.75)
    """
    if len(candidates) == 1:
        return candidates[0], 1.0
    shares = {name: heard.get(name, 0.0) for name in candidates} if candidates else heard
    best = max(shares, key=lambda name: shares[name])
    return best, shares[best] / (sum(shares.values()) or 1.0)


def _without_rounds(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    """The words without those that only a model that goes round in circles says."""
    while doubts.too_fast("".join(word.text for word in words), seconds):
        circle = doubts.goes_round([word.text for word in words])
        if circle is None:
            break
        words = [*words[: circle[0]], *words[circle[1] :]]
    return tuple(words)


_LOCK = threading.Lock()
_LOADED: list[Model] = []
_LEFT: list[Model] = []  # of a parent process: its threads are gone, and to free it would wait for them


def model() -> Model:
    """The process's model, loaded when first asked for.

    Raises
    ------
    ModelMissing
        The weights are not on this machine.
    """
    with _LOCK:
        if not _LOADED:
            _LOADED.append(Model())
        return _LOADED[0]


turns: Turns[Piece, Said] = Turns(
    lambda pieces: model().hear(pieces),
    alike=lambda piece: piece.hints,
    size=lambda piece: piece.window_s,
    most=BATCH,
    threads=usable_cores(),
)


def _forget_after_fork() -> None:
    global _LOCK
    _LOCK = threading.Lock()
    _LEFT.extend(_LOADED)
    _LOADED.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
