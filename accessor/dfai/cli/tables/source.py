"""Several files as one table, which is read as often as need be and never held whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from dfai.cli.places import FORMATS, Place, format_of
from dfai.cli.tables.csv import CsvTable
from dfai.cli.tables.file import BATCH_ROWS, File
from dfai.cli.tables.ipc import ArrowTable
from dfai.cli.tables.json_lines import JsonLinesTable
from dfai.cli.tables.parquet import ParquetTable
from dfai_core.errors import ConfigError

__all__ = ["Source", "in_memory", "open_source"]

_READERS: dict[str, Any] = {"parquet": ParquetTable, "arrow": ArrowTable, "csv": CsvTable, "json lines": JsonLinesTable}


@dataclass(frozen=True, slots=True)
class Source:
    """A table in files. *loose*: its types are what texts look like, and the texts can be had as well."""

    schema: pa.Schema
    rows: int
    files: tuple[tuple[File, tuple[tuple[str, str | None], ...]], ...]  # each with what its folders say
    loose: bool = False
    chosen: np.ndarray[Any, Any] | None = None
    """The numbers of the only rows that are meant, in order; None: all of the first."""

    def batches(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        """These columns of all rows, of these types, a few thousand rows at a time."""
        left, first = self.rows, 0
        for file, folders in self.files:
            for whole in file.read(fields):
                batch = whole if self.chosen is None else _among(whole, self.chosen, first)
                first += whole.num_rows
                for start in range(0, batch.num_rows, BATCH_ROWS):
                    part = batch.slice(start, min(BATCH_ROWS, left))
                    left -= part.num_rows
                    if part.num_rows:
                        yield _with_folders(part, folders)
                if not left:
                    return

    def head(self, max_rows: int) -> Source:
        """The first rows alone."""
        return replace(self, rows=min(self.rows, max_rows))

    def only(self, chosen: np.ndarray[Any, Any]) -> Source:
        """The rows with these numbers alone."""
        return replace(self, rows=len(chosen), chosen=chosen)


def _among(batch: pa.RecordBatch, chosen: np.ndarray[Any, Any], first: int) -> pa.RecordBatch:
    """The *chosen* rows of *batch*, whose own first row is number *first* of all."""
    start, end = np.searchsorted(chosen, [first, first + batch.num_rows])
    return batch.take(pa.array(chosen[start:end] - first))


def _with_folders(batch: pa.RecordBatch, folders: Sequence[tuple[str, str | None]]) -> pa.RecordBatch:
    """*batch*, where a column is the same for all rows of a file."""
    for name, value in folders:
        at = batch.schema.get_field_index(name)
        if at >= 0:
            field = batch.schema.field(at)
            batch = batch.set_column(at, field, pa.repeat(pa.scalar(value, field.type), batch.num_rows))
    return batch


def open_source(places: Sequence[Place], *, delimiter: str | None = None, encoding: str = "utf-8") -> Source:
    """The table in the files at *places*.

    Raises
    ------
    ConfigError
        For files of several kinds, or of none that is known, and for columns that do not go together.
    """
    kinds = {str(place): format_of(place.name) for place in places}
    unknown = next((name for name, kind in kinds.items() if kind is None), None)
    if unknown is not None:
        endings = ", ".join("." + endings[0] for endings in FORMATS.values())
        raise ConfigError(
            f"{unknown}: the end of its name does not say what it is; tables are {endings} (also packed)."
        )
    (kind, *others) = dict.fromkeys(kinds.values())
    if others:
        raise ConfigError(f"these are files of {kind} and of {others[0]}: give those of one kind at a time.")
    assert kind is not None
    how = {"delimiter": delimiter, "encoding": encoding} if kind == "csv" else {}
    files = [(_READERS[kind](place, **how), place) for place in places]
    schema = _together([(file.schema, place) for file, place in files], loose=kind in ("csv", "json lines"))
    return Source(
        schema=schema,
        rows=sum(file.rows for file, _ in files),
        files=tuple((file, place.folders) for file, place in files),
        loose=kind == "csv",
    )


def _together(schemas: Sequence[tuple[pa.Schema, Place]], *, loose: bool) -> pa.Schema:
    """One schema for all files, with the columns that folders give."""
    fields: dict[str, pa.Field] = {}
    for schema, place in schemas:
        for field in schema:
            known = fields.get(field.name)
            fields[field.name] = field if known is None else _both(known, field, place, loose=loose)
        for name, _ in place.folders:
            fields.setdefault(name, pa.field(name, pa.string()))
    # What a file says of itself besides, as pandas does of its index, holds for that file alone.
    return pa.schema(list(fields.values()), metadata=schemas[0][0].metadata if len(schemas) == 1 else None)


def _both(one: pa.Field, other: pa.Field, place: Place, *, loose: bool) -> pa.Field:
    if one.type.equals(other.type):
        return one
    try:
        return pa.unify_schemas([pa.schema([one]), pa.schema([other])], promote_options="permissive").field(0)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        if loose:
            return pa.field(one.name, pa.string())
        raise ConfigError(
            f"column {one.name!r} holds {other.type} in {place}, but {one.type} in files before it."
        ) from None


@dataclass(slots=True)
class _Held:
    """A small table that is held."""

    table: pa.Table
    schema: pa.Schema
    rows: int

    def read(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        yield from self.table.select([field.name for field in fields]).to_batches()


def in_memory(table: pa.Table) -> Source:
    """A source of what is held already."""
    return Source(table.schema, table.num_rows, ((_Held(table, table.schema, table.num_rows), ()),))
