"""What is read out of a JSON answer, and as what: the columns that ``parse=`` asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.services.web.json_path import JsonPath, json_path

__all__ = ["Field", "Misfit", "fields_of", "flat_type"]

_TAKEN = frozenset({"status", "headers", "content", "error", "error_message", "error_detail"})


class Misfit(Exception):
    """An answer holds something else than it should."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an answer: its column's name behind the output's, its place, its type."""

    name: str
    path: JsonPath
    word: str  # what a single value is read as; "" where it is taken as it is
    type: pa.DataType

    def of(self, document: Any) -> Any:
        """The value in *document*; None where it has none.

        Raises
        ------
        Misfit
            Where what stands there cannot be read as its type. It is not shown.
        """
        found = self.path.of(document)
        if not self.word:
            return found
        read = _READERS[self.word]
        try:
            if self.path.many:
                return [None if value is None else read(value) for value in found]
            return None if found is None else read(found)
        except (ValueError, TypeError, OverflowError):
            raise Misfit(f"{self.path.text} holds what is no {self.word}") from None


def fields_of(parse: Any) -> tuple[Field, ...]:
    """Reads ``parse=``: names with paths and types, or a pyarrow schema whose fields are those of a JSON object.

    Raises
    ------
    ConfigError
        For paths and types that are not known.

    >>> [(field.name, str(field.type)) for field in fields_of({"name": "$.name", "ids": ("$.items[*].id", "int")})]
    [('name', 'string'), ('ids', 'list<item: int64>')]
    """
    if parse is None:
        return ()
    if isinstance(parse, pa.Schema):
        given = [(field.name, json_path(f"$[{_quoted(field.name)}]"), field.type) for field in parse]
    elif isinstance(parse, Mapping):
        given = [(name, *_path_and_type(name, place)) for name, place in parse.items()]
    else:
        raise ConfigError(
            'parse= takes names with places and types, as in {"name": ("$.country.name", "string")}, '
            "or a pyarrow schema."
        )
    names = [name for name, _, _ in given]
    for name in names:
        if not isinstance(name, str) or not name or name in _TAKEN or names.count(name) > 1:
            raise ConfigError(f"parse=: {name!r} cannot be the name of a column here.")
    return tuple(_field(name, path, kind) for name, path, kind in given)


def _quoted(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _path_and_type(name: Any, place: Any) -> tuple[JsonPath, Any]:
    if isinstance(place, str):
        return json_path(place), "string"
    if isinstance(place, (tuple, list)) and len(place) == 2:
        return json_path(place[0]), place[1]
    raise ConfigError(f'parse=: {name!r} needs a place and a type, as in ("$.country.name", "string").')


def _field(name: str, path: JsonPath, kind: Any) -> Field:
    if isinstance(kind, str):
        if kind not in _READERS:
            raise ConfigError(
                f"parse=: {kind!r} is no type; choose {', '.join(map(repr, _READERS))} or a pyarrow type."
            )
        single = _TYPES[kind]
        return Field(name, path, kind, pa.list_(single) if path.many else single)
    if not isinstance(kind, pa.DataType):
        raise ConfigError(f"parse=: {name!r} needs a type, as in ('$.x', 'string'), not a {type(kind).__name__}.")
    flat = flat_type(kind)
    word = next((word for word, known in _TYPES.items() if word != "json" and known == flat), "")
    return Field(name, path, "" if path.many else word, flat)


def flat_type(kind: pa.DataType) -> pa.DataType:
    """The type of *kind* that every backend knows: one width for whole numbers, one for others.

    Raises
    ------
    ConfigError
        For a type that not every backend has.

    >>> flat_type(pa.list_(pa.struct([("n", pa.int32())])))
    ListType(list<item: struct<n: int64>>)
    """
    if pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_boolean(kind):
        return pa.bool_()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(flat_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, flat_type(field.type)) for field in kind])
    raise ConfigError(
        f"a column of the type {kind} is not known on every backend: take numbers, truth values, text, bytes, "
        "and lists and structs of these."
    )


def _string(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _int(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _bool(value: Any) -> bool:
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower())
    if not isinstance(value, bool):
        raise ValueError
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "string": _string,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "json": lambda value: orjson.dumps(value).decode(),
}
_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "json": pa.string(),
}
