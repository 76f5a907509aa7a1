"""What paying once costs: microseconds a row in a whole call, and a document in each of a store's calls.

Rounds go through all stores in turn, so that a neighbour's load falls on all alike; each figure is the median.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from benchmarks.null_service import answered
from benchmarks.table import Table, publish
from benchmarks.texts import reviews, short_texts
from dfai_core.service import Document, Wiring
from dfai_core.services import services
from dfai_core.store import Keyer, MemoryStore, Store, decode_rows, encode_rows, encode_values
from dfai_core.store.lmdb import LmdbStore
from dfai_core.store.redis import RedisStore

__all__ = ["main", "redis_url"]

_DOCUMENTS = 20_000
_BATCH, _REQUEST = 10_000, 10  # documents a look-up, and a request
_ROWS = 200_000  # of a whole call
_ROUNDS = 3
_ANSWER = ("positive", 0.97, 0.02, 0.01, None, None)


def _us(function: Callable[[], object], count: int) -> float:
    began = time.process_time()  # nothing here waits, and neighbours do not count
    function()
    return (time.process_time() - began) / count * 1e6


def _pure(documents: list[Document]) -> dict[str, float]:
    """Microseconds a document of what needs no store."""
    wiring = Wiring({"language": "en"}, (), (), "2023-04-01", None, False, "azure")
    keyer = Keyer(services()["sentiment"], wiring, "https://example.org")
    texts = [text for (text,) in documents]
    stored = encode_values(_ANSWER)
    assert stored is not None
    works: dict[str, Callable[[], object]] = {
        "key of a text": lambda: keyer.keys([texts]),
        "key of a text and a language": lambda: keyer.keys([texts, ["en"] * len(texts)]),
        "encode an answer": lambda: encode_rows([_ANSWER[:4]] * len(documents), 6),
        "decode an answer": lambda: decode_rows([stored] * len(documents), 6),
    }
    return {name: median(_us(work, len(documents)) for _ in range(_ROUNDS)) for name, work in works.items()}


async def _round(store: Store, keys: list[bytes], value: bytes) -> dict[str, float]:
    """One pass over *keys*: what a first run of a call costs, and a second."""
    times: dict[str, float] = {}

    async def timed(name: str, work: Any) -> None:
        began = time.perf_counter()
        await work
        times[name] = times.get(name, 0.0) + (time.perf_counter() - began) / len(keys) * 1e6

    for start in range(0, len(keys), _BATCH):
        await timed("look up, absent", store.look_up(keys[start : start + _BATCH]))
    for start in range(0, len(keys), _REQUEST):
        some = keys[start : start + _REQUEST]
        await timed("reserve", store.reserve(some))
        await timed("put", store.put([(key, value) for key in some]))
    for start in range(0, len(keys), _BATCH):
        await timed("look up, present", store.look_up(keys[start : start + _BATCH]))
    await store.aclose()
    return times


def _whole(folder: Path) -> dict[str, dict[str, float]]:
    """Microseconds a row of a call to a service that costs nothing: the first time, and once all is stored."""
    frame = pd.DataFrame({"text": short_texts(_ROWS)})

    def call(store: Any) -> float:
        began = time.perf_counter()
        answered(frame, "text", store=store)
        return (time.perf_counter() - began) / _ROWS * 1e6

    seen: dict[str, list[tuple[float, float]]] = {}
    for number in range(_ROUNDS + 1):
        stores = {"none": None, "memory": MemoryStore(), "folder": folder / f"call {number}"}
        for name, store in stores.items():
            seen.setdefault(name, []).append((call(store), call(store)))
    return {
        name: {"first call": median(one for one, _ in rounds[1:]), "second call": median(two for _, two in rounds[1:])}
        for name, rounds in seen.items()
    }


@contextmanager
def redis_url(folder: Path) -> Iterator[str | None]:
    """The URL of a Redis of our own; None where the machine has none."""
    binary = shutil.which("redis-server")
    if binary is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ready to accept" in line:
                break
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def main() -> dict[str, Any]:
    """Measures, prints and saves."""
    documents: list[Document] = [(text,) for text in reviews(_DOCUMENTS)]
    value = encode_values(_ANSWER)
    assert value is not None
    seen: dict[str, list[dict[str, float]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(redis_url(folder))
        makers: dict[str, Callable[[int], Store]] = {
            "memory": lambda _: MemoryStore(),
            "folder": lambda number: LmdbStore(folder / str(number)),
            "redis": lambda _: RedisStore(url or ""),
        }
        for number in range(_ROUNDS):
            # Keys that no earlier round has stored.
            keys = [b"%06d%010d" % (number, place * 7_919 % _DOCUMENTS) for place in range(_DOCUMENTS)]
            for name, make in makers.items():
                if name != "redis" or url is not None:
                    seen.setdefault(name, []).append(asyncio.run(_one(make, number, keys, value)))
        whole = _whole(folder)
        size = sum(file.stat().st_blocks * 512 for file in (folder / "0").iterdir() if file.is_file())
    pure = _pure(documents)
    figures = {name: {step: median(one[step] for one in rounds) for step in rounds[0]} for name, rounds in seen.items()}
    steps = list(next(iter(figures.values())))
    folder_bytes = size / _DOCUMENTS
    note = f"A folder took {folder_bytes:.0f} bytes a document, of answers of {len(value)} bytes."
    tables = [
        Table(
            "Whole calls, µs a row", ["store", *whole["none"]], [[name, *one.values()] for name, one in whole.items()]
        ),
        Table("Without a store, µs a document", ["step", "µs"], [[name, us] for name, us in pure.items()]),
        Table(
            "Stores, µs a document", ["store", *steps], [[name, *one.values()] for name, one in figures.items()], note
        ),
    ]
    found = {
        "calls_us": whole,
        "pure_us": pure,
        "stores_us": figures,
        "folder_bytes_per_document": folder_bytes,
    }
    return publish("store_speed", tables, found)


async def _one(make: Callable[[int], Store], number: int, keys: list[bytes], value: bytes) -> dict[str, float]:
    return await _round(make(number), keys, value)


if __name__ == "__main__":
    main()
