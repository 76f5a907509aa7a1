"""Dask frames for the core: each partition is a pandas frame, answered when it is computed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import INDEX, Call
from dfai_dask.groups import together, with_answers
from dfai_dask.heading import head, like
from dfai_dask.partition import Answer, Survey
from dfai_dask.report import CHANNEL, EventChannel
from dfai_pandas.columns import empty_column, kind_of, type_of
from dfai_pandas.groups import fetched

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BACKEND", "DaskBackend"]

# Rows of a partition that is built here: each is a file to be read, and a request.
_BUILT_ROWS = 500
_JOINED = 8


class DaskBackend:
    """Serves ``dask.dataframe.DataFrame``, under every scheduler."""

    name = "dask"
    ordered = True
    trigger = "dask.dataframe"

    def attach(self, name: str, frame: Callable[[Any], Any], series: Callable[[Any], Any] | None) -> str | None:
        import dask.dataframe as dd
        from dask.dataframe.extensions import register_dataframe_accessor, register_series_accessor

        for cls, make, register in (
            (dd.DataFrame, frame, register_dataframe_accessor),
            (dd.Series, series, register_series_accessor),
        ):
            if make is None:
                continue
            holder = getattr(cls, name, None)
            if holder is not None:
                return str(getattr(holder, "__module__", type(holder).__module__))
            register(name)(make)
        return None

    def detach(self, name: str) -> None:
        import dask.dataframe as dd

        for cls in (dd.DataFrame, dd.Series):
            if name in vars(cls):
                delattr(cls, name)

    def declines(self, frame: Any) -> str | None:
        import dask.dataframe as dd

        if isinstance(frame, dd.Series):
            return "a Dask Series is no frame: write series.ai, or series.to_frame().ai for all columns of the answer."
        if not isinstance(frame, dd.DataFrame):
            kind = type(frame).__name__
            return f"a Dask {kind} is no frame: make one with its to_dataframe(), or with dask.dataframe.from_delayed."
        if frame._meta.columns.nlevels > 1:
            return "this frame's columns are a MultiIndex; give them one level first."
        return None

    def is_lazy(self, frame: Any) -> bool:
        return True

    def columns(self, frame: Any) -> Sequence[Hashable]:
        return list(frame._meta.columns)

    def index_of_times(self, frame: Any) -> bool:
        import pandas as pd

        return isinstance(frame._meta.index, pd.DatetimeIndex)

    def same_name(self, frame: Any) -> Callable[[Hashable], Hashable]:
        return lambda name: name

    def kind(self, frame: Any, column: Hashable) -> str:
        # The meta of a partition has no rows, and an empty column of numbers looks like one without values.
        return kind_of(frame[column]._meta_nonempty)

    def schema(self, frame: Any) -> pa.Schema:
        import pandas as pd

        known = {
            name: pa.null() if pd.api.types.is_object_dtype(kind) else type_of(frame[name]._meta_nonempty)
            for name, kind in frame._meta.dtypes.items()
        }
        return pa.schema([(str(name), kind) for name, kind in known.items()])

    def apply(self, frame: Any, call: Call, run: Run, drop: Sequence[Hashable]) -> Any:
        meta = _meta(frame._meta, call, drop)
        if call.service.gather is not None:
            return with_answers(frame, call, run, drop, meta)
        # The partition as a whole, not the input columns beside the rest: what Dask may project it may also
        # compute twice, and rows of a shuffled partition need not come in the same order again.
        return frame.map_partitions(
            Answer(call.shipped(), run, tuple(drop)),
            meta=meta,
            align_dataframes=False,
        )

    def fetched(self, frame: Any, call: Call, most_rows: int) -> pa.RecordBatch | None:
        needed = frame[list(dict.fromkeys(name for name in call.columns if name is not INDEX))]
        # Counted first: rows that are too many must not come here. Dask counts Parquet by its footers alone.
        return None if len(needed) > most_rows else fetched(needed.compute(), call, most_rows)

    def head(self, frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
        found = head(frame[list(columns)], rows)
        return {name: found[name].tolist() for name in columns}

    def like(self, frame: Any, values: Mapping[Hashable, Sequence[Any]]) -> Any:
        return like(frame, values)

    def surveyed(
        self,
        frame: Any,
        call: Call,
        survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
        join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
        schema: pa.Schema,
    ) -> pa.RecordBatch:
        from dask import delayed

        if call.service.gather is not None:
            needed, call = together(frame, call)
        else:
            needed = frame[list(dict.fromkeys(call.columns))]
        each = delayed(Survey(call.shipped(), survey), pure=True)
        parts = [each(partition) for partition in needed.to_delayed()]
        joined = delayed(join, pure=True)
        while len(parts) > 1:  # a tree, so that no task holds what all partitions say
            parts = [joined(parts[start : start + _JOINED]) for start in range(0, len(parts), _JOINED)]
        found: pa.RecordBatch = parts[0].compute()
        return found

    def sampled(self, frame: Any, rows: int) -> tuple[Any, int]:
        whole = len(frame)
        return (frame, whole) if whole <= rows else (frame.sample(frac=rows / whole, random_state=0), whole)

    def channel(self, frame: Any) -> EventChannel:
        return CHANNEL

    def build(self, table: pa.Table, session: Any) -> Any:
        import dask.dataframe as dd

        return dd.from_pandas(table.to_pandas(), chunksize=_BUILT_ROWS, sort=False)

    def pick(self, frame: Any, column: Hashable) -> Any:
        return frame[column]

    def framed(self, series: Any) -> tuple[Any, Hashable]:
        name = "text" if series.name is None else series.name
        return series.to_frame(name), name


def _meta(empty: pd.DataFrame, call: Call, drop: Sequence[Hashable]) -> pd.DataFrame:
    """What a partition looks like afterwards: the same steps on no rows."""
    names = call.schema.names
    meta = empty.drop(columns=[name for name in drop if name not in names])
    for field in call.schema:
        meta[field.name] = empty_column(field.type, "arrow")
    return meta


BACKEND = DaskBackend()
