"""What the verbs ask of a table in files: its columns, their kinds, and those that a call reads."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai.cli.tables import Source
from dfai_core import Call
from dfai_core.backend import Run

__all__ = ["STREAM", "StreamBackend", "columns", "in_groups"]


def columns(source: Source, call: Call) -> Iterator[pa.RecordBatch]:
    """The columns that *call* reads. One may stand there twice, so they are numbered."""
    wanted = _types(source, call)
    fields = [pa.field(name, kind) for name, kind in dict(wanted).items()]
    places = [next(at for at, field in enumerate(fields) if field.name == name) for name, _ in wanted]
    for batch in source.batches(fields):
        yield pa.record_batch([batch.column(place) for place in places], names=list(map(str, range(len(places)))))


def _types(source: Source, call: Call) -> list[tuple[str, pa.DataType]]:
    """The columns that *call* reads, and as what: a number in a file of texts is a text to who reads texts."""
    prior = dict(zip(call.prior, call.schema.types, strict=False))
    as_text = source.loose and call.service.reads in ("text", "media")
    found = []
    for name in call.columns:
        kind = source.schema.field(name).type
        found.append((name, prior.get(name) or (pa.string() if as_text and name in call.inputs else kind)))
    return found


def in_groups(source: Source, call: Call) -> tuple[list[pa.RecordBatch], np.ndarray[Any, Any]]:
    """The rows that *call* reads group by group, and where each has its place among them.

    All rows of a group are asked about together, so these columns are held.
    """
    batches = list(columns(source, call))
    if not batches:
        return [], np.arange(0)
    table = pa.Table.from_batches(batches)
    first = len(call.inputs) + len(call.varying)
    numbers = []
    for place in range(first, first + len(call.by)):
        codes = pc.dictionary_encode(table.column(place), null_encoding="encode").combine_chunks()
        chunk = codes.chunk(0) if isinstance(codes, pa.ChunkedArray) else codes
        numbers.append(chunk.indices.to_numpy(zero_copy_only=False))
        table = table.set_column(place, str(place), chunk.indices)
    rows = table.num_rows
    # Equal rows keep their order: it is the order of a series that has no times.
    order = np.lexsort(numbers[::-1]) if numbers else np.arange(rows)
    back = np.empty(rows, np.int64)
    back[order] = np.arange(rows)
    return table.take(pa.array(order)).combine_chunks().to_batches(), back


class StreamBackend:
    """What is asked of a source before it is read."""

    name = "pandas"  # as with it, the process itself does the work
    ordered = True
    trigger = ""

    def attach(self, name: str, frame: Any, series: Any) -> str | None:
        return None

    def detach(self, name: str) -> None:
        """There is nothing to take off."""

    def declines(self, frame: Any) -> str | None:
        return None

    def is_lazy(self, frame: Any) -> bool:
        return True

    def columns(self, frame: Source) -> Sequence[Hashable]:
        return list(frame.schema.names)

    def index_of_times(self, frame: Any) -> bool:
        return False

    def same_name(self, frame: Any) -> Callable[[Hashable], Hashable]:
        return lambda name: name

    def kind(self, frame: Source, column: Hashable) -> str:
        kind = frame.schema.field(str(column)).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if _is(kind, "string", "large_string", "string_view"):
            return "text"
        if _is(kind, "null") or frame.loose:
            return "unknown"
        if _is(kind, "binary", "large_binary", "binary_view", "fixed_size_binary"):
            return "bytes"
        return f"{next((group for group, names in _GROUPS.items() if _is(kind, *names)), 'other')}: {kind}"

    def apply(self, frame: Any, call: Call, run: Run, drop: Sequence[Hashable]) -> NoReturn:
        raise NotImplementedError("a stream's verbs are StreamVerbs")

    def surveyed(
        self,
        frame: Source,
        call: Call,
        survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
        join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
        schema: pa.Schema,
    ) -> pa.RecordBatch:
        return survey(call, columns(frame, call) if call.service.gather is None else in_groups(frame, call)[0])

    def sampled(self, frame: Source, rows: int) -> tuple[Source, int]:
        if frame.rows <= rows:
            return frame, frame.rows
        chosen = np.random.default_rng(0).choice(frame.rows, rows, replace=False)
        return frame.only(np.sort(chosen)), frame.rows

    def pick(self, frame: Any, column: Hashable) -> NoReturn:
        raise NotImplementedError("a stream has no series")

    def framed(self, series: Any) -> NoReturn:
        raise NotImplementedError("a stream has no series")


_GROUPS = {
    "numbers": ("integer", "floating", "decimal"),
    "structs": ("struct",),
    "lists": ("list", "large_list", "fixed_size_list"),
}


def _is(kind: pa.DataType, *names: str) -> bool:
    return any(getattr(pa.types, f"is_{name}", lambda _: False)(kind) for name in names)


STREAM = StreamBackend()
