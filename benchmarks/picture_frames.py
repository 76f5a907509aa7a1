"""Memory over time while a folder of pictures streams through pandas, Dask and Spark. Linux only.

    python -m benchmarks.picture_frames [--quick]

A thousand files of 2 MB each go through `tag_image`: to a service that costs nothing and answers after 20 ms, so that
what is measured is reading, hashing and sending; and, on pandas, JPEGs to the embedded engine, which decodes them and
looks. Each way runs in a fresh process. Told is what all its processes of Python hold together, above what they held
once ten files had gone through: the most in the first fifth of the time and in the last, and at any moment.
"""

from __future__ import annotations

import argparse
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import psutil

import dfai
from benchmarks.alone import processes
from benchmarks.picture_memory import Service, paths
from benchmarks.table import Table, publish

__all__ = ["Course", "Figure", "main"]

ROOT = Path(__file__).resolve().parents[1]
LOOK_S = 0.1
PARTITIONS = 20
WARM = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """Megabytes (10^6 bytes) of resident memory, and files a second."""

    way: str
    files: int
    before_mb: float
    first_mb: float  # added, the most in the first fifth of the time
    last_mb: float  # in the last fifth
    most_mb: float
    files_per_s: float


class Course(threading.Thread):
    """Looks again and again at what this process and its children of Python hold together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[float] = []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(LOOK_S):
            self.seen.append(held_mb())

    def end(self) -> list[float]:
        """All that was seen, in its order."""
        self._over.set()
        self.join()
        return self.seen


def held_mb() -> float:
    """What this process and its children of Python hold now, in what is no file's."""
    mine = psutil.Process()
    found = 0
    for each in (mine, *mine.children(recursive=True)):
        try:
            if "java" not in each.name():  # workers of Dask call themselves by other names
                status = Path(f"/proc/{each.pid}/status").read_text("ascii")
                found += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")), 0)
        except (psutil.Error, OSError):  # it has just ended
            continue
    return found * 1_024 / 1e6


def null_service() -> Service:
    """A transport of this process."""
    return Service(late=False)


def photographs(folder: Path, count: int) -> Iterator[str]:
    """Different JPEGs of 2 MB, 6 megapixels each, that decode to the same picture."""
    from PIL import Image

    grain = np.random.default_rng(1).normal(128, 22, (2_000, 3_000, 3)).clip(0, 255).astype(np.uint8)
    written = io.BytesIO()
    Image.fromarray(grain).save(written, "JPEG", quality=68)
    for number in range(count):
        path = folder / f"{number}.jpg"
        path.write_bytes(written.getvalue() + f"{number:08d}".encode())
        yield str(path)


@contextmanager
def on_pandas() -> Iterator[Callable[[list[str]], int]]:
    yield lambda files: int(pd.DataFrame({"path": files}).ai.tag_image("path")["tags"].notna().sum())


@contextmanager
def on_dask_threads() -> Iterator[Callable[[list[str]], int]]:
    import dask.dataframe as dd

    def tagged(files: list[str]) -> int:
        frame = dd.from_pandas(pd.DataFrame({"path": files}), npartitions=PARTITIONS)
        tagged = dfai.on(frame).tag_image("path")["tags"].count()
        return int(tagged.compute(scheduler="threads", num_workers=2))

    yield tagged


@contextmanager
def on_dask_processes() -> Iterator[Callable[[list[str]], int]]:
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster),
    ):

        def tagged(files: list[str]) -> int:
            frame = dd.from_pandas(pd.DataFrame({"path": files}), npartitions=PARTITIONS)
            return int(dfai.on(frame).tag_image("path")["tags"].count().compute())

        yield tagged


@contextmanager
def on_spark() -> Iterator[Callable[[list[str]], int]]:
    from pyspark.sql import functions

    from benchmarks.cluster_scaling import spark_session

    # Spark's workers import this module.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    session = spark_session("local[2]", 2)

    def tagged(files: list[str]) -> int:
        frame = session.createDataFrame([(path,) for path in files], "path string").repartition(PARTITIONS)
        found = dfai.on(frame).tag_image("path").agg(functions.count("tags").alias("tagged")).first()
        return int(found["tagged"])

    try:
        yield tagged
    finally:
        session.stop()


WAYS = {
    "pandas": on_pandas,
    "Dask, two threads": on_dask_threads,
    "Dask, two processes": on_dask_processes,
    "Spark, local[2]": on_spark,
}


def streamed(way: str, count: int, *, engine: bool) -> Figure:
    """A folder of *count* files."""
    settings: dict[str, Any] = {"progress": "off", "store": None}
    if not engine:
        settings |= {"target": dfai.container("http://null.invalid"), "transport": null_service}
    with TemporaryDirectory() as name, WAYS[way]() as tagged, dfai.using(**settings):
        files = list((photographs if engine else paths)(Path(name), count))
        tagged(files[:WARM])
        before_mb, course, began = held_mb(), Course(), time.perf_counter()
        course.start()
        answered = tagged(files)
        took_s, seen = time.perf_counter() - began, course.end()
    if answered != count:
        raise RuntimeError(f"{way}: {answered:,} answers for {count:,} files")
    fifth = max(1, len(seen) // 5)
    first, last, most = (max(part) - before_mb for part in (seen[:fifth], seen[-fifth:], seen))
    title = f"{way}, embedded engine" if engine else way
    return Figure(title, count, before_mb, first, last, most, count / took_s)


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    count = 200 if quick else 1_000
    with processes(1) as pool:
        found = [pool.submit(streamed, way, count, engine=False).result() for way in WAYS]
        found.append(pool.submit(streamed, "pandas", 200, engine=True).result())
    table = Table(
        f"Files of 2 MB through tag_image, {PARTITIONS} partitions, 16 requests at a time",
        ["way", "files", "MB before", "MB added, first fifth", "last fifth", "at the peak", "files/s"],
        [[f.way, f.files, f.before_mb, f.first_mb, f.last_mb, f.most_mb, f.files_per_s] for f in found],
    )
    return publish("picture_frames", [table], {"pictures": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two hundred files")
    from benchmarks import picture_frames  # noqa: PLW0406  # workers know what is here by this name

    picture_frames.main(parser.parse_args().quick)
