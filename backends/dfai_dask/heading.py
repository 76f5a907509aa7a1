"""The first rows of a Dask frame: verbs in its graph are asked about these alone, where each row is made of one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dfai_dask.partition import Answer
from dfai_pandas.backend import typed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["head", "like"]


def head(frame: Any, rows: int) -> pd.DataFrame:
    """The first *rows* rows of *frame*, computed partition by partition, and no partition in vain.

    Dask takes them from whole partitions. So they are taken below the lowest verb that can be reached through steps
    that make one row of one, as choosing columns does; and these steps are done on them alone.
    """
    import pandas as pd
    from dask.dataframe.dask_expr import new_collection

    below = _below_verbs(frame.expr)
    if below is not None:
        few = like(new_collection(below), head(new_collection(below), rows))
        frame = new_collection(frame.expr.substitute(below, few.expr))
    found: list[pd.DataFrame] = []
    for place in range(frame.npartitions):  # one by one: most often the first has them all
        found.append(frame.partitions[place].head(rows, compute=False).compute())
        rows -= len(found[-1])
        if rows <= 0:
            break
    return pd.concat(found) if len(found) > 1 else found[0]


def like(frame: Any, values: Mapping[Hashable, Sequence[Any]] | pd.DataFrame) -> Any:
    """A frame of *values*, some columns of *frame*, in one partition, with its dtypes."""
    import dask
    import dask.dataframe as dd
    import pandas as pd

    made = values if isinstance(values, pd.DataFrame) else typed(frame._meta, values)
    with dask.config.set({"dataframe.convert-string": False}):  # the dtypes are those of the frame already
        return dd.from_pandas(made, npartitions=1, sort=False)


def _below_verbs(step: Any) -> Any:
    """What stands below the lowest verb that can be reached; None where none can."""
    from dask.dataframe.dask_expr._expr import Elemwise, MapPartitions

    below = None
    while True:
        before = step.dependencies()
        if isinstance(step, MapPartitions) and isinstance(step.func, Answer) and step.func.call.service.gather is None:
            below = before[0]
        elif not isinstance(step, Elemwise) or len(before) != 1:
            return below
        step = before[0]
