"""How well the engine's voices are understood by its own ears, text to speech to text, and how fast they speak.

    python -m benchmarks.quality_round_trip [--sentences 2] [--show]
    taskset -c 0 python -m benchmarks.quality_round_trip --speed

Fifty sentences of our own (``data/spoken.tsv``), ten a language, each said by the voice of its language (English by
two) and heard by Whisper base, which is told the language. Errors are of both together. Words are compared without case
and punctuation. Every figure in ``docs/models-voices.md`` comes from here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd

import dfai
from benchmarks.spoken import LOCALES, sentences, word_errors, words
from benchmarks.table import Table

__all__ = ["main", "said_and_heard", "speed", "spoken", "table"]


def spoken(most: int | None = None) -> pd.DataFrame:
    """Each sentence with the locale in which it is said."""
    rows = [(locale, sentence[locale[:2]]) for locale in LOCALES for sentence in sentences(most)]
    return pd.DataFrame(rows, columns=["language", "text"])


def said_and_heard(said: pd.DataFrame) -> pd.DataFrame:
    """The sentences, their sounds, what was heard in them, and how many of how many words are wrong."""
    heard = said.ai.synthesize_speech("text", language=dfai.col("language"), rate_hz=16_000, progress="off")
    heard = heard.ai.transcribe("audio", language=dfai.col("language"), progress="off")
    pairs = zip(heard["text"], heard["transcript"].fillna(""), strict=True)
    return heard.assign(
        words=[len(words(text)) for text in heard["text"]], wrong=[word_errors(*pair) for pair in pairs]
    )


def table(heard: pd.DataFrame) -> Table:
    """Errors by voice."""
    rows_made = []
    groups = [*heard.groupby("language", sort=False), ("all", heard)]
    for locale, rows in groups:
        count, wrong = int(rows["words"].sum()), int(rows["wrong"].sum())
        exact = int((rows["wrong"] == 0).sum())
        rows_made.append((locale, len(rows), exact, count, wrong, f"{100 * wrong / count:.1f} %"))
    head = ("voice", "sentences", "exact", "words", "wrong", "WER")
    return Table("Said by Pico, heard by Whisper base", head, rows_made)


def speed(rounds: int = 3) -> Table:
    """How many times faster than it is heard each voice speaks, the least of the CPU times of some rounds."""
    from dfai_engine.speech.formats import FORMATS, encoded
    from dfai_engine.speech.script import Manner, Script, Spoken
    from dfai_engine.speech.speaking import samples_of
    from dfai_engine.speech.voices import VOICES

    texts = spoken()
    made = []
    for voice in VOICES:
        text = " ".join(texts.loc[texts["language"] == voice.locale, "text"])
        script = Script((Spoken(text, Manner(voice)),), len(text))
        samples = samples_of(script, 600.0)
        heard_s = len(samples) / 16_000
        least_s = min(_cpu_s(partial(samples_of, script, 600.0)) for _ in range(rounds))
        figures = [round(heard_s / least_s)]
        for name in ("riff-24khz-16bit-mono-pcm", "audio-24khz-96kbitrate-mono-mp3", "ogg-24khz-16bit-mono-opus"):
            form = FORMATS[name]
            more_s = min(_cpu_s(partial(encoded, samples, form)) for _ in range(rounds))
            figures.append(round(heard_s / (least_s + more_s)))
        made.append((voice.short_name, round(heard_s, 1), *figures))
    head = ("voice", "seconds of speech", "samples", "as WAV, 24 kHz", "as MP3, 24 kHz", "as Opus, 24 kHz")
    return Table("Times faster than real time, CPU of one core", head, made)


def _cpu_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one of the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sentences", type=int, help="so many a language instead of all ten")
    parser.add_argument("--show", action="store_true", help="print what was heard wrongly")
    parser.add_argument("--speed", action="store_true", help="how fast it speaks, instead")
    asked = parser.parse_args(arguments)
    if asked.speed:
        print(speed().markdown())
        return
    heard = said_and_heard(spoken(asked.sentences))
    print(table(heard).markdown())
    if asked.show:
        for row in heard[heard["wrong"] > 0].itertuples():
            print(f"{row.language} {row.wrong}/{row.words}: {row.text}\n    {row.transcript}")


if __name__ == "__main__":
    main()
