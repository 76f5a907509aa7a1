"""pandas frames for the core: columns to record batches, answers back to columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_pandas.columns import arrow_column, kind_of, pandas_column, type_of, with_columns
from dfai_pandas.groups import gathered

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BACKEND", "PandasBackend", "answered"]

_SLICE_ROWS = 10_000


class PandasBackend:
    """Serves ``pandas.DataFrame`` and what derives from it."""

    name = "pandas"
    lazy = False
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

    def pick(self, frame: Any, column: Hashable) -> Any:
        return frame[column]

    def framed(self, series: Any) -> tuple[Any, Hashable]:
        name = "text" if series.name is None else series.name
        return series.to_frame(name), name


def answered(frame: pd.DataFrame, call: Call, run: Run, drop: Sequence[Hashable], *, nested: str = "python") -> Any:
    """*frame* with the call's columns; *nested* "arrow" keeps lists and structs in Arrow's own dtype."""
    if call.service.gather is None:
        table = pa.Table.from_batches(list(run(call, _batches(frame, call))), schema=call.schema)
    else:
        table = gathered(frame, call, run)
    dropped = [name for name in drop if name not in table.column_names]
    kept = frame.drop(columns=dropped) if dropped else frame
    return with_columns(kept, {name: pandas_column(table.column(name), nested) for name in table.column_names})


def _batches(frame: pd.DataFrame, call: Call) -> Iterator[pa.RecordBatch]:
    """The call's columns in slices; a column may stand there twice, so they are numbered."""
    names = [str(place) for place in range(len(call.columns))]
    prior = dict(zip(call.prior, call.schema.types, strict=False)) if call.prior else {}
    for start in range(0, len(frame), _SLICE_ROWS):
        rows = frame.iloc[start : start + _SLICE_ROWS]
        arrays = [arrow_column(rows[name], prior.get(name), call.service.reads) for name in call.columns]
        yield pa.record_batch(arrays, names=names)


BACKEND = PandasBackend()
