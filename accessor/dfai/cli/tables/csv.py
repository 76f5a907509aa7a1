"""CSV files: every cell is a text; what a column's texts look like is told from all of them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dfai.cli.places import Place
from dfai.cli.tables.file import BATCH_BYTES, unreadable
from dfai_core.errors import ConfigError

__all__ = ["CsvTable", "Looks"]

# A cell such as 007 is a name made of digits: as a number it would lose its zeros.
_LEADING_ZERO = r"^[+-]?0[0-9]"
_ENCODINGS = "Say which encoding it has: --encoding latin-1, for example, or utf-16."
_TRUTH = r"^(?:true|false)$"


@dataclass(slots=True)
class Looks:
    """What the texts of a column look like, as far as they were seen."""

    seen: bool = False
    candidates: list[pa.DataType] = field(default_factory=lambda: [pa.int64(), pa.float64(), pa.bool_()])

    @property
    def type(self) -> pa.DataType:
        """Numbers where all are numbers, truth values where all are; else text."""
        return self.candidates[0] if self.seen and self.candidates else pa.string()

    def see(self, texts: pa.Array) -> None:
        """Takes more texts into account."""
        if not self.candidates:
            return
        cells = texts.drop_null()
        if len(cells):
            self.seen = True
            if pc.any(pc.match_substring_regex(cells, _LEADING_ZERO)).as_py():
                self.candidates = []
            self.candidates = [kind for kind in self.candidates if _is(cells, kind)]


def _is(cells: pa.Array, kind: pa.DataType) -> bool:
    if pa.types.is_boolean(kind):
        return bool(pc.all(pc.match_substring_regex(cells, _TRUTH, ignore_case=True)).as_py())
    try:
        cells.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


class CsvTable:
    """One CSV file. A cell without anything is null; all else is as it is written, ``NA`` too."""

    def __init__(self, place: Place, *, delimiter: str | None = None, encoding: str = "utf-8") -> None:
        self._place = place
        self._delimiter = delimiter or ("\t" if ".tsv" in place.name.lower() else ",")
        try:
            self._encoding = codecs.lookup(encoding).name
        except LookupError:
            raise ConfigError(f"--encoding {encoding} is not known.") from None
        self.rows: int = 0
        self._names = list(self._header())
        looks = [Looks() for _ in self._names]
        for batch in self._texts(self._names):
            self.rows += batch.num_rows
            for look, column in zip(looks, batch.columns, strict=True):
                look.see(column)
        self.schema: pa.Schema = pa.schema([(name, look.type) for name, look in zip(self._names, looks, strict=True)])

    def read(self, fields: Sequence[pa.Field]) -> Iterator[pa.RecordBatch]:
        names = [field.name for field in fields if field.name in self._names]
        for batch in self._texts(names or self._names[:1]):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            arrays = [
                _typed(columns[field.name], field.type)
                if field.name in columns
                else pa.nulls(batch.num_rows, field.type)
                for field in fields
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)) if arrays else batch.select([])

    def _header(self) -> list[str]:
        with self._place.open() as file:
            try:
                names: list[str] = self._open(file, csv.ConvertOptions()).schema.names
            except pa.ArrowInvalid as error:
                raise unreadable(self._place, "CSV", error) from error
            except UnicodeError as error:
                raise ConfigError(f"{self._place} is not in {self._encoding}. {_ENCODINGS}") from error
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ConfigError(f"{self._place}: several columns are called {min(twice)!r}: give each a name of its own.")
        return names

    def _texts(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        convert = csv.ConvertOptions(
            column_types={name: pa.string() for name in self._names},
            include_columns=list(names),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        with self._place.open() as file:
            try:
                yield from self._open(file, convert)
            except pa.ArrowInvalid as error:
                hint = f" {_ENCODINGS}" if "UTF8" in str(error).upper() else ""
                raise ConfigError(f"{unreadable(self._place, 'CSV', error)}{hint}") from error
            except UnicodeError as error:  # past the first block
                raise ConfigError(f"{self._place} is not in {self._encoding}. {_ENCODINGS}") from error

    def _open(self, file: object, convert: csv.ConvertOptions) -> csv.CSVStreamingReader:
        return csv.open_csv(
            file,
            csv.ReadOptions(block_size=BATCH_BYTES // 4, encoding=self._encoding),
            csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            convert,
        )


def _typed(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(kind):
        return pc.equal(pc.utf8_lower(texts), "true")
    if pa.types.is_nested(kind):  # as this command writes lists
        return pa.array([None if text is None else orjson.loads(text) for text in texts.to_pylist()], kind)
    return texts if texts.type.equals(kind) else texts.cast(kind)
