"""The first rows of a frame, and no others computed for them: verbs that wait are asked about these rows alone."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dfai_core import Backend, Call
from dfai_core.backend import Heading, Run
from dfai_core.errors import ConfigError

__all__ = ["Step", "first_rows", "plain", "remember"]


@dataclass(frozen=True, slots=True)
class Step:
    """How a lazy frame was made of another: a verb that has not been computed."""

    before: Any
    call: Call
    run: Run
    drop: tuple[Hashable, ...]


# By identity, since frames compare themselves to anything by columns; a frame that is gone takes its entry along.
_steps: dict[int, tuple[weakref.ref[Any], Step]] = {}


def remember(frame: Any, step: Step) -> None:
    """Notes that the lazy *frame* is what *step* made."""
    key = id(frame)

    def gone(_: object) -> None:
        _steps.pop(key, None)

    try:
        _steps[key] = (weakref.ref(frame, gone), step)
    except TypeError:  # some library's frames may know no weak references; to keep them alive would be worse
        return


def _made_by(frame: Any) -> Step | None:
    """The verb that made *frame*, where each of its rows can be asked about alone."""
    reference, step = _steps.get(id(frame), (lambda: None, None))
    return step if step is not None and reference() is frame and step.call.service.gather is None else None


def first_rows(backend: Backend, frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
    """The first *rows* rows of *columns*, as the library hands values to Python.

    Of a lazy frame the rows are taken from below the verbs that made it, which are then asked about these alone: a
    limit above a verb may have whole partitions answered, on every library in a way of its own.

    Raises
    ------
    ConfigError
        For a lazy frame whose library does not say how a few of its rows are had.
    """
    if not isinstance(backend, Heading):
        if backend.is_lazy(frame):
            raise ConfigError(f"show: {backend.name} frames are lazy: bring the rows that you want to see into memory.")
        table = pa.table(frame).slice(0, rows)
        return {name: table.column(str(name)).to_pylist() for name in columns}
    steps: list[Step] = []
    while (step := _made_by(frame)) is not None:
        steps.insert(0, step)
        frame = step.before
    if not steps:
        return backend.head(frame, columns, rows)
    there = backend.columns(frame)
    read = {*columns}.union(*(step.call.columns for step in steps))
    frame = backend.like(frame, backend.head(frame, [name for name in there if name in read], rows))
    for step in steps:
        held = set(backend.columns(frame))
        frame = backend.apply(frame, step.call.shipped(), step.run, [name for name in step.drop if name in held])
    return backend.head(frame, columns, rows)


def plain(value: Any) -> Any:
    """A value as Python has it: dictionaries, lists, texts, numbers; every kind of missing value is None."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if hasattr(value, "asDict"):  # a row of Spark's
        value = value.asDict()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    to_list: Callable[[], Any] | None = getattr(value, "to_list", None)  # polars' series, for a list in a row
    if to_list is not None:
        return plain(to_list())
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value
