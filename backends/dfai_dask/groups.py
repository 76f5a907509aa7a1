"""Verbs over groups of rows on Dask: rows travel to their group, answers back to their partition and row.

Only the columns that the call reads are shuffled. What comes back is put beside a partition that Dask may have computed
a second time, with its rows in another order (after a shuffle of its own, or on another worker when one was lost): so
rows are known by what they hold, not by their place alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dfai_core.backend import Run
from dfai_core.call import INDEX, Call
from dfai_core.errors import CallError
from dfai_dask.partition import Answer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["together", "with_answers"]

_PARTITION, _ROW, _HASH, _TIME = "__dfai_partition", "__dfai_row", "__dfai_hash", "__dfai_time"
_NUMBERS = {_PARTITION: "int64", _ROW: "int64", _HASH: "uint64"}


def with_answers(frame: Any, call: Call, run: Run, drop: Sequence[Hashable], meta: pd.DataFrame) -> Any:
    """*frame* with the call's answers, which look like *meta*; nothing is asked yet."""
    names = _names(call)
    rows, moved = together(frame, call)
    answer = Answer(moved.shipped(), run, ())
    pick = _Pick(answer, (*_NUMBERS, *call.schema.names), call.id)
    empty = rows._meta[list(_NUMBERS)]
    for field in call.schema:
        empty[field.name] = meta[field.name].array
    answers = rows.map_partitions(pick, meta=empty, align_dataframes=False)
    # An index with known divisions puts every row into the partition of its number.
    back = answers.set_index(_PARTITION, divisions=list(range(frame.npartitions + 1)))
    join = _Join(tuple(names), call.order is INDEX, tuple(call.schema.names), tuple(drop), call.id)
    return frame.map_partitions(join, back, meta=meta, align_dataframes=False)


def together(frame: Any, call: Call) -> tuple[Any, Call]:
    """The columns that *call* reads, all rows of a group in one partition, and the call on them."""
    read = _Number(tuple(_names(call)), call.order is INDEX, call.id)
    rows = frame.map_partitions(read, meta=read(frame._meta).astype(_NUMBERS), align_dataframes=False)
    return rows.shuffle(on=list(call.by)) if call.by else rows.repartition(npartitions=1), _moved(call)


def _names(call: Call) -> list[Hashable]:
    return list(dict.fromkeys(name for name in call.columns if name is not INDEX))


def _moved(call: Call) -> Call:
    """*call* on the rows that travel: the times of an index are a column there."""
    return replace(call, order=_TIME) if call.order is INDEX else call


@dataclass(frozen=True, slots=True)
class _Number:
    """The columns that a call reads, and which row of which partition each row is."""

    names: tuple[Hashable, ...]
    index: bool
    call: str

    def __call__(self, partition: pd.DataFrame, partition_info: Any = None) -> pd.DataFrame:
        rows = _read(partition, self.names, self.index)
        rows[_PARTITION] = np.int64(partition_info["number"] if partition_info else 0)
        rows[_ROW] = np.arange(len(rows), dtype=np.int64)
        rows[_HASH] = _hashes(partition, self.names, self.index)
        return rows

    @property
    def __name__(self) -> str:
        return "dfai-rows"

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return "dfai-rows", self.names, self.index, self.call


@dataclass(frozen=True, slots=True)
class _Pick:
    """The answers of whole groups, without the columns that were read."""

    answer: Callable[[pd.DataFrame], pd.DataFrame]
    names: tuple[Hashable, ...]
    call: str

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        return self.answer(rows)[list(self.names)]

    @property
    def __name__(self) -> str:
        return str(self.answer.__name__)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return "dfai-groups", self.call


@dataclass(frozen=True, slots=True)
class _Join:
    """A partition with the answers to its rows."""

    names: tuple[Hashable, ...]
    index: bool
    answers: tuple[Hashable, ...]
    drop: tuple[Hashable, ...]
    call: str

    def __call__(self, partition: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
        places = _places(answers, _hashes(partition, self.names, self.index))
        result = partition.drop(columns=[name for name in self.drop if name not in self.answers])
        for name in self.answers:
            result[name] = answers[name].array[places]
        return result

    @property
    def __name__(self) -> str:
        return "dfai-join"

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return "dfai-join", self.names, self.index, self.answers, self.drop, self.call


def _read(partition: pd.DataFrame, names: Sequence[Hashable], index: bool) -> pd.DataFrame:
    rows = partition[list(names)].copy(deep=False)
    if index:
        rows[_TIME] = partition.index
    return rows.reset_index(drop=True)


def _hashes(partition: pd.DataFrame, names: Sequence[Hashable], index: bool) -> np.ndarray[Any, Any]:
    """What each row holds, as one number."""
    import pandas as pd

    read = _read(partition, names, index)
    try:
        return np.asarray(pd.util.hash_pandas_object(read, index=False))
    except TypeError:  # lists and the like
        return np.asarray(pd.util.hash_pandas_object(read.astype(str), index=False))


def _places(answers: pd.DataFrame, wanted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where in *answers* each row's own stands.

    Raises
    ------
    CallError
        Where the partition holds other rows than those that were asked.
    """
    order = np.argsort(answers[_ROW].to_numpy(), kind="stable")
    found = answers[_HASH].to_numpy()
    if len(found) == len(wanted) and (found[order] == wanted).all():
        return order
    by_hash, wanted_by_hash = order[np.argsort(found[order], kind="stable")], np.argsort(wanted, kind="stable")
    if len(found) != len(wanted) or (found[by_hash] != wanted[wanted_by_hash]).any():
        raise CallError(
            "a partition held other rows when it was computed again, so its answers have no place. "
            "Keep it first: frame.persist(), or write it and read it back."
        )
    places = np.empty(len(wanted), np.int64)
    places[wanted_by_hash] = by_hash
    return places
