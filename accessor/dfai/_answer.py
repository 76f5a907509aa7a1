"""The names of a call's answer columns, and what happens where the frame has them already."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from dfai._inputs import find, listed
from dfai_core import Backend, Service
from dfai_core.errors import ColumnExists, ConfigError

__all__ = ["Place", "output_name", "place_answer"]

_WAYS = ("raise", "replace", "fill")


class Place(NamedTuple):
    """Which existing columns go, and which give the answers to keep."""

    drop: tuple[Hashable, ...]
    prior: tuple[Hashable, ...]


def output_name(service: Service, output: Any, column: Hashable, several: bool) -> str:
    """The headline's name; with several input columns *output* is a pattern around ``{column}``."""
    if not isinstance(output, str) or not output:
        raise ConfigError(f"output={output!r}: expected a column name.")
    if not several:
        return output.replace("{column}", str(column))
    pattern = "{column}_" + service.noun if output == service.noun else output
    if "{column}" not in pattern:
        raise ConfigError(
            f'output={output!r} with several columns: write where their names go, as in "{{column}}_{output}".'
        )
    return pattern.replace("{column}", str(column))


def place_answer(
    backend: Backend, frame: Any, service: Service, output: str, include: Sequence[str], if_exists: str
) -> Place:
    """Finds clashes of the answer's columns with the frame's, before any request."""
    if if_exists not in _WAYS:
        raise ConfigError(f"if_exists={if_exists!r}: choose 'raise', 'replace' or 'fill'.")
    same = backend.same_name(frame)
    taken = {same(column): column for column in backend.columns(frame)}
    names = service.schema(output, include).names
    clashes = [taken[same(name)] for name in names if same(name) in taken]
    if if_exists == "raise":
        if clashes:
            raise ColumnExists(
                f'this frame already has {listed(clashes)}. Choose output="…", or if_exists="replace" to ask again, '
                'or "fill" to ask only for rows without an answer.'
            )
        return Place((), ())
    if if_exists == "replace":
        # An earlier answer may have included more: what is left of it would not belong to the new one.
        every = service.schema(output, [*service.includes, "error_detail"]).names
        return Place(tuple(taken[same(name)] for name in every if same(name) in taken), ())
    if same(names[0]) not in taken:
        return Place(tuple(clashes), ())
    missing = [name for name in names if same(name) not in taken]
    if missing:
        raise ConfigError(
            f'if_exists="fill" goes on with an earlier answer, but this frame lacks {listed(missing)}. '
            'Give the same include= as then, or if_exists="replace".'
        )
    prior = tuple(find(backend, frame, taken[same(name)]) for name in names)
    return Place(prior, prior)
