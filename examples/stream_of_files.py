"""A stream of JSON lines into a Delta table on Spark: killed at any moment, it goes on, and loses and repeats nothing.

Run it with ``python examples/stream_of_files.py``, or with a folder, ``python examples/stream_of_files.py FOLDER``:
files that are moved into ``FOLDER/in`` are answered and added to the table in ``FOLDER/table``; the same line again
goes on. It needs Java and ``deltalake``; Spark itself needs nothing more, since Python writes the table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from local_spark import local_spark

import dfai

SCHEMA = "id bigint, review string"
REVIEWS = [["Lovely room.", "Never again!"], ["The breakfast was cold."], ["Great host, great view."]]


def start(spark: Any, folder: Path, **settings: Any) -> Any:
    """Starts the query, or goes on with it; it ends when all files have been read.

    Three things see to it that it can end anywhere. The checkpoint knows which files are a micro-batch; the table knows
    which micro-batches it has; the store has the answers of the one that was under way.
    """
    arriving = spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).json(str(folder / "in"))
    answered = arriving.ai.sentiment("review", store=str(folder / "answers"), **settings)
    writer = answered.writeStream.foreachBatch(adding(str(folder / "table")))
    return writer.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True).start()


def adding(table: str) -> Any:
    """What is done with a micro-batch: it is added, unless it was before."""

    def add(batch: Any, number: int) -> None:
        last = DeltaTable(table).transaction_version("reviews") if DeltaTable.is_deltatable(table) else None
        if last is not None and number <= last:
            return
        # A micro-batch is as much as fits into the driver: here, a file.
        done = CommitProperties(app_transactions=[Transaction("reviews", number)])
        write_deltalake(table, batch.toArrow(), mode="append", commit_properties=done)

    return add


def put(folder: Path, name: str, rows: Iterable[tuple[int, str]]) -> None:
    """A file that is there only when it is whole."""
    source = folder / "in"
    source.mkdir(exist_ok=True)
    hidden = source / f".{name}"
    hidden.write_text("".join(json.dumps({"id": id, "review": review}) + "\n" for id, review in rows), "utf-8")
    hidden.rename(source / name)


def main(folder: Path) -> None:
    spark = local_spark("stream of files")
    if spark is None:
        return
    start(spark, folder).awaitTermination()
    table = DeltaTable(str(folder / "table"))
    rows = table.to_pandas()
    print(f"{len(rows)} rows in version {table.version()}:", rows["sentiment"].value_counts().to_dict())
    spark.stop()


if __name__ == "__main__":
    with dfai.using(progress="off"):
        if len(sys.argv) > 1:
            main(Path(sys.argv[1]))
        else:
            with TemporaryDirectory() as own:
                for number, reviews in enumerate(REVIEWS):
                    put(Path(own), f"{number}.jsonl", enumerate(reviews, start=10 * number))
                main(Path(own))
