"""Arrow IPC files (Feather is one), and streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from dfai.cli.places import Place
from dfai.cli.tables.file import fitting, unreadable

__all__ = ["ArrowTable"]

_MAGIC = b"ARROW1"


class ArrowTable:
    """One Arrow IPC file or stream, read batch by batch."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.rows: int = 0
        with place.open() as file:
            self._is_file = file.read(len(_MAGIC)) == _MAGIC
        batches = self._batches()
        self.schema: pa.Schema = next(batches)
        for batch in batches:
            self.rows += batch.num_rows

    def _batches(self) -> Iterator[pa.Schema | pa.RecordBatch]:
        """The schema, then the batches."""
        file = pa.memory_map(self._place.path) if self._place.local else self._place.open()
        with file:
            try:
                reader = pa.ipc.open_file(file) if self._is_file else pa.ipc.open_stream(file)
                yield reader.schema
                if self._is_file:
                    yield from (reader.get_batch(at) for at in range(reader.num_record_batches))
                else:
                    yield from reader
            except pa.ArrowInvalid as error:
                raise unreadable(self._place, "Arrow", error) from error

    def read(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        batches = self._batches()
        next(batches)
        for batch in batches:
            yield fitting(batch, fields)
