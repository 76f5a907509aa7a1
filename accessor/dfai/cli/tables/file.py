"""What the reader of one file promises to `dfai.cli.tables.source`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from dfai.cli.places import Place
from dfai_core.errors import ConfigError

__all__ = ["BATCH_BYTES", "BATCH_ROWS", "File", "fitting", "unreadable"]

# What is in memory at a time, about: a few of these.
BATCH_ROWS = 10_000
BATCH_BYTES = 8_000_000


class File(Protocol):
    """One file of a table. Its columns have names of their own."""

    schema: pa.Schema
    """Its columns, with the types that they have or, where they are texts, that these look like."""
    rows: int

    def read(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        """These columns, in this order and of these types; one that the file does not have is null."""
        ...


def fitting(batch: pa.RecordBatch, fields: Sequence[pa.Field]) -> pa.RecordBatch:
    """*batch* with these columns, in this order and of these types."""
    arrays = []
    for field in fields:
        at = batch.schema.get_field_index(field.name)
        array = pa.nulls(batch.num_rows, field.type) if at < 0 else batch.column(at)
        arrays.append(array if array.type.equals(field.type) else array.cast(field.type))
    if not arrays:  # rows without columns still are so many
        return batch.select([])
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def unreadable(place: Place, what: str, error: Exception) -> ConfigError:
    """An error of Arrow's as a sentence, without the values of the row at which it occurred."""
    line = " ".join(str(error).split()).partition(": ")
    told = line[0] if len(line[2]) > 120 or '"' in line[2] else line[0] + line[1] + line[2]
    return ConfigError(f"{place} cannot be read as {what}: {told.rstrip('.')}.")
