"""A table in files as a frame that is never held: the verbs on it, and its rows with their answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai._frame import calls_for, prepare, warn_of_language
from dfai._verbs import NO_GROUPS, Columns, Groups, IfExists, Verbs
from dfai.cli.tables import Source
from dfai_core import Backend, Call, Service, Settings
from dfai_core.backend import Run
from dfai_core.errors import ConfigError
from dfai_core.ledger import LEDGER, Entry, new_group
from dfai_core.report import process_id
from dfai_core.reported import Reported

__all__ = ["Answered", "StreamVerbs"]

# What the backend of a stream is called: the process itself, as with pandas.
_NAME = "pandas"


@dataclass(frozen=True, slots=True)
class Answered:
    """A source's rows with the answers of some calls, to be read once. Nothing is asked before that."""

    source: Source
    calls: tuple[Call, ...]
    fields: tuple[pa.Field, ...]
    """All columns, in order."""
    _origin: tuple[tuple[int, int], ...]
    """Where each column is from: the source (0) or a call (from 1 on), and its place there."""

    def schema(self, *, as_text: bool = False) -> pa.Schema:
        """The columns of `batches`."""
        loose = as_text and self.source.loose
        fields = [
            pa.field(field.name, pa.string()) if loose and not origin else field
            for field, (origin, _) in zip(self.fields, self._origin, strict=True)
        ]
        return pa.schema(fields, metadata=self.source.schema.metadata)

    def batches(self, *, as_text: bool = False) -> Iterator[tuple[pa.RecordBatch, tuple[pa.RecordBatch, ...]]]:
        """Rows with their answers, and the answers alone.

        Answers and rows are read apart: what is asked runs ahead of what is written, by columns that are asked about
        and no others, however wide the rows are.

        Parameters
        ----------
        as_text
            Leave columns whose types were told from texts as the texts that they are.
        """
        schema = self.schema(as_text=as_text)
        used = [place for origin, place in self._origin if not origin]
        kept = [schema.field(at) for at, (origin, _) in enumerate(self._origin) if not origin]
        with ExitStack() as open_ones:
            answers = [open_ones.enter_context(closing(_answers(self.source, call))) for call in self.calls]
            for parts in _side_by_side([*answers, self.source.batches(kept)]):
                rows = parts[-1]
                columns = [
                    parts[origin - 1].column(place) if origin else rows.column(used.index(place))
                    for origin, place in self._origin
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema), parts[:-1]


class StreamVerbs(Verbs[Answered]):
    """Every verb on a source."""

    def __init__(self, source: Source, announce: Callable[[str], None]) -> None:
        self._source = source
        self._announce = announce

    def _call(
        self,
        service: Service,
        inputs: tuple[Columns, ...],
        options: Mapping[str, Any],
        include: Sequence[str] | Literal["all"],
        output: str,
        if_exists: IfExists,
        settings: Settings,
        groups: Groups = NO_GROUPS,
    ) -> Answered:
        source = self._source
        made = calls_for(_BACKEND, source, service, inputs, options, include, output, if_exists, settings, groups)
        for call, _ in made:
            warn_of_language(call)
        prepare(service, made[0][0].config, self._announce)
        group = new_group()
        for call, _ in made:
            LEDGER.add(Entry.of(call, _NAME, lazy=False, group=group))
        return _answered(source, made)


def _answered(source: Source, made: Sequence[tuple[Call, tuple[Any, ...]]]) -> Answered:
    """Answers in the place of columns that have the same names, else behind all others."""
    places = {
        name: (number, place)
        for number, (call, _) in enumerate(made, 1)
        for place, name in enumerate(call.schema.names)
    }
    dropped = {name for _, drop in made for name in drop}
    names = [name for name in source.schema.names if name in places or name not in dropped]
    names += [name for name in places if name not in names]
    fields, origin = [], []
    for name in names:
        number, place = places.get(name, (0, source.schema.get_field_index(name)))
        fields.append(made[number - 1][0].schema.field(place) if number else source.schema.field(place))
        origin.append((number, place))
    return Answered(source, tuple(call for call, _ in made), tuple(fields), tuple(origin))


def _answers(source: Source, call: Call) -> Iterator[pa.RecordBatch]:
    run: Run = Reported(process_id(), _NAME)
    if call.service.gather is None:
        return run(call, _columns(source, call))
    return _of_groups(source, call, run)


def _columns(source: Source, call: Call) -> Iterator[pa.RecordBatch]:
    """The columns that *call* reads. One may stand there twice, so they are numbered."""
    wanted = _types(source, call)
    fields = [pa.field(name, kind) for name, kind in {name: kind for name, kind in wanted}.items()]
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


def _of_groups(source: Source, call: Call, run: Run) -> Iterator[pa.RecordBatch]:
    """Answers to whole groups of rows, in the order of the rows: for these the columns that are read are held."""
    table = pa.Table.from_batches(list(_columns(source, call))) if source.rows else None
    if table is None:
        return
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
    batches = table.take(pa.array(order)).combine_chunks().to_batches()
    answers = pa.Table.from_batches(list(run(call, batches)), schema=call.schema)
    yield from answers.take(pa.array(back)).to_batches()


def _side_by_side(streams: Sequence[Iterator[pa.RecordBatch]]) -> Iterator[tuple[pa.RecordBatch, ...]]:
    """Pieces with the same rows of each stream, as large as can be.

    Raises
    ------
    ConfigError
        Where one stream has more rows than another: somebody wrote the files meanwhile.
    """
    held: list[pa.RecordBatch | None] = [None] * len(streams)
    while True:
        for at, stream in enumerate(streams):
            while (part := held[at]) is None or not part.num_rows:
                held[at] = next(stream, None)
                if held[at] is None:
                    break
        parts = [part for part in held if part is not None]
        if not parts:
            return
        if len(parts) < len(streams):
            raise ConfigError("the files changed while they were read: their rows and the answers do not go together.")
        rows = min(part.num_rows for part in parts)
        yield tuple(part.slice(0, rows) for part in parts)
        held = [part.slice(rows) for part in parts]


class _StreamBackend:
    """What is asked of a source before it is read."""

    name = _NAME
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


_BACKEND = cast("Backend", _StreamBackend())
