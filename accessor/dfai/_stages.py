"""A verb as a stage of a pipeline, Spark's or scikit-learn's: its arguments, checked one by one, and told."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from dfai import _hints
from dfai._answer import output_name
from dfai._inputs import read_include
from dfai._verbs import Verbs
from dfai_core import Col, Service, services
from dfai_core.errors import ConfigError
from dfai_core.service import ERROR_DETAIL, Column
from dfai_core.services.web.arguments import with_hidden_keys
from dfai_core.settings import resolve

__all__ = ["SETTINGS", "checked", "own_arguments", "said_of", "split_inputs"]

SETTINGS: Mapping[str, str] = {
    "target": "who answers",
    "api_version": "of the service",
    "model_version": "of the service's model",
    "concurrency": "requests in flight, for the whole call",
    "rate_per_s": "requests a second, for the whole call",
    "hosts": "on how many hosts the call runs, where nothing else can keep its limits over them",
    "timeout_s": "seconds for one request",
    "max_answer_bytes": "of one answer, unpacked: reading stops there",
    "deadline_s": "seconds for one row in all",
    "attempts": "tries for one request",
    "operation_deadline_s": "seconds for a long-running operation",
    "on_error": "'column' or 'raise'",
    "max_error_ratio": "stop when a larger share of the rows has failed",
    "max_documents": "sent in all: rows past it have the error 'over_budget'",
    "max_cost": "of all that is sent, by prices; likewise",
    "prices": "what answers cost: a table by verb, or a file with one",
    "store": "where answers are kept",
    "service_logs": "whether the service may keep inputs: 'off' or 'on'",
    "private_urls": "whether a row's image or sound may be read from this machine or network: 'refuse' or 'allow'",
    "progress": "'auto', 'bar' or 'off'",
    "report": "whether workers send home what they count: 'on' or 'off'",
    "spans": "traced: 'calls' or 'requests'",
    "transport": "what sends the requests",
}
"""Each setting in a line. Not given, a setting is the one in force when the stage is used."""

_WORDS = ("include", "output", "if_exists")


@cache
def own_arguments(verb: str) -> Mapping[str, Any]:
    """What *verb* takes besides its inputs and the words that every verb has, with the defaults."""
    parameters = inspect.signature(getattr(Verbs, verb)).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in _WORDS}


def said_of(verb: str, name: str) -> str:
    """What is documented of the parameter *name* of *verb*, in one line.

    >>> said_of("extract_summary", "max_sentences")
    'At most this many, from 1 to 20.'
    """
    if name == "include":
        return ", ".join(f'"{word}": {column.doc}' for word, column in _included(services()[verb]).items())
    # The words that every verb has are told once.
    method = getattr(Verbs, "sentiment" if name in _WORDS else verb)
    section = (inspect.getdoc(method) or "").partition("Parameters\n----------\n")[2]
    found = re.search(rf"^(?:.*, )?{re.escape(name)}(?:, .*)?\n((?:    .*\n|\n)+)", section, re.MULTILINE)
    return "" if found is None else " ".join(found[1].split())


def _included(service: Service) -> dict[str, Column]:
    return {**service.includes, "error_detail": ERROR_DETAIL}


def checked(verb: str, name: str, value: Any) -> Any:
    """*value* for the argument or setting *name* of *verb*, as far as it can be judged without a frame.

    Raises
    ------
    ConfigError
        For a name that this verb does not have, with the near ones, and for a value that cannot be.
    """
    _hints.refuse_foreign_arguments({name: value})
    service = services()[verb]
    if name == "output":
        output_name(service, value, "", several=False)
    elif name == "include":
        return list(read_include(service, value)) if value != "all" else value
    elif name == "if_exists":
        if value not in ("raise", "replace", "fill"):
            raise ConfigError(f"if_exists={value!r}: choose 'raise', 'replace' or 'fill'.")
    elif name in own_arguments(verb):
        value = _checked_option(service, name, value)
    else:
        if near := difflib.get_close_matches(name, () if name in SETTINGS else own_arguments(verb), n=1):
            raise ConfigError(f"no setting or option {name!r} ({verb}). Did you mean {near[0]!r}?")
        config, _ = resolve([(verb, {name: value})])
        return getattr(config, name)
    return list(value) if isinstance(value, tuple) else value


def _checked_option(service: Service, name: str, value: Any) -> Any:
    option = next((option for option in service.options if option.name == name), None)
    if option is not None and not isinstance(value, Col):
        try:
            option.check(name, value)
        except TypeError:
            raise ConfigError(f"{name}={value!r} is of the wrong type.") from None
    return with_hidden_keys(name, value) if service.web else value


def split_inputs(verb: str, columns: Any) -> tuple[Any, ...]:
    """The inputs of *verb* out of a stage's column, or of its list of columns.

    A verb that reads one column answers each of several; one that reads several takes them in its order.

    Raises
    ------
    ConfigError
        For another number of columns than the verb reads.

    >>> split_inputs("sentiment", "title"), split_inputs("sentiment", ["title", "body"])
    (('title',), (['title', 'body'],))
    """
    names = services()[verb].inputs
    if len(names) == 1:
        return (columns,)
    listed = columns if isinstance(columns, list) else [columns]
    if len(listed) != len(names):
        raise ConfigError(f"{verb} reads {len(names)} columns ({', '.join(names)}), and {len(listed)} were named.")
    return tuple(listed)
