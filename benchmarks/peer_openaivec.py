"""openaivec's pandas accessor against the mock, in a process and an environment of its own; prints one line of JSON.

    python -m benchmarks.peer_openaivec URL ROWS [TEXTS_A_REQUEST IN_FLIGHT]

It counts tokens before it asks, by tables that it would fetch from the network. A small table stands in for them, in
which each word of the texts is one token, as most words are in the real ones.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from importlib.metadata import version
from typing import Any

from benchmarks.texts import reviews

_QUESTION = "Is this review positive, neutral or negative?"


async def _ask(texts: list[str], settings: dict[str, int]) -> list[str]:
    import pandas as pd

    series: Any = pd.Series(texts)
    answers = await series.aio.responses(_QUESTION, show_progress=False, **settings)
    return [*answers]


def main(url: str, rows: int, settings: dict[str, int]) -> None:
    """Asks and prints."""
    import openaivec
    import tiktoken
    from openai import AsyncOpenAI
    from openaivec import pandas_ext

    assert pandas_ext  # it registers the accessor
    known = [bytes([byte]) for byte in range(256)]
    known += [piece.encode() for word in {*" ".join(reviews(100)).split()} for piece in (word, f" {word}")]
    tiktoken.registry.ENCODINGS["o200k_base"] = tiktoken.Encoding(
        "o200k_base",
        pat_str=r"\s?\w+|\s?[^\s\w]+",
        mergeable_ranks={piece: rank for rank, piece in enumerate(dict.fromkeys(known))},
        special_tokens={},
    )
    openaivec.set_async_client(AsyncOpenAI(base_url=f"{url}/v1", api_key="not-a-key"))
    openaivec.set_responses_model("mock")
    with asyncio.Runner() as runner:
        runner.run(_ask(reviews(500, seed=1), settings))  # connections open, code paths are warm
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        labels = runner.run(_ask(reviews(rows), settings))
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    name = f"openaivec {version('openaivec')}"
    print(json.dumps({"version": name, "seconds": wall_s, "cpu_s": cpu_s, "labels": labels}), flush=True)


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[2:]]
    main(sys.argv[1], given[0], dict(zip(("batch_size", "max_concurrency"), given[1:], strict=False)))
