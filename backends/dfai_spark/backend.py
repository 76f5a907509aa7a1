"""Spark frames for the core: answer columns that ask when the plan is run."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pyarrow as pa

from dfai_core.backend import Function, Run
from dfai_core.call import Call
from dfai_core.errors import BackendNotFound, ConfigError
from dfai_spark.budget import budget_for
from dfai_spark.fetching import fetched, head, like
from dfai_spark.plan import with_answers
from dfai_spark.report import AccumulatorChannel, LogChannel, channel_of
from dfai_spark.rolling import with_newest
from dfai_spark.sql import register
from dfai_spark.survey import sampled, surveyed
from dfai_spark.types import kind_of

__all__ = ["BACKEND", "SparkBackend"]


class SparkBackend:
    """Serves ``pyspark.sql.DataFrame``, classic and Connect, batch and stream."""

    name = "spark"
    ordered = False
    trigger = "pyspark.sql"

    def attach(self, name: str, frame: Callable[[Any], Any], series: Callable[[Any], Any] | None) -> str | None:
        from pyspark.sql import DataFrame  # the parent of the classic and of the Connect class

        holder = getattr(DataFrame, name, None)
        if holder is not None:
            return str(getattr(getattr(holder, "fget", holder), "__module__", type(holder).__module__))
        setattr(DataFrame, name, property(frame, doc="Every verb on this frame."))
        return None

    def detach(self, name: str) -> None:
        from pyspark.sql import DataFrame

        if name in vars(DataFrame):
            delattr(DataFrame, name)

    def declines(self, frame: Any) -> str | None:
        if type(frame).__module__.startswith("pyspark.pandas"):
            return "pandas-on-Spark frames are not served: write df.to_spark().ai, then .pandas_api() to come back."
        from pyspark.sql import DataFrame

        if not isinstance(frame, DataFrame):
            kind = type(frame).__name__
            return f"a Spark {kind} is no frame: call the verb on the DataFrame that it comes from."
        return None

    def is_lazy(self, frame: Any) -> bool:
        return True

    def columns(self, frame: Any) -> Sequence[Hashable]:
        return list(frame.columns)

    def index_of_times(self, frame: Any) -> bool:
        return False

    def same_name(self, frame: Any) -> Callable[[Hashable], Hashable]:
        if str(frame.sparkSession.conf.get("spark.sql.caseSensitive")).lower() == "true":
            return lambda name: name
        return lambda name: name.lower() if isinstance(name, str) else name

    def kind(self, frame: Any, column: Hashable) -> str:
        return kind_of(frame.schema[column].dataType)

    def schema(self, frame: Any) -> pa.Schema:
        from pyspark.sql.pandas.types import to_arrow_schema

        return to_arrow_schema(frame.schema)

    def surveyed(
        self,
        frame: Any,
        call: Call,
        survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
        join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
        schema: pa.Schema,
    ) -> pa.RecordBatch:
        return surveyed(frame, call.shipped(), survey, join, schema)

    def sampled(self, frame: Any, rows: int) -> tuple[Any, int]:
        return sampled(frame, rows)

    def apply(self, frame: Any, call: Call, run: Run, drop: Sequence[Hashable]) -> Any:
        if call.service.gather is not None and frame.isStreaming:
            rolling = "To judge each point by those before it: dfai.spark.rolling_anomalies(stream, …). "
            raise ConfigError(
                f"{call.service.name} reads whole series, and a stream has no end. "
                f"{rolling if len(call.inputs) == 1 else ''}Inside foreachBatch the verb sees a batch's rows."
            )
        same = self.same_name(frame)
        replaced = {same(name) for name in call.schema.names}
        shipped = replace(call.shipped(), budget=budget_for(frame.sparkSession, call))
        return with_answers(frame, shipped, run, [str(name) for name in drop if same(name) not in replaced])

    def rolling(self, frame: Any, call: Call, run: Run, points: int) -> Any:
        return with_newest(frame, replace(call, budget=budget_for(frame.sparkSession, call)), run, points)

    def fetched(self, frame: Any, call: Call, most_rows: int) -> pa.RecordBatch | None:
        return fetched(frame, call, most_rows)

    def head(self, frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
        return head(frame, columns, rows)

    def like(self, frame: Any, values: Mapping[Hashable, Sequence[Any]]) -> Any:
        return like(frame, values)

    def channel(self, frame: Any) -> AccumulatorChannel | LogChannel:
        return channel_of(frame)

    def register(self, session: Any, functions: Sequence[Function]) -> None:
        register(session, functions)

    def build(self, table: pa.Table, session: Any) -> Any:
        from pyspark.sql import SparkSession

        session = session or SparkSession.getActiveSession()
        if session is None:
            raise ConfigError("there is no Spark session to make a frame in: give it, backend=spark.")
        return session.createDataFrame(table)

    def pick(self, frame: Any, column: Hashable) -> NoReturn:
        raise BackendNotFound(_NO_SERIES)

    def framed(self, series: Any) -> NoReturn:
        raise BackendNotFound(_NO_SERIES)


_NO_SERIES = "Spark has columns inside frames only: call the verb on the frame, df.ai.<verb>(column)."

BACKEND = SparkBackend()
