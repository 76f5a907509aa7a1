"""Rows into one file, batch by batch: Parquet, CSV, JSON lines, Arrow."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from dfai.cli.places import FORMATS, format_of
from dfai_core.errors import ConfigError

__all__ = ["Writer", "flat", "writer_for", "written_as"]

# A group of rows of Parquet is held until it has so many rows or bytes.
_GROUP_ROWS = 100_000
_GROUP_BYTES = 32_000_000
# What others wrote about the columns of the file that they wrote; of ours it would not be true.
_FOREIGN = b"org.apache.spark"


class Writer(Protocol):
    """Takes rows, which all have one schema."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None:
        """Writes what is held, and the file's end."""


def written_as(name: str) -> str:
    """What kind of file *name* is to be.

    Raises
    ------
    ConfigError
        Where its end does not say.
    """
    kind = format_of(name)
    if kind is None:
        endings = ", ".join("." + endings[0] for endings in FORMATS.values())
        raise ConfigError(
            f"--out {name}: the end of the name says what is written: {endings} (the texts also packed: .gz)."
        )
    return kind


def writer_for(name: str, file: BinaryIO, schema: pa.Schema) -> Writer:
    """A writer for a file of this name."""
    kind = written_as(name)
    if kind == "parquet":
        return _ParquetWriter(file, schema)
    if kind == "csv":
        return _CsvWriter(file, schema, "\t" if ".tsv" in name.lower() else ",")
    return _JsonLinesWriter(file) if kind == "json lines" else _ArrowWriter(file, schema, name)


class _ParquetWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        told = {name: text for name, text in (schema.metadata or {}).items() if not name.startswith(_FOREIGN)}
        self._schema = schema.with_metadata(told or None)
        self._writer = pq.ParquetWriter(file, self._schema)
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        if self._held:
            self._flush()
        self._writer.close()


class _ArrowWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema, name: str) -> None:
        # Categories may differ from batch to batch, which a file of this kind cannot say.
        self._schema = pa.schema([field.with_type(_plain(field.type)) for field in schema], metadata=schema.metadata)
        options = pa.ipc.IpcWriteOptions(compression="lz4" if name.lower().endswith(".feather") else None)
        make = pa.ipc.new_stream if name.lower().endswith(".arrows") else pa.ipc.new_file
        self._writer = make(file, self._schema, options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch.cast(self._schema) if batch.schema != self._schema else batch)

    def close(self) -> None:
        self._writer.close()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


class _CsvWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema, delimiter: str) -> None:
        self._schema = pa.schema([field.with_type(flat(field.type)) for field in schema])
        options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
        self._writer = csv.CSVWriter(file, self._schema, write_options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        columns = [_cells(column, flat(column.type)) for column in batch.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def flat(kind: pa.DataType) -> pa.DataType:
    """The type of a cell: what a cell cannot hold becomes text."""
    kind = _plain(kind)
    held = pa.types.is_nested(kind) or pa.types.is_null(kind) or "binary" in str(kind)
    return pa.string() if held else kind


def _cells(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Lists and structs as JSON, bytes as Base64."""
    if column.type.equals(kind):
        return column
    if pa.types.is_nested(column.type) or "binary" in str(column.type):
        return pa.array([None if value is None else _json(value) for value in column.to_pylist()], kind)
    return column.cast(kind)


def _json(value: Any) -> str:
    return _other(value) if isinstance(value, bytes) else orjson.dumps(value, default=_other).decode()


def _other(value: Any) -> str:
    """What JSON has no form for."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


class _JsonLinesWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, batch: pa.RecordBatch) -> None:
        dump: Callable[..., bytes] = orjson.dumps
        lines = [dump(row, default=_other, option=orjson.OPT_APPEND_NEWLINE) for row in batch.to_pylist()]
        self._file.write(b"".join(lines))

    def close(self) -> None:
        """Every line is written."""
