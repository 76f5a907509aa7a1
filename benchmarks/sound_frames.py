"""Memory over time, and models loaded, while hours of speech are written down on pandas, Dask and Spark. Linux only.

    python -m benchmarks.sound_frames [--quick] [--minutes 60] [--only WAY]

A folder of WAV files of a minute each, all different: two sentences that SVOX Pico says, and silence. `transcribe`
hears them by the embedded engine, in the processes that do the work or in one `dfai serve` beside them. Each way runs
in a fresh process. Told is what all its processes of Python hold together, above what they held once a few files had
gone through: the most in the first fifth of the time and in the last, and at any moment; and how often each process
loaded the model of recognition, counted where the engine loads it.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import dfai
from benchmarks.alone import processes
from benchmarks.clusters import server
from benchmarks.folders import WAYS, Asking, imported_by_workers
from benchmarks.held import Course, followed
from benchmarks.spoken import said, sentences
from benchmarks.table import Table, publish
from dfai_core.media.wav import wav_of

__all__ = ["Figure", "count_loads", "main", "recordings"]

RATE_HZ = 16_000
MINUTE = 60 * RATE_HZ
HEARING = Asking("transcribe", {"language": "en"}, partitions=12)
WARM = 12
_LOADS = "DFAI_BENCHMARK_LOADS"  # the file in which processes write that they load


@dataclass(frozen=True, slots=True)
class Figure:
    """Models that were loaded, and the memory meanwhile."""

    way: str
    minutes: int
    loading: int  # processes that loaded a model
    most_models: int  # that one of them loaded
    course: Course


def recordings(folder: Path, count: int, first: int = 0) -> list[str]:
    """Different files of a minute: which sentences are said, and when."""
    clips = [said(sentence["en"], "en-GB") for sentence in sentences()]
    paths = []
    for number in range(first, first + count):
        minute = np.zeros(MINUTE, np.int16)
        for half in range(2):
            clip = clips[(number + half * (1 + number // len(clips))) % len(clips)]
            start = half * MINUTE // 2 + RATE_HZ + 160 * number  # 10 ms later in each
            minute[start : start + len(clip)] = clip
        path = folder / f"{number}.wav"
        path.write_bytes(wav_of(minute, RATE_HZ))
        paths.append(str(path))
    return paths


def count_loads() -> None:
    """From now on this process writes its number whenever it loads the model."""
    from dfai_engine.speech import whisper

    load = whisper.Model.__init__

    def counted(self: whisper.Model) -> None:
        with Path(os.environ[_LOADS]).open("a", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
        load(self)

    whisper.Model.__init__ = counted  # type: ignore[method-assign]


@contextmanager
def counting(folder: Path) -> Iterator[Path]:
    """Has this process, and those that it starts, count; gives the file."""
    file, here = folder / "loads", folder / "site"
    file.touch()
    here.mkdir()
    # Python imports a module of this name when it starts, in workers too.
    (here / "sitecustomize.py").write_text("from benchmarks.sound_frames import count_loads\ncount_loads()\n", "utf-8")
    os.environ[_LOADS] = str(file)
    imported_by_workers(here)
    count_loads()
    yield file


@contextmanager
def served(folder: Path) -> Iterator[dfai.Target]:
    """A server of the engine in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dfai.cli", "serve", "--port", str(port), "--limits", "wide"]
    with server(command, folder, "serve", "dfai engine on", os.environ):
        yield dfai.container(f"http://127.0.0.1:{port}")


@contextmanager
def embedded(_folder: Path) -> Iterator[dfai.Target]:
    yield dfai.local()


def written_down(way: str, count: int, *, serve: bool) -> Figure:
    """*count* minutes of speech."""
    with (
        TemporaryDirectory() as name,
        counting(Path(name)) as loads,
        (served if serve else embedded)(Path(name)) as target,
        WAYS[way](HEARING) as answered,
        dfai.using(target=target, progress="off", store=None),
    ):
        files = recordings(Path(name), count + WARM)
        answered(files[:WARM])
        found: list[int] = []
        course = followed(lambda: found.append(answered(files[WARM:])))
        models = Counter(loads.read_text("ascii").split())
    if found != [count]:
        raise RuntimeError(f"{way}: {found[0]:,} answers for {count:,} files")
    title = f"{way}, one dfai serve" if serve else way
    return Figure(title, count, len(models), max(models.values()), course)


def main(quick: bool = False, only: str | None = None, minutes: int = 60) -> dict[str, Any]:
    """Measures, prints and saves."""
    count = 20 if quick else minutes
    plan = [(way, False) for way in WAYS] + [("Dask, two processes", True), ("Spark, local[2]", True)]
    with processes(1) as pool:
        found = [
            pool.submit(written_down, way, count, serve=serve).result()
            for way, serve in plan
            if only is None or only == f"{way}{', serve' if serve else ''}"
        ]
    table = Table(
        f"{count} minutes of speech in as many WAV files, {HEARING.partitions} partitions",
        ["way", "MB before", "MB added, first fifth", "last fifth", "at the peak", "processes with a model",
         "models in each, at most"],
        [[f.way, *f.course[:-1], f.loading, f.most_models] for f in found],
    )  # fmt: skip
    return publish("sound_frames", [table], {"sounds": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="twenty minutes of speech")
    parser.add_argument("--only", help="one way, as the table names it; with ', serve' behind it by a server")
    parser.add_argument("--minutes", type=int, default=60, help="of speech, for each way")
    from benchmarks import sound_frames  # noqa: PLW0406  # workers know what is here by this name

    given = parser.parse_args()
    sound_frames.main(given.quick, given.only, given.minutes)
