"""What travels to the worker of a partition."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_dask.application import here
from dfai_dask.budget import budget_here
from dfai_pandas.backend import answered
from dfai_pandas.columns import columns_of, kind_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer"]


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
        call = self.call if self.application == here() else self.call.in_application(self.application)
        budget = budget_here(call, self.application)
        if budget is not None:
            call = replace(call, budget=budget)
        columns = columns_of(partition, call)
        columns |= _strays(columns, call)
        result: pd.DataFrame = answered(partition, call, self.run, self.drop, nested="arrow", columns=columns)
        return result

    @property
    def __name__(self) -> str:
        """How the step is called in Dask's graphs and dashboard."""
        return f"dfai-{self.call.service.name}"

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        # A call is one value wherever it is met; its functions would not tokenize the same in every process.
        return "dfai", self.call.id, self.drop


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
