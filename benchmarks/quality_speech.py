"""What the engine hears, how well, and how fast: every figure of docs/models-speech.md.

    taskset -c 0 python -m benchmarks.quality_speech [--clips FOLDER] [--only words languages long silence speed]

The clips are WAV files with a ``transcripts.json`` beside them; without a folder, those of the tests. Sentences in five
languages (``data/spoken.tsv``, our own) are spoken by SVOX Pico on the spot.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.spoken import LOCALES, said, sentences, word_errors, words
from benchmarks.table import Table, publish
from dfai_engine.speech import hearing, sounds, whisper
from dfai_engine.speech.hearing import Wanted
from dfai_engine.speech.samples import RATE_HZ, Samples, Sound

__all__ = ["likeness", "main"]

HERE = Path(__file__).resolve().parent
MEDIA = HERE.parent / "tests" / "media"
LANGUAGES = tuple(dict.fromkeys(locale[:2] for locale in LOCALES))
PAUSES_S = ((0.05, 0.4), (0.4, 2.5))
LEAST_OF = 3


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound, and what is said in it."""

    name: str
    kind: str
    language: str
    text: str
    samples: Samples

    @property
    def sound(self) -> Sound:
        return Sound(self.samples[None, :])


def likeness(wanted: str, found: str, longest: int = 6, weight: float = 2.0) -> float:
    """How much of a translation's letters, one to six together, are those of another: chrF, from 0 to 100.

    Source: Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015).

    >>> likeness("the same", "the same"), likeness("abc", "xyz")
    (100.0, 0.0)
    """
    scores = []
    one, other = ("".join(words(text)) for text in (wanted, found))
    for size in range(1, min(longest, len(one), len(other)) + 1):
        grams = [Counter(text[at : at + size] for at in range(len(text) - size + 1)) for text in (one, other)]
        common = (grams[0] & grams[1]).total()
        recall, precision = common / grams[0].total(), common / grams[1].total()
        below = weight**2 * precision + recall
        scores.append((1 + weight**2) * precision * recall / below if below else 0.0)
    return round(100 * sum(scores) / len(scores), 1) if scores else 0.0


def clips(folder: Path) -> list[Clip]:
    """The clips of a folder."""
    told = json.loads((folder / "transcripts.json").read_text("utf-8"))
    found = []
    for name, about in told.items():
        samples = sounds.read((folder / name).read_bytes(), max_seconds=3_600).samples[0]
        kind = {"tts": "synthetic", "b": "playing cards"}.get(about["speaker"], "read aloud")
        found.append(Clip(name, kind, about["language"], about["text"], samples))
    return found


def spoken() -> list[Clip]:
    """Our own sentences, said by Pico."""
    return [
        Clip(f"{number}", locale, locale[:2], sentence[locale[:2]], said(sentence[locale[:2]], locale))
        for number, sentence in enumerate(sentences())
        for locale in LOCALES
    ]


def heard_words(folder: Path) -> Table:
    """Word errors of the clips, by kind."""
    rows: list[list[Any]] = []
    for kind in ("read aloud", "synthetic", "playing cards"):
        some = [clip for clip in clips(folder) if clip.kind == kind]
        texts = [hearing.heard(clip.sound, Wanted()).text() for clip in some]
        count = sum(len(words(clip.text)) for clip in some)
        wrong = sum(word_errors(clip.text, text) for clip, text in zip(some, texts, strict=True))
        seconds = sum(clip.sound.seconds for clip in some)
        rows.append([kind, len(some), round(seconds, 1), count, wrong, f"{100 * wrong / max(count, 1):.1f} %"])
    return Table("Words wrong, language not told", ["clips", "clips", "seconds", "words", "wrong", "WER"], rows)


def languages() -> Table:
    """Words wrong and translations' likeness, by language; also which language was found."""
    every = spoken()
    english = {clip.name: clip.text for clip in every if clip.language == "en"}
    rows: list[list[Any]] = []
    for language in LANGUAGES:
        some = [clip for clip in every if clip.language == language]
        heard = [hearing.heard(clip.sound, Wanted()) for clip in some]
        found = sum(result.phrases[0].language == language for result in heard if result.phrases)
        count = sum(len(words(clip.text)) for clip in some)
        wrong = sum(word_errors(clip.text, result.text()) for clip, result in zip(some, heard, strict=True))
        like = None
        if language != "en":
            made = [hearing.heard(clip.sound, Wanted((language,), "translate")).text() for clip in some]
            each = [likeness(english[clip.name], text) for clip, text in zip(some, made, strict=True)]
            like = round(sum(each) / len(each), 1)
        rows.append(
            [language, len(some), f"{found} of {len(some)}", count, wrong, f"{100 * wrong / count:.1f} %", like]
        )
    head = ["language", "sentences", "language found", "words", "wrong", "WER", "chrF into English"]
    return Table("Languages, spoken by Pico", head, rows)


def long() -> Table:
    """Words wrong in minutes of speech, with short and with long pauses."""
    rows: list[list[Any]] = []
    for shortest, longest in PAUSES_S:
        for language in LANGUAGES:
            draw = np.random.default_rng(len(rows))
            some = [clip for clip in spoken() if clip.language == language]
            parts = [part for clip in some for part in (clip.samples, _pause(draw.uniform(shortest, longest)))]
            sound = Sound(np.concatenate(parts)[None, :])
            wanted = " ".join(clip.text for clip in some)
            began = time.process_time()
            text = hearing.heard(sound, Wanted((language,))).text()
            took = time.process_time() - began
            count, wrong = len(words(wanted)), word_errors(wanted, text)
            rows.append(
                [f"{language}, pauses of {shortest:g} to {longest:g} s", round(sound.seconds), count, wrong,
                 f"{100 * wrong / count:.1f} %", round(sound.seconds / took, 1)]
            )  # fmt: skip
    return Table("Long speech", ["speech", "seconds", "words", "wrong", "WER", "times real time"], rows)


def _pause(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.int16)


def silence() -> Table:
    """Words heard where nobody speaks."""
    draw = np.random.default_rng(0)
    time_s = np.arange(30 * RATE_HZ) / RATE_HZ
    made: Mapping[str, Any] = {
        "silence": np.zeros(len(time_s)),
        "white noise, loud": draw.normal(0, 3_000, len(time_s)),
        "white noise, faint": draw.normal(0, 30, len(time_s)),
        "brown noise": np.cumsum(draw.normal(0, 40, len(time_s))),
        "a tone of 440 Hz": 12_000 * np.sin(2 * np.pi * 440 * time_s),
        "a chord, swelling": 4_000 * sum(np.sin(2 * np.pi * f * time_s) for f in (220, 277, 330)) * np.sin(time_s),
        "clicks": np.where(np.arange(len(time_s)) % 8_000 < 20, 20_000, 0),
    }
    rows = []
    for name, samples in made.items():
        sound = Sound(np.clip(samples, -32_768, 32_767).astype(np.int16)[None, :])
        result = hearing.heard(sound, Wanted())
        rows.append([name, round(result.speech_s, 1), len(result.text().split())])
    return Table("Where nobody speaks: 30 seconds each", ["sound", "seconds taken for speech", "words"], rows)


def speed(folder: Path) -> Table:
    """How many times faster than real time, on the cores that this process may use."""
    every = [clip.samples for clip in clips(folder) if clip.kind == "read aloud"]
    half_minute = np.concatenate(every * 4)[: 30 * RATE_HZ]
    short = every[0]
    hour = np.concatenate([half_minute] * 20)
    began = time.perf_counter()
    whisper.model()
    loaded = time.perf_counter() - began
    kinds: Mapping[str, Callable[[], float]] = {
        "a clip of 30 s": lambda: _hear([half_minute]),
        "8 clips of 30 s at once": lambda: _hear([half_minute] * 8),
        f"a clip of {len(short) / RATE_HZ:.0f} s": lambda: _hear([short]),
        f"8 clips of {len(short) / RATE_HZ:.0f} s at once": lambda: _hear([short] * 8),
        "10 minutes in one": lambda: _hear([hour]),
        "a clip of 30 s, translated": lambda: _hear([half_minute], "translate"),
    }
    rows: list[list[Any]] = []
    for name, work in kinds.items():
        runs = []
        for _ in range(1 if "minutes" in name else LEAST_OF):
            began = time.perf_counter()
            seconds = work()
            runs.append((time.perf_counter() - began, seconds))
        took, seconds = min(runs)
        rows.append([name, round(took, 2), round(seconds / took, 1)])
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    note = f"The model loads in {loaded:.1f} s. The process held {held:,.0f} MB at most."
    return Table("Speed", ["what", "least seconds", "times real time"], rows, note)


def _hear(many: Sequence[Samples], task: whisper.Task = "transcribe") -> float:
    """Hear some sounds at the same time, as concurrent requests do; how long they are together."""
    from concurrent.futures import ThreadPoolExecutor

    wanted = Wanted(("en",), task)
    with ThreadPoolExecutor(len(many)) as pool:
        for result in pool.map(lambda samples: hearing.heard(Sound(samples[None, :]), wanted), many):
            assert result.phrases
    return sum(map(len, many)) / RATE_HZ


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=MEDIA)
    parser.add_argument("--only", nargs="*", default=["words", "languages", "long", "silence", "speed"])
    asked = parser.parse_args()
    parts: Mapping[str, Callable[[], Table]] = {
        "words": lambda: heard_words(asked.clips),
        "languages": languages,
        "long": long,
        "silence": silence,
        "speed": lambda: speed(asked.clips),
    }
    tables = {name: parts[name]() for name in asked.only}
    publish("quality_speech", list(tables.values()), {name: table.rows for name, table in tables.items()})


if __name__ == "__main__":
    main()
