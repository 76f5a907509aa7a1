"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from dfai.cli.places import Place
from dfai.cli.tables.file import BATCH_BYTES, BATCH_ROWS, fitting, unreadable

__all__ = ["ParquetTable"]

# Columns are read through buffers of this size: a row group may be as large as the file.
_BUFFER_BYTES = 1 << 20


class ParquetTable:
    """One Parquet file, read batch by batch."""

    def __init__(self, place: Place) -> None:
        self._place = place
        with self._opened() as file:
            self.schema: pa.Schema = file.schema_arrow
            self.rows: int = file.metadata.num_rows
            groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
        self._bytes = sum(group.total_byte_size for group in groups)

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        with self._place.open() as raw:
            try:
                file = pq.ParquetFile(raw, buffer_size=_BUFFER_BYTES)
            except pa.ArrowInvalid as error:
                raise unreadable(self._place, "Parquet", error) from error
            with file:
                yield file

    @cached_property
    def _rows_at_once(self) -> int:
        """Fewer where rows are large."""
        most: int = max(1, min(BATCH_ROWS, BATCH_BYTES * self.rows // max(1, self._bytes)))
        return most

    def read(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        names = [field.name for field in fields if field.name in self.schema.names]
        with self._opened() as file:
            for batch in file.iter_batches(self._rows_at_once, columns=names):
                yield fitting(batch, fields)
