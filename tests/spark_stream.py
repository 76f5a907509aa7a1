"""A stream from a folder of text files to a folder of Parquet files, one file a micro-batch.

Run as a program it is a driver of its own, for a test to kill.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CONCURRENCY", "IN_FLIGHT", "Job"]

CONCURRENCY = 2
IN_FLIGHT = CONCURRENCY * 10
"""Documents that may be on their way when a query ends in the middle."""


@dataclass(frozen=True, slots=True)
class Job:
    """A stream whose source, sink, checkpoint and store stand in *folder*: whoever starts it there goes on with it."""

    session: Any
    folder: Path

    def feed(self, files: Sequence[Sequence[str]]) -> None:
        """Puts more files, each a list of texts, into the source."""
        source = self.folder / "in"
        source.mkdir(exist_ok=True)
        already = len(list(source.iterdir()))
        for number, texts in enumerate(files, start=already):
            hidden = source / f".{number:03}"
            hidden.write_text("\n".join(texts), encoding="utf-8")
            # Spark must not read half a file.
            hidden.rename(source / f"{number:03}.txt")

    def source(self) -> Any:
        """The streaming frame; its column is ``value``."""
        return self.session.readStream.option("maxFilesPerTrigger", 1).text(str(self.folder / "in"))

    def start(self, verb: str, **settings: Any) -> Any:
        """Starts the query, or goes on with it; it ends by itself where there are no more files."""
        settings = {"language": "en", "concurrency": CONCURRENCY, "store": str(self.folder / "answers"), **settings}
        answered = getattr(self.source().ai, verb)("value", **settings)
        return self.write(answered)

    def write(self, frame: Any) -> Any:
        """Starts a query that writes *frame*."""
        writer = frame.writeStream.format("parquet").option("checkpointLocation", str(self.folder / "checkpoint"))
        return writer.trigger(availableNow=True).start(str(self.folder / "out"))

    def rows(self) -> list[Any]:
        """What is in the sink, by what its transaction log says."""
        if not (self.folder / "out" / "_spark_metadata").exists():
            return []
        return list(self.session.read.parquet(str(self.folder / "out")).collect())


def main(where: str, folder: str, url: str) -> None:
    """Starts the stream and prints that it has."""
    warnings.simplefilter("ignore")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_TESTING"] = "1"  # any free port for the Connect server, since another may be running
    import dfai
    from frames import SparkFrames

    query = Job(SparkFrames(where).session, Path(folder)).start("sentiment", target=dfai.container(url))
    print("started", flush=True)
    query.awaitTermination()


if __name__ == "__main__":
    main(*sys.argv[1:])
