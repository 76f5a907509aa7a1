"""Several rows in one request, by two functions of the user's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dfai_core.errors import ConfigError

__all__ = ["Batch", "named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Several rows in one request, for services that take lists.

    Parameters
    ----------
    columns
        What a row has for *request*.
    size
        At most this many rows a request.
    request
        Makes the request of a list of rows, each a dictionary by *columns*: a mapping with some of httpx's names
        (``url``, ``method``, ``headers``, ``params``, ``json``, ``data``, ``content``, ``files``), which go before the
        verb's own arguments.
    answers
        Takes an answer apart: of its status, its headers and its body (bytes) it makes a list of one answer a row, in
        the rows' order. A text is the row's ``response``, anything else is written there as JSON, and ``parse=`` reads
        it. None stands for an answer that is missing, and a `Failure` for one that was refused.
    max_bytes
        About how large a request may become; rows are counted as JSON.

    Notes
    -----
    Functions travel to workers: give ones that can be imported there, best from a module of your own.
    """

    columns: Sequence[Hashable]
    size: int
    request: Callable[[list[dict[Hashable, Any]]], Mapping[str, Any]]
    answers: Callable[[int, Mapping[str, str], bytes], Sequence[Any]]
    max_bytes: int = 1_000_000

    def __post_init__(self) -> None:
        if isinstance(self.columns, (str, bytes)) or not self.columns:
            raise ConfigError(f'Batch(columns={self.columns!r}): expected a list of columns, such as ["id", "text"].')
        if len(set(self.columns)) < len(self.columns):
            raise ConfigError(f"Batch(columns={self.columns!r}): a column stands there twice.")
        for name in ("size", "max_bytes"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(f"Batch({name}={value!r}): expected a whole number from 1.")
        for name in ("request", "answers"):
            if not callable(getattr(self, name)):
                raise ConfigError(f"Batch({name}=…): expected a function.")


def named(function: Callable[..., Any]) -> str | None:
    """The name under which *function* is found again; None for one that has none, as a lambda."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    return f"{module}:{name}" if module and name and "<" not in name and module != "__main__" else None
