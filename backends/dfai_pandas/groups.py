"""Verbs over groups of rows on pandas: rows go to the core group by group, their answers back to where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import INDEX, Call
from dfai_core.errors import ConfigError
from dfai_pandas.columns import arrow_column, columns_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

__all__ = ["fetched", "gathered", "in_groups"]


def gathered(index: pd.Index[Any], columns: Mapping[Hashable, pd.Series[Any]], call: Call, run: Run) -> pa.Table:
    """The answers to the rows of a frame with *index* and *columns*, one by one, of a service that takes groups."""
    rows = len(index)
    together, order = in_groups(index, columns, call)
    back = np.empty(rows, np.int64)
    back[order] = np.arange(rows)
    answers = list(run(call, [together] if rows else []))
    return pa.Table.from_batches(answers, schema=call.schema).take(pa.array(back))


def in_groups(
    index: pd.Index[Any], columns: Mapping[Hashable, pd.Series[Any]], call: Call
) -> tuple[pa.RecordBatch, np.ndarray[Any, Any]]:
    """The rows that *call* reads, those of a group one after the other, and where each stood."""
    numbers = [_numbered(columns[name]) for name in call.by]
    batch = _batch(index, columns, call, numbers)
    # Equal rows keep their order: it is the order of a series that has no times.
    order = np.lexsort(numbers[::-1]) if numbers else np.arange(len(index))
    return batch.take(pa.array(order)), order


def fetched(frame: pd.DataFrame, call: Call, most_rows: int) -> pa.RecordBatch | None:
    """The columns that a call reads, rows as they come; None where there are too many."""
    if len(frame) > most_rows:
        return None
    columns = columns_of(frame, call)
    return _batch(frame.index, columns, call, [_numbered(columns[name]) for name in call.by])


def _batch(
    index: pd.Index[Any],
    columns: Mapping[Hashable, pd.Series[Any]],
    call: Call,
    numbers: list[np.ndarray[Any, Any]],
) -> pa.RecordBatch:
    times = index.to_series() if call.order is INDEX else None if call.order is None else columns[call.order]
    arrays = [
        *(arrow_column(columns[name], reads=call.service.reads) for name in call.inputs),
        *(arrow_column(columns[name]) for _, name in call.varying),
        *(pa.array(column) for column in numbers),
        *([] if times is None else [arrow_column(times, reads="times")]),
        *(arrow_column(columns[name], kind) for name, kind in zip(call.prior, call.schema.types, strict=False)),
    ]
    # One batch: of Python objects each slice could turn out to be of another type.
    return pa.record_batch(arrays, names=[str(place) for place in range(len(arrays))])


def _numbered(values: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """A number for each distinct value; missing ones are a value like others."""
    import pandas as pd

    try:
        codes, _ = pd.factorize(values, use_na_sentinel=True)
    except TypeError as error:
        raise ConfigError(f"by={values.name!r}: its values cannot make groups ({error}).") from error
    return np.asarray(codes)
