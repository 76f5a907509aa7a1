"""A verb's arguments against a frame: columns that exist, options that make sense, near names for what does not."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from dfai._verbs import Groups
from dfai_core import Backend, Col, Service
from dfai_core.call import INDEX
from dfai_core.errors import ColumnNotFound, ConfigError

__all__ = ["find", "listed", "read_groups", "read_include", "read_inputs", "read_options"]

_SHOWN = 12


def listed(columns: Sequence[Hashable]) -> str:
    """Column names for a message: not all of a thousand."""
    shown = ", ".join(map(repr, columns[:_SHOWN]))
    return shown if len(columns) <= _SHOWN else f"{shown} and {len(columns) - _SHOWN} more"


def find(backend: Backend, frame: Any, name: Hashable) -> Hashable:
    """The frame's own spelling of *name*; ColumnNotFound with the near names otherwise."""
    columns = list(backend.columns(frame))
    same = backend.same_name(frame)
    if not isinstance(name, Hashable):
        raise ConfigError(f"a column's name cannot be a {type(name).__name__}{_own_name(name)}.")
    found = [column for column in columns if same(column) == same(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"{len(found)} columns are called {name!r}: give them names of their own first.")
    near = difflib.get_close_matches(str(name), [str(column) for column in columns], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    there = f"columns: {listed(columns)}" if columns else "the frame has no columns at all"
    raise ColumnNotFound(f"no column {name!r}; {there}.{hint}")


def _own_name(column: Any) -> str:
    """What to write where a column itself was given."""
    name = getattr(column, "name", None)
    return f": write {name!r}" if isinstance(name, str) else ""


def read_inputs(backend: Backend, frame: Any, service: Service, inputs: Sequence[Any]) -> tuple[Hashable, ...]:
    """The input columns, each there and of a kind that the service reads."""
    found = tuple(find(backend, frame, name) for name in inputs)
    for column in found if service.reads != "any" else ():
        kind = backend.kind(frame, column)
        if not service.takes(kind):
            group, _, held = kind.partition(": ")
            wanted = service.reads if service.media is None else f"{service.inputs[0]}s"
            raise ConfigError(
                f"{service.name} reads {_read_by(service)}, but column {column!r} holds {held or group}. "
                f"Convert it first, or name the column with the {wanted}."
            )
    return found


def _read_by(service: Service) -> str:
    """What a verb reads, in words."""
    return (
        service.reads
        if service.media is None
        else f"{service.media.kind.name} in each row ({service.media.kind.remedy})"
    )


def read_groups(backend: Backend, frame: Any, service: Service, groups: Groups) -> tuple[tuple[Hashable, ...], Any]:
    """The columns that make groups, and the one with the times; a frame's index may hold them instead."""
    if service.gather is None:
        return (), None
    names = [] if groups.by is None else list(groups.by) if isinstance(groups.by, (list, tuple)) else [groups.by]
    by = tuple(find(backend, frame, name) for name in names)
    if groups.timestamp is not None:
        return by, find(backend, frame, groups.timestamp)
    if backend.index_of_times(frame):
        return by, INDEX
    if service.gather.ordered and not backend.ordered:
        raise ConfigError(
            f'{service.name}: rows have no order on {backend.name}, so name the column with the times: timestamp="…".'
        )
    return by, None


def read_options(
    backend: Backend, frame: Any, service: Service, options: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[tuple[str, Hashable], ...]]:
    """Options with one value for all rows, checked, and those that a column gives."""
    fixed: dict[str, Any] = {}
    varying: list[tuple[str, Hashable]] = []
    for name, value in options.items():
        if isinstance(value, Col):
            varying.append((name, find(backend, frame, value.name)))
            continue
        try:
            fixed[name] = service.option(name).check(name, value)
        except (ConfigError, TypeError) as error:
            raise ConfigError(_with_hint(backend, frame, name, value, error)) from None
    return fixed, tuple(varying)


def _with_hint(backend: Backend, frame: Any, name: str, value: Any, error: Exception) -> str:
    message = str(error) if isinstance(error, ConfigError) else f"{name}={value!r} is of the wrong type."
    if isinstance(value, str) and value in list(backend.columns(frame)):
        message = message.partition(" (")[0].rstrip(".")
        message = f"{message}, but {value!r} is a column: write {name}=dfai.col({value!r})."
    return message


def read_include(service: Service, include: Any) -> tuple[str, ...]:
    """What more columns are asked for, in the service's order."""
    known = [*service.includes, "error_detail"]
    if isinstance(include, str):
        if include == "all":
            return tuple(known)
        include = [include] if include in known else include
    check: Callable[[Any], bool] = known.__contains__
    wrong = [include] if isinstance(include, str) else [word for word in include if not check(word)]
    if wrong:
        words = ", ".join(map(repr, known))
        raise ConfigError(f'{service.name} cannot include {wrong[0]!r}; it knows {words}, or "all".')
    return tuple(word for word in known if word in include)
