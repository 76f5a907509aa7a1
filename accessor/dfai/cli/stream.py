"""A table in files as a frame that is never held: the verbs on it, and its rows with their answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dfai._calls import calls_for, prepare, warn_of_language
from dfai._verbs import VerbCall, Verbs
from dfai.cli.parts import Parts
from dfai.cli.stream_backend import STREAM, columns, in_groups
from dfai.cli.tables import Source
from dfai_core import Call
from dfai_core.backend import Run
from dfai_core.errors import ConfigError
from dfai_core.ledger import LEDGER, Entry, new_group
from dfai_core.report import process_id
from dfai_core.reported import Reported

__all__ = ["Answered", "StreamVerbs", "kept_by_stores"]


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

    def batches(
        self, *, as_text: bool = False, keep: Path | None = None
    ) -> Generator[tuple[pa.RecordBatch, tuple[pa.RecordBatch, ...]]]:
        """Rows with their answers, and the answers alone.

        Answers and rows are read apart: what is asked runs ahead of what is written, by columns that are asked about
        and no others, however wide the rows are.

        Parameters
        ----------
        as_text
            Leave columns whose types were told from texts as the texts that they are.
        keep
            A folder for answers that no store keeps: what an earlier run left there is not asked again.
        """
        schema = self.schema(as_text=as_text)
        used = [place for origin, place in self._origin if not origin]
        kept = [schema.field(at) for at, (origin, _) in enumerate(self._origin) if not origin]
        with ExitStack() as open_ones:
            answers = [
                open_ones.enter_context(
                    closing(_answers(self.source, call, None if keep is None else Parts(keep / str(number))))
                )
                for number, call in enumerate(self.calls)
            ]
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

    def _carry_out(self, asked: VerbCall) -> Answered:
        source = self._source
        made = calls_for(STREAM, source, asked)
        for call, _ in made:
            warn_of_language(call)
        prepare(asked.service, made[0][0].config, self._announce)
        group = new_group()
        for call, _ in made:
            LEDGER.add(Entry.of(call, STREAM.name, lazy=False, group=group))
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


def kept_by_stores(call: Call) -> bool:
    """Whether a store keeps what is answered to *call*."""
    return call.service.keeps and call.service.shareable


def _answers(source: Source, call: Call, parts: Parts | None) -> Generator[pa.RecordBatch]:
    run: Run = Reported(process_id(), STREAM.name)
    if call.service.gather is None and parts is not None and not kept_by_stores(call):
        rows = parts.begin(call.schema)
        yield from parts.read()
        left = source.only(np.arange(rows, source.rows)) if rows else source
        for batch in run(call, columns(left, call)):
            parts.write(batch, rows)
            rows += batch.num_rows
            yield batch
    elif call.service.gather is None:
        yield from run(call, columns(source, call))
    elif source.rows:
        batches, back = in_groups(source, call)
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
