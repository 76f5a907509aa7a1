"""What travels to the worker of a partition."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dfai_core.backend import Run
from dfai_core.call import Call
from dfai_pandas.backend import answered

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers one partition. Lists and structs stay Arrow's, since ``to_parquet`` refuses Python's."""

    call: Call
    run: Run
    drop: tuple[Hashable, ...]

    def __call__(self, partition: pd.DataFrame) -> pd.DataFrame:
        result: pd.DataFrame = answered(partition, self.call, self.run, self.drop, nested="arrow")
        return result

    @property
    def __name__(self) -> str:
        """How the step is called in Dask's graphs and dashboard."""
        return f"dfai-{self.call.service.name}"

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        # A call is one value wherever it is met; its functions would not tokenize the same in every process.
        return "dfai", self.call.id, self.drop
