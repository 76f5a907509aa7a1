"""polars frames for the core, eager and lazy: what the protocol asks, answered in polars' own terms."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_polars.columns import kind_of, schema_of
from dfai_polars.lazy import answered_later, collected, read_in_parts, some_of
from dfai_polars.rows import answered, checked, rows_of, rows_together

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BACKEND", "PolarsBackend"]

_NO_FRAMES = {
    "Series": "a polars Series is no frame: write series.ai, or series.to_frame().ai for all columns of the answer.",
    "Expr": 'an expression has no rows to ask about: call the verb on the frame, frame.ai.<verb>("column").',
}


class PolarsBackend:
    """Serves ``polars.DataFrame`` and ``polars.LazyFrame``."""

    name = "polars"
    ordered = True
    trigger = "polars"

    def attach(self, name: str, frame: Callable[[Any], Any], series: Callable[[Any], Any] | None) -> str | None:
        import polars as pl

        places: list[tuple[type[Any], Any, Callable[[str], Callable[[Any], Any]]]] = [
            (pl.DataFrame, frame, pl.api.register_dataframe_namespace),
            (pl.LazyFrame, frame, pl.api.register_lazyframe_namespace),
            (pl.Series, series, pl.api.register_series_namespace),
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
        import polars as pl

        for cls in (pl.DataFrame, pl.LazyFrame, pl.Series):
            if name in vars(cls):
                delattr(cls, name)

    def declines(self, frame: Any) -> str | None:
        import polars as pl

        if isinstance(frame, (pl.DataFrame, pl.LazyFrame)):
            return None
        kind = type(frame).__name__
        return _NO_FRAMES.get(kind, f"a polars {kind} is no frame: end it first, for example with .agg(…).")

    def is_lazy(self, frame: Any) -> bool:
        import polars as pl

        return isinstance(frame, pl.LazyFrame)

    def columns(self, frame: Any) -> Sequence[Hashable]:
        names: list[str] = frame.collect_schema().names()
        return names

    def index_of_times(self, frame: Any) -> bool:
        return False  # polars has no index

    def same_name(self, frame: Any) -> Callable[[Hashable], Hashable]:
        return lambda name: name

    def kind(self, frame: Any, column: Hashable) -> str:
        return kind_of(frame.collect_schema()[column])

    def schema(self, frame: Any) -> pa.Schema:
        return schema_of(frame.collect_schema())

    def apply(self, frame: Any, call: Call, run: Run, drop: Sequence[Hashable]) -> Any:
        checked(frame.collect_schema(), call)
        if self.is_lazy(frame):
            return answered_later(frame, call, run, drop)
        return answered(frame, call, run, drop)

    def channel(self, frame: Any) -> None:
        return None  # lazy frames are computed in the process that made them

    def fetched(self, frame: Any, call: Call, most_rows: int) -> pa.RecordBatch | None:
        # One row more than may come tells that there are too many.
        rows: pl.DataFrame = collected(frame.select(_read_by(call)).head(most_rows + 1))
        return None if rows.height > most_rows else rows_together(rows, call)

    def head(self, frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
        found = collected(frame.select(columns).head(rows))
        return {series.name: series.to_list() for series in found.get_columns()}

    def like(self, frame: Any, values: Mapping[Hashable, Sequence[Any]]) -> Any:
        import polars as pl

        schema = frame.collect_schema()
        made = pl.DataFrame([pl.Series(str(name), list(held), schema[str(name)]) for name, held in values.items()])
        return made.lazy() if self.is_lazy(frame) else made

    def surveyed(
        self,
        frame: Any,
        call: Call,
        survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
        join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
        schema: pa.Schema,
    ) -> pa.RecordBatch:
        checked(frame.collect_schema(), call)
        needed = frame.select(_read_by(call))
        if self.is_lazy(frame) and call.service.gather is None:
            return survey(call, read_in_parts(needed, call))
        return survey(call, rows_of(collected(needed), call))

    def sampled(self, frame: Any, rows: int) -> tuple[Any, int]:
        return some_of(frame, rows)

    def build(self, table: pa.Table, session: Any) -> Any:
        import polars as pl

        return pl.DataFrame(table)

    def pick(self, frame: Any, column: Hashable) -> Any:
        return frame[column]

    def framed(self, series: Any) -> tuple[Any, Hashable]:
        name = series.name or "text"
        return series.to_frame(name), name


def _read_by(call: Call) -> list[str]:
    """The columns that *call* reads, each once."""
    return list(dict.fromkeys(call.columns))


BACKEND = PolarsBackend()
