"""The rows of an eager frame to the core and back: slice by slice, or all of them where a verb reads whole groups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.media import weight
from dfai_polars.columns import arrow_column, polars_columns

if TYPE_CHECKING:
    import polars as pl

__all__ = ["answered", "checked", "rows_of", "rows_together"]

# Texts are copied for Arrow a slice at a time, so that a large frame is never there twice.
_SLICE_ROWS = 10_000
_SLICE_BYTES = 8_000_000


def answered(
    frame: pl.DataFrame,
    call: Call,
    run: Run,
    drop: Sequence[Hashable],
    watch: Callable[[Any], None] | None = None,
) -> pl.DataFrame:
    """*frame* without the columns *drop*, and with the call's: in their old places, or at the end."""
    import polars as pl

    order = None
    if call.service.gather is None:
        batches = rows_of(frame, call)
    else:
        together, order = _in_groups(frame, call)
        batches = [together] if frame.height else []
    table = pa.Table.from_batches(list(run(call, batches, watch=watch)), schema=call.schema)
    if order is not None:
        table = table.take(pa.array(np.argsort(order)))
    gone = set(drop).difference(table.schema.names)
    columns = {series.name: series for series in frame.get_columns() if series.name not in gone}
    columns |= {series.name: series for series in polars_columns(table)}
    # By hand, since with_columns is a query of its own, and this is done for each part of one.
    return pl.DataFrame(list(columns.values()))


def checked(schema: Mapping[str, Any], call: Call) -> None:
    """ConfigError for a column that *call* cannot read, before there is a row."""
    import polars as pl

    empty = pl.DataFrame([pl.Series(name, [], schema[name]) for name in dict.fromkeys(call.columns)])
    rows_together(empty, call)


def rows_of(frame: pl.DataFrame, call: Call) -> Iterable[pa.RecordBatch]:
    """The columns that *call* reads; a list where they are at hand at once, which lets the core look ahead."""
    if call.service.gather is not None:
        return [_in_groups(frame, call)[0]] if frame.height else []
    if call.service.media is not None:
        return _slices(frame, call, _sizes([frame[name] for name in call.inputs]))
    slices = _slices(frame, call, repeat(_SLICE_ROWS))
    return list(slices) if frame.height <= _SLICE_ROWS else slices


def rows_together(frame: pl.DataFrame, call: Call) -> pa.RecordBatch:
    """All rows in one batch, as they come: the columns that *call* reads, in its order."""
    prior = dict(zip(call.prior, call.schema.types, strict=False))
    first_by = len(call.inputs) + len(call.varying)
    arrays = []
    for place, name in enumerate(call.columns):
        is_time = call.order is not None and place == first_by + len(call.by)
        reads = "times" if is_time else call.reads_at(place)
        # The earlier answers come last: a column may be an input, and one of them.
        is_prior = place >= len(call.columns) - len(call.prior)
        arrays.append(arrow_column(frame[name], reads, prior[name] if is_prior else None))
    # A column may stand there twice, so they are numbered.
    return pa.record_batch(arrays, names=[str(place) for place in range(len(arrays))])


def _slices(frame: pl.DataFrame, call: Call, sizes: Iterator[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    while start < frame.height:
        rows = next(sizes)
        yield rows_together(frame.slice(start, rows), call)
        start += rows


def _sizes(columns: Sequence[pl.Series]) -> Iterator[int]:
    """How many rows to take at a time where each may hold a picture: bytes are copied for Arrow, too."""
    weights = [found for column in columns if (found := _weights(column)) is not None]
    if not weights:
        yield from repeat(_SLICE_ROWS)
        return
    ends = np.cumsum(sum(weights))
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, before + _SLICE_BYTES, side="right"))
        stop = min(max(stop, start + 1), start + _SLICE_ROWS)
        yield stop - start
        start = stop


def _weights(column: pl.Series) -> np.ndarray[Any, Any] | None:
    """About how many bytes each row takes; None where that is little."""
    import polars as pl

    if isinstance(column.dtype, pl.Binary):
        return column.bin.size().fill_null(0).to_numpy().astype(np.int64)
    if isinstance(column.dtype, pl.Object):
        return np.fromiter(map(weight, column.to_list()), np.int64, len(column))
    if isinstance(column.dtype, pl.Struct):
        fields = [_weights(column.struct.field(name)) for name in column.struct.fields]
        found = [one for one in fields if one is not None]
        return sum(found) if found else None  # type: ignore[return-value]
    return None


def _in_groups(frame: pl.DataFrame, call: Call) -> tuple[pa.RecordBatch, np.ndarray[Any, Any] | None]:
    """The rows that *call* reads, those of a group one after the other, and where each stood; None: as they are."""
    batch = rows_together(frame, call)
    if not call.by or not frame.height:
        return batch, None
    order, numbers = _groups([frame[name] for name in call.by])
    batch = batch.take(pa.array(order))
    first = len(call.inputs) + len(call.varying)
    for place in range(first, first + len(call.by)):  # the core need not compare the values again
        batch = batch.set_column(place, str(place), pa.array(numbers))
    return batch, order


def _groups(keys: Sequence[pl.Series]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Rows in the order of their groups, each group's in their own; and the number of each one's group.

    A null is a value like others.
    """
    import polars as pl

    rows = pl.DataFrame([_comparable(key).alias(str(place)) for place, key in enumerate(keys)]).with_row_index("row")
    groups = rows.group_by(pl.exclude("row"), maintain_order=True).agg("row")["row"]
    lengths = groups.list.len().to_numpy()
    return groups.explode().to_numpy().astype(np.int64), np.repeat(np.arange(len(lengths)), lengths)


def _comparable(key: pl.Series) -> pl.Series:
    """*key*, or of Python objects a number for each distinct one."""
    import polars as pl

    if not isinstance(key.dtype, pl.Object):
        return key
    seen: dict[Any, int] = {}
    try:
        return pl.Series([seen.setdefault(value, len(seen)) for value in key.to_list()], dtype=pl.Int64)
    except TypeError as error:
        raise ConfigError(f"by={key.name!r}: its values cannot make groups ({error}).") from error
