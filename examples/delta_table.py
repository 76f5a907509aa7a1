"""A Delta table that grows: pandas, polars and Dask append answers to it, and each version can be read again.

Run it with ``python examples/delta_table.py``. It needs ``deltalake``, no Spark and no Java.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import dask
import dask.dataframe as dd
import pandas as pd
import polars as pl
from deltalake import DeltaTable, write_deltalake

import dfai

MONDAY = ["Lovely room, quiet and clean.", "Never again!", None]
TUESDAY = ["The breakfast was cold."]
WEDNESDAY = ["Great host, great view.", "The lift is broken.", "Good value."]


def main(table: str) -> None:
    with_pandas(table)
    with_polars(table)
    with_dask(table)
    versions(table)


def with_pandas(table: str) -> None:
    answered = pd.DataFrame({"review": MONDAY}).ai.sentiment("review").ai.key_phrases("review")
    write_deltalake(table, answered)


def with_polars(table: str) -> None:
    answered = pl.DataFrame({"review": TUESDAY}).ai.sentiment("review").ai.key_phrases("review")
    answered.write_delta(table, mode="append")


def with_dask(table: str) -> None:
    """A commit for each partition, written by whoever has answered it; additions do not disturb each other."""
    reviews = dd.from_pandas(pd.DataFrame({"review": WEDNESDAY}), npartitions=2)
    answered = reviews.ai.sentiment("review").ai.key_phrases("review")
    append = dask.delayed(write_deltalake)
    dask.compute(*(append(table, part, mode="append") for part in answered.to_delayed()))


def versions(table: str) -> None:
    now = DeltaTable(table)
    monday = DeltaTable(table, version=0).to_pandas()
    print(f"version 0: {len(monday)} rows; version {now.version()}: {now.to_pyarrow_table().num_rows} rows")
    print("answered:", now.to_pandas()["sentiment"].value_counts().to_dict())
    print("phrases:", sorted(pl.read_delta(table)["key_phrases"].explode().drop_nulls()))


if __name__ == "__main__":
    with dfai.using(progress="off"):
        if len(sys.argv) > 1:
            main(sys.argv[1])
        else:
            with TemporaryDirectory() as folder:
                main(str(Path(folder) / "reviews"))
