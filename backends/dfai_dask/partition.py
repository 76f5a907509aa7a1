"""What travels to the worker of a partition."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_dask.application import here
from dfai_dask.budget import budget_here
from dfai_pandas.backend import answered, rows_of
from dfai_pandas.columns import columns_of, kind_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer", "Survey"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers one partition. Lists and structs stay Arrow's, since ``to_parquet`` refuses Python's.

    *application* is the process that built the graph. Its partitions that are computed elsewhere share a store, since
    Dask computes them again: for the divisions of a new index, a second ``compute()``, a worker that was lost.
    """

    call: Call
    run: Run
    drop: tuple[Hashable, ...]
    application: str = field(default_factory=here)

    def __call__(self, partition: pd.DataFrame) -> pd.DataFrame:
        call = _here(self.call, self.application)
        budget = budget_here(call, self.application)
        if budget is not None:
            call = replace(call, budget=budget)
        columns = _read(partition, call)
        result: pd.DataFrame = answered(partition, call, self.run, self.drop, nested="arrow", columns=columns)
        return result

    @property
    def __name__(self) -> str:
        """How the step is called in Dask's graphs and dashboard."""
        return f"dfai-{self.call.service.name}"

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        # A call is one value wherever it is met; its functions would not tokenize the same in every process.
        return "dfai", self.call.id, self.drop


@dataclass(frozen=True, slots=True)
class Survey:
    """Finds out what a call would ask of one partition; *application* as for `Answer`."""

    call: Call
    survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch]
    application: str = field(default_factory=here)

    def __call__(self, partition: pd.DataFrame) -> pa.RecordBatch:
        call = _here(self.call, self.application)
        return self.survey(call, rows_of(partition, call, _read(partition, call)))

    @property
    def __name__(self) -> str:
        return f"dfai-estimate-{self.call.service.name}"

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return "dfai-estimate", self.call.id


def _here(call: Call, application: str) -> Call:
    """*call* with the store that it has in this process, which need not be the one that built the graph."""
    return call if application == here() else call.in_application(application)


def _read(partition: pd.DataFrame, call: Call) -> dict[Hashable, pd.Series[Any]]:
    """The columns that *call* reads."""
    columns = columns_of(partition, call)
    return columns | _strays(columns, call)


def _strays(columns: Mapping[Hashable, pd.Series[Any]], call: Call) -> dict[Hashable, pd.Series[Any]]:
    """Input columns that hold something else here than the frame's meta says, as objects.

    The meta was checked when the verb was called. Where one file among many holds numbers, its rows have an
    error, each its own, and the other partitions their answers.
    """
    inputs = {name: columns[name] for name in call.inputs}
    kinds = {name: kind_of(values) for name, values in inputs.items()}
    return {
        name: inputs[name].astype(object)
        for name, kind in kinds.items()
        if kind != "bytes" and not call.service.takes(kind)
    }
