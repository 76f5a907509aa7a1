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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import dfai
from benchmarks.alone import processes
from benchmarks.folders import NOWHERE, WAYS, Waiting, imported_by_workers
from benchmarks.held import Course, followed
from benchmarks.picture_memory import TAGGING, paths, tagged
from benchmarks.table import Table, publish

__all__ = ["Figure", "main"]

WARM = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """Files a second, and the memory meanwhile."""

    way: str
    files: int
    files_per_s: float
    course: Course


def null_service() -> Waiting:
    """A transport of this process."""
    return Waiting(tagged)


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


def measured(way: str, count: int, *, engine: bool) -> Figure:
    """A folder of *count* files."""
    imported_by_workers()
    settings: dict[str, Any] = {"progress": "off", "store": None}
    if not engine:
        settings |= {"target": NOWHERE, "transport": null_service}
    with TemporaryDirectory() as name, WAYS[way](TAGGING) as answered, dfai.using(**settings):
        files = list((photographs if engine else paths)(Path(name), count))
        answered(files[:WARM])
        found: list[int] = []
        course = followed(lambda: found.append(answered(files)))
    if found != [count]:
        raise RuntimeError(f"{way}: {found[0]:,} answers for {count:,} files")
    return Figure(f"{way}, embedded engine" if engine else way, count, count / course.took_s, course)


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    count = 200 if quick else 1_000
    with processes(1) as pool:
        found = [pool.submit(measured, way, count, engine=False).result() for way in WAYS]
        found.append(pool.submit(measured, "pandas", 200, engine=True).result())
    table = Table(
        f"Files of 2 MB through tag_image, {TAGGING.partitions} partitions, 16 requests at a time",
        ["way", "files", "MB before", "MB added, first fifth", "last fifth", "at the peak", "files/s"],
        [[f.way, f.files, *f.course[:-1], f.files_per_s] for f in found],
    )
    return publish("picture_frames", [table], {"pictures": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two hundred files")
    from benchmarks import picture_frames  # noqa: PLW0406  # workers know what is here by this name

    picture_frames.main(parser.parse_args().quick)
