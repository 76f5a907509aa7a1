"""JSON lines: an object a line; what a column holds is told from all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from dfai.cli.places import Place
from dfai.cli.tables.file import BATCH_BYTES, BATCH_ROWS
from dfai_core.errors import ConfigError

__all__ = ["JsonLinesTable"]

_MISMATCH = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError)


class JsonLinesTable:
    """One file of JSON lines. Where values of a column are of several kinds, those that are no text become JSON."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.rows: int = 0
        kinds: dict[str, pa.DataType] = {}
        for rows in self._lines():
            self.rows += len(rows)
            for name in {name: None for row in rows for name in row}:
                kind = _kind([row.get(name) for row in rows])
                kinds[name] = kind if name not in kinds else _both(kinds[name], kind)
        self.schema: pa.Schema = pa.schema([(name, _written(kind)) for name, kind in kinds.items()])

    def read(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        for rows in self._lines():
            arrays = [_array([row.get(field.name) for row in rows], field.type) for field in fields]
            if arrays:
                yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
            else:
                yield pa.record_batch([pa.nulls(len(rows))], names=["none"]).select([])

    def _lines(self) -> Iterator[list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        size_bytes = 0
        with self._place.open() as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                rows.append(self._row(line, number))
                size_bytes += len(line)
                if len(rows) == BATCH_ROWS or size_bytes > BATCH_BYTES:
                    yield rows
                    rows, size_bytes = [], 0
        if rows:
            yield rows

    def _row(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            hint = " One list of objects is made lines by: jq -c '.[]'." if number == 1 and line[:1] == b"[" else ""
            raise ConfigError(f"{self._place}, line {number}: expected one JSON object a line.{hint}")
        return row


def _kind(values: list[Any]) -> pa.DataType:
    try:
        kind = pa.array(values).type
    except _MISMATCH:
        return pa.string()
    return pa.string() if _unwritable(kind) else kind


def _both(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """A type for values of both."""
    if one.equals(other):
        return one
    try:
        schemas = [pa.schema([("it", one)]), pa.schema([("it", other)])]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except _MISMATCH:
        return pa.string()


def _unwritable(kind: pa.DataType) -> bool:
    """Whether it holds a struct without fields, which no Parquet file can."""
    if pa.types.is_struct(kind):
        return kind.num_fields == 0 or any(_unwritable(field.type) for field in kind)
    return pa.types.is_list(kind) and _unwritable(kind.value_type)


def _written(kind: pa.DataType) -> pa.DataType:
    """The type of a column: one without any value is one of texts, as far as anybody knows."""
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_written(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _written(field.type)) for field in kind])
    return kind


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        texts = [value if value is None or isinstance(value, str) else orjson.dumps(value).decode() for value in values]
        return pa.array(texts, kind)
    return pa.array(values, kind)
