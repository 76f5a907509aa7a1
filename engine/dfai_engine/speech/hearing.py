"""A sound heard from end to end: where somebody speaks, cut at silences, piece by piece, and put together again.

What waits for the recogniser is written as steps that yield pieces and are sent what was said in them; :func:`heard`
and :func:`heard_soon` drive them, in a thread or on the event loop. A long sound asks for a batch at a time, so that
short ones need not wait for its end.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from dfai_engine.speech import pauses, phrases, whisper
from dfai_engine.speech.pauses import Span
from dfai_engine.speech.phrases import Phrase
from dfai_engine.speech.samples import RATE_HZ, Sound, peak
from dfai_engine.speech.whisper import BATCH, Piece, Said, Task
from dfai_engine.speech.words import Word

__all__ = ["Heard", "Steps", "Wanted", "heard", "heard_soon", "listen"]

MOST_PIECE_S = 28.0  # and the silence around it
WIDEST_GAP_S = 1.5
# Speech of this length in which no word falls was passed over.
MISSED_S = 0.8
# A piece that stands alone with its language is believed only when the recogniser is this sure, or it is this long.
SURE = 0.8


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to hear. One language is taken as given, several are those to choose from, none leaves it open."""

    languages: tuple[str, ...] = ()
    task: Task = "transcribe"
    hints: str = ""
    single: bool = False  # all of it is in one language, whichever it is


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a sound: phrases in the order of their beginnings."""

    phrases: tuple[Phrase, ...]
    seconds: float
    speech_s: float  # of all channels
    loudest: float  # in [0, 1]

    def text(self, channel: int | None = None) -> str:
        """All that was said, or all on one channel."""
        return " ".join(phrase.text for phrase in self.phrases if channel is None or phrase.channel == channel)


Steps = Generator[list[Piece], list[Said], Heard]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a piece stands."""

    channel: int | None
    start_s: float
    piece: Piece
    spans: tuple[Span, ...]  # of speech, counted from its own beginning


def listen(sound: Sound, wanted: Wanted) -> Steps:
    """Steps to what is said in *sound*. To begin them computes; drive them in a thread."""
    places: list[_Place] = []
    speech = 0
    numbers: Sequence[int | None] = sound.channels or (None,)
    for number, samples in zip(numbers, sound.samples, strict=True):
        likely = pauses.probabilities(samples)
        found = pauses.spans(likely, len(samples))
        speech += sum(span.length for span in found)
        cuts = pauses.cut(found, likely, most=int(MOST_PIECE_S * RATE_HZ), widest_gap=int(WIDEST_GAP_S * RATE_HZ))
        for cut in cuts:
            piece = Piece(samples[cut.start : cut.end], wanted.languages, wanted.task, wanted.hints)
            places.append(_Place(number, cut.start / RATE_HZ, piece, _within(found, cut)))
    said: list[Said] = []
    for begin in range(0, len(places), BATCH):
        said += yield [place.piece for place in places[begin : begin + BATCH]]
    if len(wanted.languages) != 1 and len(places) > 1:
        said = yield from _one_language(places, said, sure=2.0 if wanted.single else SURE)
    passed_over = [part for place, each in zip(places, said, strict=True) for part in _missed(place, each)]
    for begin in range(0, len(passed_over), BATCH):
        said += yield [place.piece for place in passed_over[begin : begin + BATCH]]
    places += passed_over
    together = [phrase for place, each in zip(places, said, strict=True) for phrase in _phrases(place, each)]
    together.sort(key=lambda phrase: phrase.start_s)
    return Heard(tuple(together), sound.seconds, speech / RATE_HZ, peak(sound.samples))


def _within(found: Sequence[Span], cut: Span) -> tuple[Span, ...]:
    """The speech in a piece."""
    clipped = (Span(max(span.start, cut.start) - cut.start, min(span.end, cut.end) - cut.start) for span in found)
    return tuple(span for span in clipped if span.length > 0)


def _missed(place: _Place, said: Said) -> list[_Place]:
    """What the recogniser passed over in a piece: it sometimes hears one of two sentences with a pause between them."""
    if not said.words:
        return []
    return [
        _Place(
            place.channel,
            place.start_s + span.start / RATE_HZ,
            dataclasses.replace(place.piece, samples=place.piece.samples[span.start : span.end]),
            (Span(0, span.length),),
        )
        for span in place.spans
        if span.length >= MISSED_S * RATE_HZ
        and not any(
            word.end_s * RATE_HZ > span.start + pauses.PAD and word.start_s * RATE_HZ < span.end - pauses.PAD
            for word in said.words
        )
    ]


def _one_language(
    places: Sequence[_Place], said: list[Said], *, sure: float
) -> Generator[list[Piece], list[Said], list[Said]]:
    """Hear the pieces whose language is less than *sure* again, in the one that most of the sound is in."""
    weights: dict[str, float] = {}
    for place, each in zip(places, said, strict=True):
        weights[each.language] = weights.get(each.language, 0.0) + len(place.piece.samples) * each.language_probability
    main = max(weights, key=lambda name: weights[name])
    again = [n for n, each in enumerate(said) if each.language != main and each.language_probability < sure]
    for begin in range(0, len(again), BATCH):
        some = again[begin : begin + BATCH]
        better = yield [dataclasses.replace(places[n].piece, languages=(main,)) for n in some]
        for number, each in zip(some, better, strict=True):
            said[number] = each
    return said


def _phrases(place: _Place, said: Said) -> list[Phrase]:
    shifted = [
        Word(word.text, word.start_s + place.start_s, word.end_s + place.start_s, word.probability)
        for word in said.words
    ]
    return [Phrase(words, said.language, said.language_probability, place.channel) for words in phrases.parted(shifted)]


def heard(sound: Sound, wanted: Wanted) -> Heard:
    """What is said in *sound*; waits in this thread.

    Raises
    ------
    ModelMissing
        The weights are not on this machine.
    """
    steps = listen(sound, wanted)
    try:
        pieces = next(steps)
        while True:
            pieces = steps.send([future.result() for future in whisper.turns.submit(pieces)])
    except StopIteration as end:
        result: Heard = end.value
        return result


async def heard_soon(steps: Steps, pieces: list[Piece]) -> Heard:
    """The end of some steps that have yielded their first *pieces*; waits on the event loop."""
    try:
        while True:
            waiting: list[Future[Said]] = whisper.turns.submit(pieces)
            pieces = steps.send(list(await asyncio.gather(*map(asyncio.wrap_future, waiting))))
    except StopIteration as end:
        result: Heard = end.value
        return result
