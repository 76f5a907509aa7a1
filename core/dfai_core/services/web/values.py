"""Values that stand in a request: the same for all rows, a row's own, or a secret."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from dfai_core.by_column import Col
from dfai_core.errors import ConfigError
from dfai_core.secrets import Hidden, Secret
from dfai_core.service import Document
from dfai_core.whole import Sealed

__all__ = ["Columns", "Taken", "as_plain", "filled", "takes", "text_of"]


@dataclass(frozen=True, slots=True)
class Taken:
    """The value of a row's input at *place*."""

    place: int


class Columns:
    """The columns that a request takes values from, in the order in which it first names them.

    Parameters
    ----------
    find
        The frame's own spelling of a column's name; raises ColumnNotFound.
    """

    def __init__(self, find: Callable[[Hashable], Hashable]) -> None:
        self._find = find
        self.names: list[Hashable] = []
        self.required: set[int] = set()

    def taken(self, name: Hashable, *, required: bool = False) -> Taken:
        """The place of column *name*. Where one that is *required* is null, the row is not asked."""
        found = self._find(name)
        if found not in self.names:
            self.names.append(found)
        place = self.names.index(found)
        if required:
            self.required.add(place)
        return Taken(place)

    def replaced(self, value: Any) -> Any:
        """*value* with the place of each column that it names, however deep."""
        if isinstance(value, Col):
            return self.taken(value.name)
        if isinstance(value, Mapping):
            return {key: self.replaced(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.replaced(item) for item in value]
        return value


def filled(value: Any, document: Document) -> Any:
    """*value* with a row's own values in their places."""
    if isinstance(value, Taken):
        return document[value.place]
    if isinstance(value, dict):
        return {key: filled(item, document) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, document) for item in value]
    return value


def takes(value: Any) -> bool:
    """Whether a row's own values stand anywhere in *value*."""
    if isinstance(value, dict):
        return any(map(takes, value.values()))
    return any(map(takes, value)) if isinstance(value, list) else isinstance(value, Taken)


def text_of(value: Any, where: str) -> str:
    """A value as it stands in a URL, a form or a header.

    Truth values are "true" and "false", as in httpx. Whole numbers have no fraction, since pandas keeps those of a
    column with missing values as floats. Dates and times are written as ISO 8601 has them.

    Raises
    ------
    ConfigError
        For a value that has no such form; it is not shown.

    >>> [text_of(value, "a URL") for value in ("a", 3, 3.0, 0.5, True, date(2024, 2, 29))]
    ['a', '3', '3', '0.5', 'true', '2024-02-29']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise ConfigError(f"a {type(value).__name__} cannot stand in {where}")


def as_plain(value: Any) -> Any:
    """*value* as what a store's key is made of: what equal requests have in common, in plain types.

    A reference to a secret counts by its name. A secret that was written down counts by itself: two of them are two
    users, who may be answered differently. What is made of it is hashed before it goes anywhere.
    """
    if isinstance(value, Taken):
        return {"taken": value.place}
    if isinstance(value, Sealed):
        return ("sealed", as_plain(value.secret), value.before, value.user)
    if isinstance(value, Secret):
        return value.reference, None if value.value is None else as_plain(value.value)
    if isinstance(value, Hidden):
        return value.reveal()
    if isinstance(value, dict):
        return [(key, as_plain(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [as_plain(item) for item in value]
    return value
