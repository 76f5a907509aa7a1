"""What the verbs' own signatures say, for those who call verbs by other means: SQL functions and pipelines."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pyarrow as pa

from dfai._verbs import Verbs, verb_names
from dfai_core import Col, services
from dfai_core.errors import ConfigError

__all__ = ["Signature", "column_type", "known_verb", "signature_of"]


@dataclass(frozen=True, slots=True)
class Signature:
    """A verb's parameters, in their order.

    *options* are the verb's own; *words* those that every verb has besides the name of its answer.
    """

    inputs: tuple[str, ...]
    options: Mapping[str, Any]  # with their defaults
    words: Mapping[str, Any]
    types: Mapping[str, pa.DataType]  # of the columns that hold an option's values; missing where none can
    summary: str  # the first line of the verb's docstring


@cache
def signature_of(verb: str) -> Signature:
    """The signature of *verb*."""
    method = getattr(Verbs, verb)
    parameters = inspect.signature(method).parameters
    # A collection of faces is no value of a column, as little as a column itself; its class stands above the verbs.
    hints = get_type_hints(method, localns={"Collection": Col})
    own = [option.name for option in services()[verb].options]
    kinds = {name: kind for name in own if (kind := column_type(hints[name])) is not None}
    return Signature(
        inputs=services()[verb].inputs,
        options={name: parameters[name].default for name in own},
        words={name: parameters[name].default for name in ("include", "if_exists")},
        types=kinds,
        summary=(inspect.getdoc(method) or "").partition("\n")[0],
    )


def known_verb(name: Any) -> str:
    """*name*, which must be a verb's.

    Raises
    ------
    ConfigError
        With the near ones, and ours for names known from elsewhere.
    """
    from dfai import _hints

    if not isinstance(name, str) or name not in verb_names():
        raise ConfigError(_hints.missing_verb(str(name)))
    return name


def column_type(hint: Any) -> pa.DataType | None:
    """The type of a column that holds the values of an option with this annotation; None where no column can.

    >>> column_type(Literal["offset", "rank"] | Col), column_type(Sequence[str]), column_type(int | float | None)
    (DataType(string), ListType(list<item: string>), DataType(double))
    >>> column_type(float | str | Col | None)
    DataType(string)
    """
    # What a protocol describes is an object of the caller's, for which a text can stand as well.
    alternatives = [one for one in _alternatives(hint) if not getattr(one, "_is_protocol", False)]
    kinds = [_single(one) for one in alternatives if one not in (Col, types.NoneType)]
    if kinds and all(kind in (pa.int64(), pa.float64()) for kind in kinds):
        return pa.float64() if pa.float64() in kinds else pa.int64()
    if pa.string() in kinds and all(kind in (pa.int64(), pa.float64(), pa.string()) for kind in kinds):
        return pa.string()  # in which a number can be written too
    if Col in alternatives and pa.string() in kinds and all(kind in (pa.string(), _TEXTS) for kind in kinds):
        return pa.string()  # one of several that could be chosen among
    return kinds[0] if kinds and all(kind == kinds[0] for kind in kinds) else None


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _single(hint: Any) -> pa.DataType | None:
    if get_origin(hint) is Literal:
        kinds = [_PLAIN.get(type(word)) for word in get_args(hint)]
        return kinds[0] if all(kind == kinds[0] for kind in kinds) else None
    if get_origin(hint) in (Sequence, list, tuple):
        inner = column_type(get_args(hint)[0])
        return None if inner is None else pa.list_(inner)
    return _PLAIN.get(hint)


_TEXTS = pa.list_(pa.string())
_PLAIN: dict[Any, pa.DataType] = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    bytes: pa.binary(),
    UUID: pa.string(),
}
