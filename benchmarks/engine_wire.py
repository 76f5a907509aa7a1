"""What the embedded engine costs beside its models: its ASGI application called in process, with a null handler.

    python benchmarks/engine_wire.py [--documents 1000] [--seconds 3]

Prints rows a second for several sizes of request, and microseconds of CPU a request and a row. The handler does
nothing, so that all the rest is seen: reading JSON, checking the documents, the hop to a thread, writing JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dfai_engine import ENGINE
from dfai_engine.language.documents import Answered, Document

TEXTS = {
    "ASCII": "The rooms were beautiful, but the breakfast was cold and the staff seemed tired.",
    "accents": "Les chambres étaient très belles, mais le déjeuner était froid et le café brûlé.",
    "emoji": "The rooms were beautiful \U0001f469\u200d\U0001f373, but breakfast was cold \U0001f976\U0001f976.",
}


def null(documents: Sequence[Document], _: Mapping[str, object]) -> Answered:
    """Sentiment without a model, in the wire's shape."""
    scores = {"positive": 0.0, "neutral": 1.0, "negative": 0.0}
    results: list[Any] = [
        {
            "sentiment": "neutral",
            "confidenceScores": scores,
            "sentences": [
                {
                    "text": "",
                    "sentiment": "neutral",
                    "confidenceScores": scores,
                    "offset": 0,
                    "length": len(document.text),
                }
            ],
        }
        for document in documents
    ]
    return Answered(results, "null")


def request(count: int, text: str, unit: str) -> bytes:
    """The body of one request."""
    documents = [{"id": str(number), "text": text, "language": "en"} for number in range(count)]
    return orjson.dumps(
        {
            "kind": "SentimentAnalysis",
            "analysisInput": {"documents": documents},
            "parameters": {"stringIndexType": unit},
        }
    )


async def send(app: Any, body: bytes) -> bytes:
    """One request by the ASGI protocol itself; gives the response's body."""
    answers: list[Any] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def collect(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/language/:analyze-text",
        "raw_path": b"/language/:analyze-text",
        "root_path": "",
        "query_string": b"api-version=2023-04-01",
        "headers": [(b"host", b"engine"), (b"content-type", b"application/json")],
        "server": ("engine", 80),
    }
    await app(scope, receive, collect)
    if answers[0]["status"] != 200:
        raise SystemExit(f"the engine answered {answers[0]['status']}: {answers[1]['body'][:500]!r}")
    found: bytes = answers[1]["body"]
    return found


async def measure(app: Any, body: bytes, count: int, seconds: float) -> tuple[float, float]:
    """Rows a second and CPU seconds a request, one request after the other."""
    for _ in range(3):
        await send(app, body)
    sent = 0
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        await send(app, body)
        sent += 1
    return sent * count / (time.perf_counter() - began), (time.process_time() - cpu) / sent


async def run(counts: Sequence[int], seconds: float) -> None:
    """Each size, text and unit: the median of three."""
    app = ENGINE.create_app(kinds={"SentimentAnalysis": null})
    for count in counts:
        for name, text in TEXTS.items():
            for unit in ("UnicodeCodePoint", "TextElements_v8"):
                body = request(count, text, unit)
                rounds = [await measure(app, body, count, seconds / 3) for _ in range(3)]
                rate = statistics.median(rate for rate, _ in rounds)
                cpu_us = statistics.median(cpu for _, cpu in rounds) * 1e6
                print(
                    f"{count:>5} documents  {name:<8} {unit:<17} {rate:>10,.0f} rows/s"
                    f"  {cpu_us:>9,.0f} us CPU/request  {cpu_us / count:>6.1f} us/row"
                )
    app.close()


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[1, 10, 1_000])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each line")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    asyncio.run(run(options.documents, options.seconds))


if __name__ == "__main__":
    main()
