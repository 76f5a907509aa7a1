"""Memory and time of a folder of pictures that streams through, with a service that costs nothing. Linux only.

    python -m benchmarks.picture_memory [--quick]

The files are 2 MB each and hold nothing but their head and number: what is measured is reading, hashing and sending,
not decoding. Each figure comes from a fresh process, as in `memory_use`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks.alone import processes
from benchmarks.folders import LATE_S, LATENCY_S, Asking, Waiting, streamed
from benchmarks.held import mark_mb, peak_mb
from benchmarks.table import Table, publish
from dfai_core.transports.base import Request

__all__ = ["TAGGING", "Figure", "main", "paths", "tagged"]

TAGGING = Asking("tag_image", partitions=20)
_FILE_BYTES = 2_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_BODY = orjson.dumps({"tagsResult": {"values": [{"name": "nothing", "confidence": 1.0}]}})


@dataclass(frozen=True, slots=True)
class Figure:
    """Megabytes (10^6 bytes) of resident memory, and files a second."""

    way: str
    files: int
    before_mb: float
    added_mb: float  # at the peak
    files_per_s: float


def tagged(_request: Request) -> bytes:
    """What a service that costs nothing says of each picture."""
    return _BODY


def paths(folder: Path, count: int) -> Iterator[str]:
    """Different files of 2 MB."""
    for number in range(count):
        path = folder / f"{number}.png"
        with path.open("wb") as file:  # with a hole in it: it takes no room on the disk
            file.write(_PNG + f"{number:08d}".encode())
            file.truncate(_FILE_BYTES)
        yield str(path)


def measured(count: int, late: bool) -> Figure:
    """A folder of *count* files, read and sent."""
    with TemporaryDirectory() as name:
        files = list(paths(Path(name), count))
        streamed(TAGGING, files[:10], Waiting(tagged))
        before_mb, began = mark_mb(), time.perf_counter()
        streamed(TAGGING, files, Waiting(tagged, late))
        took_s = time.perf_counter() - began
        added_mb = peak_mb() - before_mb
    way = f"first answer after {LATE_S:.0f} s" if late else f"each answer after {1_000 * LATENCY_S:.0f} ms"
    return Figure(way, count, before_mb, added_mb, count / took_s)


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    plan = [(100, False), (1_000, False), (1_000, True)]
    if not quick:
        plan.insert(2, (10_000, False))
    with processes(1) as pool:
        found = [pool.submit(measured, *one).result() for one in plan]
    table = Table(
        f"A folder of files of {_FILE_BYTES // 1_000_000} MB, 16 requests at a time",
        ["way", "files", "MB before", "MB added", "files/s"],
        [[f.way, f.files, f.before_mb, f.added_mb, f.files_per_s] for f in found],
    )
    return publish("picture_memory", [table], {"pictures": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Memory and time of a folder of pictures.")
    parser.add_argument("--quick", action="store_true", help="no ten thousand files")
    main(parser.parse_args().quick)
