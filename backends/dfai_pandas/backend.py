"""pandas frames for the core: columns to record batches, answers back to columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.media import weight
from dfai_pandas.columns import arrow_column, columns_of, kind_of, pandas_column, type_of, with_columns
from dfai_pandas.groups import fetched, gathered, in_groups

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BACKEND", "PandasBackend", "answered", "rows_of", "typed"]

_SLICE_ROWS = 10_000
_SLICE_BYTES = 8_000_000


class PandasBackend:
    """Serves ``pandas.DataFrame`` and what derives from it."""

    name = "pandas"
    ordered = True
    trigger = "pandas"

    def attach(self, name: str, frame: Callable[[Any], Any], series: Callable[[Any], Any] | None) -> str | None:
        import pandas as pd

        places: list[tuple[type[Any], Any, Callable[[str], Callable[[Any], Any]]]] = [
            (pd.DataFrame, frame, pd.api.extensions.register_dataframe_accessor),
            (pd.Series, series, pd.api.extensions.register_series_accessor),
        ]
        for cls, make, register in places:
            if make is None:
                continue
            holder = getattr(cls, name, None)
            if holder is not None:
                return str(getattr(holder, "__module__", type(holder).__module__))
            register(name)(make)
        return None

    def detach(self, name: str) -> None:
        import pandas as pd

        for cls in (pd.DataFrame, pd.Series):
            if hasattr(cls, name):
                delattr(cls, name)

    def declines(self, frame: Any) -> str | None:
        if not hasattr(frame, "columns"):
            return "this is a column, not a frame: call series.ai.<verb>(), or the verb on its frame."
        if frame.columns.nlevels > 1:
            return (
                "this frame's columns are a MultiIndex; give them one level, "
                "for example df.columns = df.columns.map('_'.join)."
            )
        return None

    def is_lazy(self, frame: Any) -> bool:
        return False

    def columns(self, frame: Any) -> Sequence[Hashable]:
        return list(frame.columns)

    def index_of_times(self, frame: Any) -> bool:
        import pandas as pd

        return isinstance(frame.index, pd.DatetimeIndex)

    def same_name(self, frame: Any) -> Callable[[Hashable], Hashable]:
        return lambda name: name

    def kind(self, frame: Any, column: Hashable) -> str:
        return kind_of(frame[column])

    def schema(self, frame: Any) -> pa.Schema:
        return pa.schema([(str(name), type_of(frame[name])) for name in frame.columns])

    def apply(self, frame: Any, call: Call, run: Run, drop: Sequence[Hashable]) -> Any:
        return answered(frame, call, run, drop)

    def fetched(self, frame: Any, call: Call, most_rows: int) -> pa.RecordBatch | None:
        return fetched(frame, call, most_rows)

    def head(self, frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
        return {name: frame[name].iloc[:rows].tolist() for name in columns}

    def like(self, frame: Any, values: Mapping[Hashable, Sequence[Any]]) -> Any:
        return typed(frame, values)

    def surveyed(
        self,
        frame: Any,
        call: Call,
        survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
        join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
        schema: pa.Schema,
    ) -> pa.RecordBatch:
        return survey(call, rows_of(frame, call, columns_of(frame, call)))

    def sampled(self, frame: Any, rows: int) -> tuple[Any, int]:
        if len(frame) <= rows:
            return frame, len(frame)
        chosen = np.random.default_rng(0).choice(len(frame), rows, replace=False)
        return frame.iloc[np.sort(chosen)], len(frame)

    def build(self, table: pa.Table, session: Any) -> Any:
        return table.to_pandas()

    def pick(self, frame: Any, column: Hashable) -> Any:
        return frame[column]

    def framed(self, series: Any) -> tuple[Any, Hashable]:
        name = "text" if series.name is None else series.name
        return series.to_frame(name), name


def typed(empty: pd.DataFrame, values: Mapping[Hashable, Sequence[Any]]) -> pd.DataFrame:
    """A frame of *values*, with the dtypes that the columns of *empty* have."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(list(held), dtype=empty[name].dtype) for name, held in values.items()})


def rows_of(frame: pd.DataFrame, call: Call, columns: Mapping[Hashable, pd.Series[Any]]) -> Iterable[pa.RecordBatch]:
    """The rows that *call* reads, group by group where it gathers them; *columns* are those it reads."""
    if call.service.gather is None:
        return _batches(columns, len(frame), call)
    return [in_groups(frame.index, columns, call)[0]] if len(frame) else []


def answered(
    frame: pd.DataFrame,
    call: Call,
    run: Run,
    drop: Sequence[Hashable],
    *,
    nested: str = "python",
    columns: Mapping[Hashable, pd.Series[Any]] | None = None,
) -> Any:
    """*frame* with the call's columns.

    *nested* "arrow" keeps lists and structs in Arrow's own dtype. *columns* are those that the call reads, where the
    caller has them at hand.
    """
    read = columns_of(frame, call) if columns is None else columns
    if call.service.gather is None:
        answers = list(run(call, _batches(read, len(frame), call)))
        table = answers[0] if len(answers) == 1 else pa.Table.from_batches(answers, schema=call.schema)
    else:
        table = gathered(frame.index, read, call, run)
    names = table.schema.names
    dropped = [name for name in drop if name not in names]
    kept = frame.drop(columns=dropped) if dropped else frame
    values = {name: pandas_column(column, nested) for name, column in zip(names, table.columns, strict=True)}
    return with_columns(kept, values)


def _batches(columns: Mapping[Hashable, pd.Series[Any]], rows: int, call: Call) -> Iterable[pa.RecordBatch]:
    """The call's columns in slices; what is one slice is at hand at once."""
    if call.service.media is not None:
        return _slices(columns, rows, call, _sizes([columns[name] for name in call.inputs], rows))
    slices = _slices(columns, rows, call, repeat(_SLICE_ROWS))
    return list(slices) if rows <= _SLICE_ROWS else slices


def _slices(
    columns: Mapping[Hashable, pd.Series[Any]], rows: int, call: Call, sizes: Iterator[int]
) -> Iterator[pa.RecordBatch]:
    """Slices of these *sizes*. A column may stand there twice, so they are numbered."""
    names = [str(place) for place in range(len(call.columns))]
    prior = dict(zip(call.prior, call.schema.types, strict=False)) if call.prior else {}
    start = 0
    while start < rows:
        stop = min(rows, start + next(sizes))
        arrays = []
        for place, name in enumerate(call.columns):
            series = columns[name] if stop - start == rows else columns[name].iloc[start:stop]
            arrays.append(arrow_column(series, prior.get(name), call.reads_at(place)))
        yield pa.record_batch(arrays, names=names)
        start = stop


def _sizes(columns: Sequence[pd.Series[Any]], rows: int) -> Iterator[int]:
    """How many rows to take at a time where they may hold pictures: of objects each slice is a copy."""
    objects = [column.to_numpy() for column in columns if column.dtype == object]
    if not objects:
        yield from repeat(_SLICE_ROWS)
    taken = size_bytes = 0
    for row in range(rows):
        size_bytes += sum(weight(column[row]) for column in objects)
        taken += 1
        if size_bytes >= _SLICE_BYTES or taken == _SLICE_ROWS:
            yield taken
            taken = size_bytes = 0
    yield max(1, taken)


BACKEND = PandasBackend()
