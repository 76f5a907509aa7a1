"""Verbs over groups of rows on pandas: rows go to the core group by group, their answers back to where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import INDEX, Call
from dfai_core.errors import ConfigError
from dfai_pandas.columns import arrow_column

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

__all__ = ["fetched", "gathered"]


def gathered(frame: pd.DataFrame, call: Call, run: Run) -> pa.Table:
    """The answers to *frame*, row by row, of a service that takes whole groups."""
    numbers = [_numbered(frame, name) for name in call.by]
    batch = _batch(frame, call, numbers)
    # Equal rows keep their order: it is the order of a series that has no times.
    order = np.lexsort(numbers[::-1]) if numbers else np.arange(len(frame))
    back = np.empty(len(frame), np.int64)
    back[order] = np.arange(len(frame))
    answers = list(run(call, [batch.take(pa.array(order))] if len(frame) else []))
    return pa.Table.from_batches(answers, schema=call.schema).take(pa.array(back))


def fetched(frame: pd.DataFrame, call: Call, most_rows: int) -> pa.RecordBatch | None:
    """The columns that a call reads, rows as they come; None where there are too many."""
    if len(frame) > most_rows:
        return None
    return _batch(frame, call, [_numbered(frame, name) for name in call.by])


def _batch(frame: pd.DataFrame, call: Call, numbers: list[np.ndarray[Any, Any]]) -> pa.RecordBatch:
    arrays = [
        *(arrow_column(frame[name], reads=call.service.reads) for name in call.inputs),
        *(arrow_column(frame[name]) for _, name in call.varying),
        *(pa.array(column) for column in numbers),
        *([] if call.order is None else [arrow_column(_times(frame, call.order), reads="times")]),
        *(arrow_column(frame[name], kind) for name, kind in zip(call.prior, call.schema.types, strict=False)),
    ]
    # One batch: of Python objects each slice could turn out to be of another type.
    return pa.record_batch(arrays, names=[str(place) for place in range(len(arrays))])


def _numbered(frame: pd.DataFrame, name: Hashable) -> np.ndarray[Any, Any]:
    """A number for each distinct value; missing ones are a value like others."""
    import pandas as pd

    try:
        codes, _ = pd.factorize(frame[name], use_na_sentinel=True)
    except TypeError as error:
        raise ConfigError(f"by={name!r}: its values cannot make groups ({error}).") from error
    return np.asarray(codes)


def _times(frame: pd.DataFrame, order: Any) -> pd.Series[Any]:
    return frame.index.to_series() if order is INDEX else frame[order]
