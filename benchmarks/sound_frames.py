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
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import dfai
from benchmarks.alone import processes
from benchmarks.picture_frames import ROOT, Course, held_mb
from benchmarks.table import Table, publish
from dfai_core.media.wav import wav_of

__all__ = ["Figure", "count_loads", "main", "recordings"]

RATE_HZ = 16_000
MINUTE = 60 * RATE_HZ
PARTITIONS = 12
WARM = 12
_LOADS = "DFAI_BENCHMARK_LOADS"  # the file in which processes write that they load
_SENTENCES = (
    "The train to Birmingham leaves at half past nine.",
    "Please call me back before the shop closes.",
    "She bought three apples, some bread and a bottle of milk.",
    "Our meeting has been moved to Thursday afternoon.",
    "The weather will be cold and windy tomorrow.",
    "He forgot his umbrella in the library again.",
    "The museum is free on the first Sunday of the month.",
    "A new bridge over the river was opened last week.",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Megabytes (10^6 bytes) of resident memory, and models."""

    way: str
    minutes: int
    before_mb: float
    first_mb: float  # added, the most in the first fifth of the time
    last_mb: float  # in the last fifth
    most_mb: float
    loading: int  # processes that loaded a model
    most_models: int  # that one of them loaded
    wall_s: float


Heard = Callable[[list[str]], int]


def recordings(folder: Path, count: int, first: int = 0) -> list[str]:
    """Different files of a minute: which sentences are said, and when."""
    from py_nanotts import NanoTTS

    voice = NanoTTS()
    said = [np.frombuffer(voice.speak(text, voice="en-GB"), "<i2") for text in _SENTENCES]
    paths = []
    for number in range(first, first + count):
        minute = np.zeros(MINUTE, np.int16)
        for half in range(2):
            clip = said[(number + half * (1 + number // len(said))) % len(said)]
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
    os.environ["PYTHONPATH"] = os.pathsep.join([str(here), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    count_loads()
    yield file


@contextmanager
def on_pandas() -> Iterator[Heard]:
    yield lambda files: int(pd.DataFrame({"path": files}).ai.transcribe("path", language="en")["transcript"].count())


@contextmanager
def on_dask_threads() -> Iterator[Heard]:
    yield lambda files: int(_on_dask(files).compute(scheduler="threads", num_workers=2))


@contextmanager
def on_dask_processes() -> Iterator[Heard]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster),
    ):
        yield lambda files: int(_on_dask(files).compute())


def _on_dask(files: list[str]) -> Any:
    import dask.dataframe as dd

    frame = dd.from_pandas(pd.DataFrame({"path": files}), npartitions=PARTITIONS)
    return dfai.on(frame).transcribe("path", language="en")["transcript"].count()


@contextmanager
def on_spark() -> Iterator[Heard]:
    from pyspark.sql import functions

    from benchmarks.cluster_scaling import spark_session

    session = spark_session("local[2]", 2)

    def heard(files: list[str]) -> int:
        frame = session.createDataFrame([(path,) for path in files], "path string").repartition(PARTITIONS)
        answered = dfai.on(frame).transcribe("path", language="en")
        return int(answered.agg(functions.count("transcript").alias("heard")).first()["heard"])

    try:
        yield heard
    finally:
        session.stop()


WAYS = {
    "pandas": on_pandas,
    "Dask, two threads": on_dask_threads,
    "Dask, two processes": on_dask_processes,
    "Spark, local[2]": on_spark,
}


@contextmanager
def served() -> Iterator[dfai.Target]:
    """A server of the engine in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dfai.cli", "serve", "--port", str(port), "--limits", "wide"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not _listens(port):
                if process.poll() is not None:
                    raise RuntimeError("the server has ended")
                time.sleep(0.2)
            yield dfai.container(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


@contextmanager
def embedded() -> Iterator[dfai.Target]:
    yield dfai.local()


def written_down(way: str, count: int, *, serve: bool) -> Figure:
    """*count* minutes of speech."""
    with (
        TemporaryDirectory() as name,
        counting(Path(name)) as loads,
        (served if serve else embedded)() as target,
        WAYS[way]() as heard,
        dfai.using(target=target, progress="off", store=None),
    ):
        files = recordings(Path(name), count + WARM)
        heard(files[:WARM])
        before_mb, course, began = held_mb(), Course(), time.perf_counter()
        course.start()
        answered = heard(files[WARM:])
        took_s, seen = time.perf_counter() - began, course.end()
        models = Counter(loads.read_text("ascii").split())
    if answered != count:
        raise RuntimeError(f"{way}: {answered:,} answers for {count:,} files")
    fifth = max(1, len(seen) // 5)
    first, last, most = (max(part) - before_mb for part in (seen[:fifth], seen[-fifth:], seen))
    title = f"{way}, one dfai serve" if serve else way
    return Figure(title, count, before_mb, first, last, most, len(models), max(models.values()), took_s)


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
        f"{count} minutes of speech in as many WAV files, {PARTITIONS} partitions",
        ["way", "MB before", "MB added, first fifth", "last fifth", "at the peak", "processes with a model",
         "models in each, at most"],
        [[f.way, f.before_mb, f.first_mb, f.last_mb, f.most_mb, f.loading, f.most_models]
         for f in found],
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
