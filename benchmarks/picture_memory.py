"""Memory and time of a folder of pictures that streams through, with a service that costs nothing. Linux only.

    python -m benchmarks.picture_memory [--quick]

The files are 2 MB each and hold nothing but their head and number: what is measured is reading, hashing and sending,
not decoding. Each figure comes from a fresh process, as in `memory_use`.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa

import dfai
from benchmarks.alone import processes
from benchmarks.memory_use import _start, _status_mb
from benchmarks.table import Table, publish
from dfai_core import Call, Config, run, services
from dfai_core.transports.base import Answer, Request

__all__ = ["Figure", "Service", "main", "paths"]

_FILE_BYTES = 2_000_000
_LATE_S = 3.0
_LATENCY_S = 0.02
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


class Service:
    """Answers after 20 ms; the first request, where *late*, after three seconds."""

    def __init__(self, late: bool) -> None:
        self._late = late

    async def send(self, request: Request) -> Answer:
        late, self._late = self._late, False
        await asyncio.sleep(_LATE_S if late else _LATENCY_S)
        return Answer(200, {}, _BODY)

    async def aclose(self) -> None:
        return


def paths(folder: Path, count: int) -> Iterator[str]:
    """Different files of 2 MB."""
    for number in range(count):
        path = folder / f"{number}.png"
        with path.open("wb") as file:  # with a hole in it: it takes no room on the disk
            file.write(_PNG + f"{number:08d}".encode())
            file.truncate(_FILE_BYTES)
        yield str(path)


def _stream(paths: list[str], late: bool) -> None:
    config = Config(target=dfai.container("http://null.invalid"), transport=Service(late), progress="off", store=None)
    service = services()["tag_image"]
    options = {option.name: option.default for option in service.options}
    call = Call(service, ("path",), "tags", options=options, config=config)
    batch = pa.record_batch([pa.array(paths)], names=["path"])
    answered = sum(answer.num_rows - answer.column("tags").null_count for answer in run(call, iter([batch])))
    if answered != len(paths):
        raise RuntimeError(f"{answered:,} answers for {len(paths):,} files")


def streamed(count: int, late: bool) -> Figure:
    """A folder of *count* files, read and sent."""
    with TemporaryDirectory() as name:
        files = list(paths(Path(name), count))
        _stream(files[:10], late=False)
        before_mb, began = _start(), time.perf_counter()
        _stream(files, late)
        took_s = time.perf_counter() - began
        added_mb = _status_mb("VmHWM") - before_mb
    way = f"first answer after {_LATE_S:.0f} s" if late else f"each answer after {1_000 * _LATENCY_S:.0f} ms"
    return Figure(way, count, before_mb, added_mb, count / took_s)


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    plan = [(100, False), (1_000, False), (1_000, True)]
    if not quick:
        plan.insert(2, (10_000, False))
    with processes(1) as pool:
        found = [pool.submit(streamed, *one).result() for one in plan]
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
