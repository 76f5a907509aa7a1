"""The sink that writes rows into a search index: the index is looked up or made at once, documents are sent later."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import pyarrow as pa

from dfai._inputs import find
from dfai._settings import effective
from dfai_core import Backend, Col, Config, Service, Settings
from dfai_core.asking import Question, ask_target
from dfai_core.backend import Typed
from dfai_core.errors import ConfigError
from dfai_core.services.search.fields import check_fields, definition_of, field_names
from dfai_core.services.search.indexes import API_VERSION, index_name, index_path
from dfai_core.services.search.write_search_index import ACTIONS, Writing, write_search_index

__all__ = ["Rows", "rows_for"]

_KEYS = ("check", "encode")
_NULLS = ("write", "skip")
_CREATE = ("missing", "never")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a call writes: the service, and the columns it reads in the order of its inputs."""

    service: Service
    columns: tuple[Hashable, ...]


def rows_for(
    backend: Backend,
    frame: Any,
    name: Any,
    *,
    key: Any,
    columns: Any,
    action: Any,
    fields: Any,
    nulls: Any,
    keys: Any,
    create: Any,
    output: str,
    settings: Settings,
) -> Rows:
    """Reads the arguments of ``write_search_index``, and sees that there is an index that they fit.

    Raises
    ------
    ConfigError, ColumnNotFound
        At once, for what cannot be written.
    CallError
        The target has no answer to whether there is such an index.
    """
    index_name("name", name)
    for argument, value, words in (("keys", keys, _KEYS), ("nulls", nulls, _NULLS), ("create", create, _CREATE)):
        if value not in words:
            raise ConfigError(f"{argument}={value!r}: choose {' or '.join(map(repr, words))}.")
    look = partial(find, backend, frame)
    found_key = look(key)
    found_action = look(action.name) if isinstance(action, Col) else action
    if not isinstance(action, Col) and action not in ACTIONS:
        raise ConfigError(f"action={action!r}: choose {', '.join(map(repr, ACTIONS))}, or a column: dfai.col('name').")
    named = _named(backend, frame, columns, found_key, found_action if isinstance(action, Col) else None, output)
    places = [*named]
    if isinstance(action, Col):
        places.append(found_action)
    writing = Writing(
        index=name,
        fields=tuple(named.values()),
        key=places.index(found_key),
        action=len(named) if isinstance(action, Col) else action,
        encode=keys == "encode",
        skip_nulls=nulls == "skip",
    )
    service = write_search_index(writing, [f"column {place}" for place in range(len(places))])
    config, _ = effective(settings)
    config.target.check(service)
    if create == "missing":
        _see_to_index(backend, frame, service, config, name, named, named[found_key], fields or {})
    elif fields:
        raise ConfigError("fields= says what a new index is like: with create='never' none is made.")
    return Rows(service, tuple(places))


def _named(
    backend: Backend, frame: Any, columns: Any, key: Hashable, action: Hashable, output: str
) -> dict[Hashable, str]:
    """The columns that are written, the key among them, and their fields."""
    answers = {output, *(output + suffix for suffix in ("_status", "_error_detail", "_error", "_error_message"))}
    known = [one for one in backend.columns(frame) if one not in answers and one != action]
    chosen: Sequence[Any] | Mapping[Any, str] | None = columns
    if isinstance(columns, Mapping):
        chosen = {find(backend, frame, one): field for one, field in columns.items()}
    elif columns is not None and not isinstance(columns, str):
        chosen = [find(backend, frame, one) for one in columns]
    if chosen is not None and key not in chosen:
        chosen = {key: str(key), **chosen} if isinstance(chosen, Mapping) else [key, *chosen]
    return field_names(known, chosen)


def _see_to_index(
    backend: Backend,
    frame: Any,
    service: Service,
    config: Config,
    name: str,
    named: Mapping[Hashable, str],
    key: str,
    given: Mapping[str, Any],
) -> None:
    """Holds the frame against the index that is there, or makes one for it."""
    types = _types(backend, frame)
    schema = pa.schema([(field, types.get(str(column), pa.null())) for column, field in named.items()])
    path = index_path(name, config.api_version or API_VERSION)
    ask = partial(ask_target, service, config)
    there = ask(Question("GET", path, accepts=frozenset({200, 404})))
    if there.status == 404:
        made = orjson.dumps(definition_of(name, schema, key, given))
        # Another driver may make it at the same time: whoever is first wins, and both hold their frames against it.
        first = {"Content-Type": "application/json", "If-None-Match": "*"}
        there = ask(Question("PUT", path, made, first, accepts=frozenset({200, 201, 204, 412})))
        if there.status in (200, 201):
            return
        there = ask(Question("GET", path))
    check_fields(orjson.loads(there.body), schema, key)


def _types(backend: Backend, frame: Any) -> dict[str, pa.DataType]:
    if not isinstance(backend, Typed):
        return {}
    return {field.name: field.type for field in backend.schema(frame)}
