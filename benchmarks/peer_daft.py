"""Daft's prompt function against the mock, in a process and an environment of its own; prints one line of JSON.

    python -m benchmarks.peer_daft URL ROWS

It asks one row a request and, in version 0.7, all rows at once: its ``concurrency`` option did not limit that when this
was written. A process evaluates one plan only, since a second or third one did not come to its end.
"""

from __future__ import annotations

import json
import os
import sys
import time

from benchmarks.texts import reviews

_QUESTION = "Is this review positive, neutral or negative?"


def main(url: str, rows: int) -> None:
    """Asks and prints."""
    os.environ.update(DAFT_ANALYTICS_ENABLED="0", DO_NOT_TRACK="true", SCARF_NO_ANALYTICS="true")
    import daft
    import openai
    from daft.ai.openai.provider import OpenAIProvider
    from daft.functions.ai import prompt

    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="not-a-key")
    assert client.chat.completions  # what is imported on first use is imported now
    provider = OpenAIProvider(base_url=f"{url}/v1", api_key="not-a-key")
    frame = daft.from_pydict({"text": reviews(rows)})
    answer = prompt(
        daft.col("text"), system_message=_QUESTION, provider=provider, model="mock", use_chat_completions=True
    )
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    labels = frame.with_column("label", answer).to_pydict()["label"]
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    version = f"Daft {daft.__version__}"
    print(json.dumps({"version": version, "seconds": wall_s, "cpu_s": cpu_s, "labels": labels}), flush=True)
    os._exit(0)  # its threads may wait for each other for ever


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
