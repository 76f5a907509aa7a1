"""Memory and time of hours of recordings that stream through, with a service that costs nothing. Linux only.

    python -m benchmarks.sound_memory [--quick]

Each file is an MP3 of 64 kbit/s of noise that comes and goes as sentences do. By short audio it is decoded, made
16 kHz, cut in silences and sent piece by piece; by fast transcription it is looked into and sent as it is. Each figure
comes from a fresh process, as in `memory_use`.
"""

from __future__ import annotations

import argparse
import io
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import orjson

from benchmarks.alone import processes
from benchmarks.folders import Asking, Waiting, streamed
from benchmarks.held import mark_mb, peak_mb
from benchmarks.table import Table, publish
from dfai_core.transports.base import Request

__all__ = ["Figure", "main"]

_RATE_HZ = 24_000
_FAST = orjson.dumps(
    {
        "durationMilliseconds": 600_000,
        "combinedPhrases": [{"text": "noise"}],
        "phrases": [{"offsetMilliseconds": 0, "durationMilliseconds": 9, "text": "noise", "confidence": 0.5}],
    }
)
_SHORT = orjson.dumps({"RecognitionStatus": "Success", "DisplayText": "noise", "Offset": 0, "Duration": 90_000})
_VERSIONS = {"short audio": "v1", "fast transcription": "2025-10-15"}


@dataclass(frozen=True, slots=True)
class Figure:
    """Megabytes (10^6 bytes) of resident memory, and how many times faster than it is heard."""

    way: str
    files: int
    minutes_each: int
    requests: int
    before_mb: float
    added_mb: float  # at the peak
    times_real_time: float


def heard(request: Request) -> bytes:
    """What a service that costs nothing says of each sound."""
    return _FAST if "transcribe" in request.url else _SHORT


def _recording(minutes: int) -> bytes:
    """An MP3, made a minute at a time."""
    import av

    noise = np.random.default_rng(7)
    second = np.arange(60 * _RATE_HZ) // _RATE_HZ
    loud = np.where(second % 5 < 4, 3_000, 20)
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=_RATE_HZ, layout="mono", bit_rate=64_000)
        for minute in range(minutes):
            block = (noise.normal(0, 1, len(loud)) * loud).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.time_base = _RATE_HZ, Fraction(1, _RATE_HZ)
            frame.pts = minute * len(block)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _stream(files: list[str], way: str) -> int:
    service = Waiting(heard)
    streamed(Asking("transcribe", {"language": "en"}), files, service, api_version=_VERSIONS[way])
    return service.requests


def measured(way: str, count: int, minutes: int) -> Figure:
    """A folder of *count* recordings, read, made what the service takes, and sent."""
    with TemporaryDirectory() as name:
        sound = _recording(minutes)
        paths = [Path(name) / f"{number}.mp3" for number in range(count + 1)]
        for number, path in enumerate(paths):  # what follows the last frame is no sound, and tells them apart
            path.write_bytes(sound + f"{number:08d}".encode())
        _stream([str(paths.pop())], way)
        before_mb, began = mark_mb(), time.perf_counter()
        requests = _stream(list(map(str, paths)), way)
        took_s = time.perf_counter() - began
        added_mb = peak_mb() - before_mb
    return Figure(way, count, minutes, requests, before_mb, added_mb, 60 * minutes * count / took_s)


def main(quick: bool = False) -> dict[str, Any]:
    """Measures, prints and saves."""
    plan = [("short audio", 6, 10), ("short audio", 24, 10), ("short audio", 4, 60), ("fast transcription", 24, 10)]
    if not quick:
        plan.append(("short audio", 60, 10))
    with processes(1) as pool:
        found = [pool.submit(measured, *one).result() for one in plan]
    table = Table(
        "Recordings in MP3, 16 requests at a time",
        ["way", "files", "minutes each", "requests", "MB before", "MB added", "times real time"],
        [[f.way, f.files, f.minutes_each, f.requests, f.before_mb, f.added_mb, f.times_real_time] for f in found],
    )
    return publish("sound_memory", [table], {"sounds": [asdict(figure) for figure in found]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Memory and time of hours of recordings.")
    parser.add_argument("--quick", action="store_true", help="no ten hours")
    main(parser.parse_args().quick)
