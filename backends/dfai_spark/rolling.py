"""The newest point of each series of a stream, judged by the last points before it.

Spark keeps those points for each series, in the state of its own checkpoint: a query that is started again goes on with
them. Each new point is asked about with its own window, so its answer does not depend on how the stream is cut into
micro-batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.store import has_folders
from dfai_spark.plan import quoted
from dfai_spark.types import spark_type
from dfai_spark.worker import paying_once
from dfai_spark.workers_python import own_python

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Held", "answers", "with_newest"]

_ROW, _VALUE, _TIME, _WINDOW = "__dfai_row", "__dfai_value", "__dfai_time", "__dfai_window"
# How many rows of windows are laid out at once.
_MOST_ROWS = 200_000

Numbers = np.ndarray[Any, Any]


def with_newest(frame: Any, call: Call, run: Run, points: int) -> Any:
    """*frame*, a stream or a batch, with an answer for each of its points from the *points* before it."""
    from pyspark.sql import functions, types
    from pyspark.sql.streaming.state import GroupStateTimeout

    (value,) = call.inputs
    keys = {f"__dfai_key_{place}": functions.col(quoted(name)) for place, name in enumerate(call.by)}
    packed = frame.select(
        # In a struct the other columns come back as they went; on their own pandas would change their types.
        functions.struct("*").alias(_ROW),
        functions.col(quoted(value)).cast("double").alias(_VALUE),
        _microseconds(frame, call.order).alias(_TIME),
        *(key.alias(name) for name, key in keys.items()),
    )
    answer = spark_type(call.schema)
    result = types.StructType([packed.schema[_ROW], *answer.fields])
    ask = _shipped(replace(call, by=(_WINDOW,)), run, points, answer.names)
    groups = packed.groupBy(*keys)
    with own_python(frame.sparkSession):
        if frame.isStreaming:
            rolled = groups.applyInPandasWithState(
                lambda _, frames, state: ask(frames, state),
                result,
                "points binary",
                "append",
                GroupStateTimeout.NoTimeout,
            )
        else:
            rolled = groups.applyInPandas(lambda rows: next(ask(iter([rows]), None)), result)
    named = zip(answer.names, call.schema.names, strict=True)
    return rolled.select(f"{_ROW}.*", *(functions.col(field).alias(name) for field, name in named))


def _microseconds(frame: Any, name: str) -> Any:
    """A column of times as microseconds since 1970; without a zone they are UTC, whatever the session's zone is."""
    from pyspark.sql import functions, types

    column, kind = functions.col(quoted(name)), frame.schema[name].dataType
    if isinstance(kind, types.TimestampNTZType):
        return functions.unix_micros(
            functions.to_timestamp(functions.concat(column.cast("string"), functions.lit("Z")))
        )
    if isinstance(kind, types.TimestampType):
        return functions.unix_micros(column)
    if isinstance(kind, types.DateType):
        return functions.unix_date(column).cast("bigint") * 86_400_000_000
    raise ConfigError(
        f"timestamp={name!r} holds {kind.simpleString()}: on a stream it must hold timestamps or dates. Convert it "
        "first: to_timestamp, or timestamp_seconds for numbers."
    )


def _shipped(call: Call, run: Run, points: int, names: Sequence[str]) -> Callable[..., Iterator[pd.DataFrame]]:
    """The function for Spark's workers: what it needs travels as bytes that it opens itself."""
    from pyspark import cloudpickle

    whole = cloudpickle.dumps((call, run, points, tuple(names), has_folders()))

    def newest(frames: Iterator[pd.DataFrame], state: Any) -> Iterator[pd.DataFrame]:
        import pickle

        call, run, points, names, keeps = pickle.loads(whole)  # noqa: S301  our own bytes, from our own driver
        from dfai_spark.rolling import answers

        yield answers(frames, state, call, run, points, names, keeps=keeps)

    return newest


# ---- on the worker -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """The newest points of a series, in order of time: microseconds and values."""

    times: Numbers
    values: Numbers

    @classmethod
    def of(cls, kept: bytes | None) -> Held:
        """What `kept` made."""
        both = np.frombuffer(kept or b"", np.int64)
        return cls(both[: len(both) // 2], both[len(both) // 2 :].view(np.float64))

    def kept(self) -> bytes:
        """All of it, for Spark's state."""
        return self.times.tobytes() + self.values.tobytes()

    def before(self, time: int, points: int) -> Held:
        """The last *points* before *time*."""
        end = int(np.searchsorted(self.times, time))
        return Held(self.times[max(0, end - points) : end], self.values[max(0, end - points) : end])

    def with_point(self, time: int, value: float, points: int) -> Held:
        """With one more, in its place, and no more than *points*; one of the same time is replaced."""
        start = int(np.searchsorted(self.times, time))
        end = int(np.searchsorted(self.times, time, "right"))
        times = np.concatenate([self.times[:start], [time], self.times[end:]])
        values = np.concatenate([self.values[:start], [value], self.values[end:]])
        return Held(times[-points:], values[-points:])


def answers(
    frames: Iterator[pd.DataFrame], state: Any, call: Call, run: Run, points: int, names: Sequence[str], *, keeps: bool
) -> pd.DataFrame:
    """The new rows of one series with their answers; *state* holds its last points, None where there are no others."""
    import pandas as pd

    rows = pd.concat(list(frames), ignore_index=True)
    call = paying_once(call, keeps)
    held = Held.of(state.get[0] if state is not None and state.exists else None)
    values = rows[_VALUE].to_numpy(dtype=np.float64, na_value=np.nan)
    times = rows[_TIME].to_numpy(dtype=np.float64, na_value=np.nan)
    dated = ~np.isnan(times)
    exact = rows[_TIME].fillna(0).to_numpy(dtype=np.int64)
    found = [pd.DataFrame({name: [] for name in names})]
    windows: list[tuple[int, Numbers, Numbers]] = []
    laid = 0
    for row in np.lexsort((exact, ~dated)).tolist():
        if np.isnan(values[row]):
            continue
        time, value = int(exact[row]), float(values[row])
        window = held.before(time, points) if dated[row] else Held.of(None)
        moment = time if dated[row] else np.iinfo(np.int64).min  # numpy's spelling of no time
        windows.append((row, np.append(window.times, moment), np.append(window.values, value)))
        laid += len(window.times) + 1
        if dated[row] and np.isfinite(value):  # others would spoil the windows of those after them
            held = held.with_point(time, value, points)
        if laid >= _MOST_ROWS:
            found.append(_asked(windows, call, run, names))
            windows, laid = [], 0
    if windows:
        found.append(_asked(windows, call, run, names))
    if state is not None:
        state.update((held.kept(),))
    answered = pd.concat([part for part in found if len(part)] or found)
    # Reindexed: rows without a value were not asked.
    return rows[[_ROW]].join(answered.reindex(rows.index))


def _asked(windows: Sequence[tuple[int, Numbers, Numbers]], call: Call, run: Run, names: Sequence[str]) -> pd.DataFrame:
    """The answers to the newest point of each window, by its row."""
    import pandas as pd

    from dfai_pandas.backend import answered

    lengths = np.array([len(times) for _, times, _ in windows])
    frame = pd.DataFrame(
        {
            call.inputs[0]: np.concatenate([values for _, _, values in windows]),
            call.order: pd.to_datetime(np.concatenate([times for _, times, _ in windows]).view("datetime64[us]")),
            _WINDOW: np.repeat(np.arange(len(windows)), lengths),
        }
    )
    newest: pd.DataFrame = answered(frame, call, run, ())[call.schema.names].iloc[np.cumsum(lengths) - 1]
    newest.columns = list(names)
    newest.index = pd.Index([row for row, _, _ in windows])
    return newest
