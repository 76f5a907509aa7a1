"""A verb's signature as a command's options, and what is typed there as the verb's arguments."""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson
import typer
from rich.markup import escape

from dfai._verbs import Verbs
from dfai.cli.words import documented, flag
from dfai_core import Col, Secret, Service, Settings, services
from dfai_core.errors import ConfigError
from dfai_core.secrets import secret

__all__ = ["HOW", "arguments_of", "parameters_of", "starting", "value_of"]

_OWN = "What is asked"
HOW = "How it is asked"
_TARGETS = ("local", "azure:", "container:http://localhost:5000")
_COLUMN = "col:"
_REFERENCES = ("env:", "file:", "module:", "databricks:")

_SETTINGS = {
    "target": "Who answers: local (open models, in this process), azure:REGION, azure:https://NAME… or container:URL.",
    "api_version": "The service's api-version, where its own default is not wanted.",
    "model_version": "The version of the service's model.",
    "concurrency": "Requests in flight at a time, 16 unless said otherwise.",
    "rate_per_s": "At most so many requests a second.",
    "hosts": "On how many hosts the run goes on, where nothing else can keep its limits over all of them.",
    "timeout_s": "Seconds for one request.",
    "deadline_s": "Seconds for one row in all, with everything that is tried again.",
    "attempts": "How often one request is tried.",
    "max_answer_bytes": "Reading one answer stops there.",
    "operation_deadline_s": "Seconds for a long-running operation of the service.",
    "on_error": "column: a row without an answer says why in its error columns; raise: the first one ends the run.",
    "max_error_ratio": "Stop when a larger share of the rows has failed, from 0 to 1.",
    "max_documents": "Send at most so many documents: rows past it have the error over_budget.",
    "max_cost": "Send what costs at most so much, by --prices.",
    "prices": "A file of JSON or TOML with prices by verb; Azure's list prices otherwise, as far as they are known.",
    "service_logs": "on: the service may keep what it is sent.",
    "private_urls": "allow: rows may name URLs of this machine and of private networks.",
    "report": "off: workers of Dask and Spark send home no counts.",
    "spans": "requests: where OpenTelemetry is set up, a span for each request too.",
}
"""The settings, in a sentence each. `store`, `progress` and `transport` are the command's own affair."""


@cache
def _hints(verb: str) -> dict[str, Any]:
    return get_type_hints(getattr(Verbs, verb))


@cache
def _options(verb: str) -> tuple[str, ...]:
    """The verb's parameters behind its inputs, in their order."""
    skipped = {"self", "settings", *services()[verb].inputs}
    return tuple(name for name in inspect.signature(getattr(Verbs, verb)).parameters if name not in skipped)


def parameters_of(verb: str) -> list[inspect.Parameter]:
    """The parameters of *verb*'s command that are the verb's own: inputs, options, settings."""
    told = documented(getattr(Verbs, verb))
    service = services()[verb]
    signature = inspect.signature(getattr(Verbs, verb)).parameters
    first, *others = service.inputs
    found = [
        _parameter(
            f"own_{first}",
            list[str],
            typer.Option(
                "--column",
                "-c",
                *([] if first == "column" else [f"--{first}"]),
                metavar="COLUMN",
                help=_help(_first_help(verb, told.get(first, ""))),
                rich_help_panel=_OWN,
            ),
            [],
        )
    ]
    for name in others:
        text = told.get(name, "The other column.")
        option = typer.Option(f"--{name}", metavar="COLUMN", help=_help(text), rich_help_panel=_OWN)
        found.append(_parameter(f"own_{name}", str, option, ""))
    for name in _options(verb):
        hint, default = _hints(verb)[name], signature[name].default
        option = typer.Option(
            flag(name),
            metavar=_metavar(hint),
            help=_help(told.get(name, "")) + _default(default),
            autocompletion=starting(_words(hint)),
            show_default=False,
            rich_help_panel=_OWN,
        )
        found.append(_parameter(f"own_{name}", list[str], option, []))
    for name in Settings.__annotations__:
        if name in _SETTINGS and not (name == "target" and service.web):
            hint = get_type_hints(Settings)[name]
            option = typer.Option(
                flag(name),
                metavar=_metavar(hint),
                help=_help(_SETTINGS[name]),
                autocompletion=starting(_TARGETS if name == "target" else _words(hint)),
                rich_help_panel=HOW,
            )
            found.append(_parameter(f"set_{name}", str | None, option, None))
    return found


def _parameter(name: str, kind: Any, option: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _first_help(verb: str, text: str) -> str:
    service = services()[verb]
    if service.media is not None and len(service.inputs) == 1:
        return f"{text} Where the files are {_things(service)} themselves, leave it out."
    return text


def _things(service: Service) -> str:
    return "pictures" if service.inputs[0] == "image" else "sounds"


def _help(text: str) -> str:
    return escape(text)


def _default(value: Any) -> str:
    if value in (None, "", (), [], "raise") or not isinstance(value, (str, int, float)):
        return ""
    return escape(f" [default: {value}]")


def _metavar(hint: Any) -> str:
    words = _words(hint)
    alternatives = _alternatives(hint)
    if words and len("|".join(words)) < 40:
        name = "|".join(words)
    elif any(_is_mapping(one) for one in alternatives):
        name = "JSON"
    elif int in alternatives or float in alternatives:
        name = "NUMBER"
    elif any(map(_is_list, alternatives)) or words:
        name = "WORD,WORD"
    else:
        name = "VALUE"
    return f"{name}|col:NAME" if Col in alternatives and len(name) < 12 else name


def starting(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Completes what begins one of *words*."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def arguments_of(verb: str, given: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """The verb's inputs, its options and its settings, out of what was typed.

    Raises
    ------
    ConfigError
        For what cannot be a value of its option, and for an input that is missing.
    """
    first, *others = services()[verb].inputs
    columns = given[f"own_{first}"]
    inputs: list[Any] = [columns[0] if len(columns) == 1 else list(columns)]
    for name in others:
        if not given[f"own_{name}"]:
            if inspect.signature(getattr(Verbs, verb)).parameters[name].default is not inspect.Parameter.empty:
                continue
            raise ConfigError(f"{verb} reads two columns: say the other one, {flag(name)} COLUMN.")
        inputs.append(given[f"own_{name}"])
    options = {
        name: value_of(name, _hints(verb)[name], given[f"own_{name}"])
        for name in _options(verb)
        if given[f"own_{name}"]
    }
    settings = {name: value for name in _SETTINGS if (value := given.get(f"set_{name}")) is not None}
    return inputs, options, settings


def value_of(name: str, hint: Any, texts: Sequence[str]) -> Any:
    """What was typed for one option, perhaps several times, as a value of the kind that *hint* says.

    >>> value_of("top", int | Col, ["3"]), value_of("language", str | Col, ["col:lang"]).name
    (3, 'lang')
    >>> value_of("include", Sequence[str], ["sentences,opinions"]), value_of("idempotent", bool | None, ["yes"])
    (['sentences', 'opinions'], True)
    >>> value_of("among", _hints("identify_speaker")["among"], ["Ada,Bob"])
    ['Ada', 'Bob']
    """
    alternatives = _alternatives(hint)
    lists = [one for one in alternatives if _is_list(one)]
    if lists and not any(text.startswith(("{", "[", '"')) for text in texts) and not _secret_allowed(alternatives):
        words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
        single = [one for one in alternatives if one not in lists]
        if len(words) == 1 and (words == ["all"] or (words[0].startswith(_COLUMN) and Col in single) or _plain(single)):
            return _single(name, single, words[0])
        return [int(word) if int in single and word.isdigit() else word for word in words]
    if len(texts) > 1:
        raise ConfigError(f"{flag(name)} is there {len(texts)} times, and can be there once.")
    return _single(name, alternatives, texts[0])


def _plain(alternatives: Sequence[Any]) -> bool:
    """Whether one word may stand alone."""
    return str in alternatives or int in alternatives


def _single(name: str, alternatives: Sequence[Any], text: str) -> Any:
    if text.startswith(_COLUMN) and (Col in alternatives or Any in alternatives):
        return Col(text.removeprefix(_COLUMN))
    if _secret_allowed(alternatives):
        return _secret(name, text)
    if bool in alternatives and text.lower() in ("true", "yes", "false", "no"):
        return text.lower() in ("true", "yes")
    for number in (int, float):
        if number in alternatives:
            try:
                return number(text)
            except ValueError:
                continue
    made = [one for one in alternatives if dataclasses.is_dataclass(one) and one is not Col]
    if text.startswith("{") or any(_is_mapping(one) for one in alternatives) or Any in alternatives:
        return _structured(name, text, made, bare=Any in alternatives or str in alternatives)
    return text


def _structured(name: str, text: str, made: Sequence[Any], *, bare: bool) -> Any:
    """JSON, in which ``col:`` stands for columns and references for secrets."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        if bare and not text.startswith(("{", "[")):
            return text
        raise ConfigError(f'{flag(name)} takes JSON, such as \'{{"name": "value"}}\'.') from None
    value = _filled(value, secrets=name in ("headers", "params"))
    if name == "parse" and isinstance(value, dict):
        return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
    if made and isinstance(value, dict):
        try:
            return made[0](**value)
        except TypeError as error:
            raise ConfigError(f"{flag(name)}: {error}.") from None
    return value


def _filled(value: Any, *, secrets: bool) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, secrets=secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, secrets=secrets) for item in value]
    if isinstance(value, str) and value.startswith(_COLUMN):
        return Col(value.removeprefix(_COLUMN))
    if secrets and isinstance(value, str) and value.startswith(_REFERENCES):
        return secret(value)
    return value


def _secret_allowed(alternatives: Sequence[Any]) -> bool:
    return Secret in alternatives


def _secret(name: str, text: str) -> Secret:
    if not text.startswith(_REFERENCES):
        raise ConfigError(
            f"{flag(name)} takes env:NAME or file:PATH, not the secret itself: others can read command lines."
        )
    return secret(text)


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _is_list(hint: Any) -> bool:
    # A protocol of things in a row is one too.
    alone = isinstance(hint, type) and not issubclass(hint, (str, bytes))
    return get_origin(hint) in (Sequence, list, tuple) or (alone and hasattr(hint, "__iter__"))


def _is_mapping(hint: Any) -> bool:
    return hint is Any or get_origin(hint) in (Mapping, dict)


def _words(hint: Any) -> list[str]:
    """The words that an option knows."""
    found: list[str] = []
    for one in _alternatives(hint):
        if get_origin(one) is Literal:
            found += [str(word) for word in get_args(one)]
        elif _is_list(one) and get_args(one):
            found += _words(get_args(one)[0])
    return list(dict.fromkeys(found))
