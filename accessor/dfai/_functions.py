"""Verbs as named functions in a session: what SQL calls."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Unpack

import pyarrow as pa

from dfai import _hints
from dfai._calls import knows_language, prepare
from dfai._frame import channels_of
from dfai._settings import effective
from dfai._signatures import known_verb, signature_of
from dfai._verbs import verb_names
from dfai_core import Backend, Call, Col, Config, Service, Settings, backend_of, services
from dfai_core.backend import Form, Function, Parameter, Registering
from dfai_core.errors import ConfigError, LanguageAssumed, MissingExtra, ModelMissing, NotOffered
from dfai_core.ledger import LEDGER, Entry, new_group
from dfai_core.report import process_id
from dfai_core.reported import Reported
from dfai_core.targets import Web
from dfai_core.telemetry import traceparent

__all__ = ["register_functions"]

_PREFIX = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)?")
# What verbs read: on frames too, a column of anything else is refused.
_READ = pa.string()


def register_functions(
    session: Any,
    *,
    prefix: str = "ai_",
    verbs: Sequence[str] | None = None,
    include: Sequence[str] | Literal["all"] = (),
    **settings: Unpack[Settings],
) -> tuple[str, ...]:
    """Give every verb a name in a Spark session: ``SELECT ai_sentiment(review, language => 'fr') FROM reviews``.

    A function takes the verb's input and its options, by place or by name; each may be a column. It gives one struct,
    whose fields are the columns that the verb adds to a frame: the headline (``.sentiment``), its companions
    (``.positive``, …), ``.error`` and ``.error_message``.

    Parameters
    ----------
    session
        The ``SparkSession``, classic or Connect. The functions are temporary: this session's own.
    prefix
        What their names begin with.
    verbs
        Only these; by default all but ``http``, whose columns depend on its arguments.
    include
        More fields, for each verb that knows the word.
    **settings
        How calls are made; besides, the settings that are in force now (``dfai.configure``, ``using``). They stay until
        the functions are registered again.

    Returns
    -------
    The functions' names. One that this target does not serve, or that lacks a package here, is among them: who calls
    it is told why. Those named in *verbs* raise at once instead.

    Raises
    ------
    ConfigError
        For a name that another function has, Spark's own or somebody else's: nothing is registered then.
    """
    backend = backend_of(session)
    if not isinstance(backend, Registering):
        raise ConfigError(f"functions with names are for SQL on Spark: {backend.name} has no session to put them in.")
    _hints.refuse_foreign_arguments(settings)
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        raise ConfigError(f"prefix={prefix!r}: expected the beginning of a function's name, such as 'ai_', or ''.")
    config, _ = effective(settings)
    chosen = _named_verbs() if verbs is None else [known_verb(name) for name in _listed("verbs", verbs)]
    for verb in set(chosen).difference(_named_verbs()):
        raise ConfigError(f"what {verb} answers depends on its arguments, so no function can: call df.ai.{verb}(…).")
    included = _included(chosen, include)
    named = [
        _Named.of(prefix + verb, _call(verb, included[verb], config), backend, session, lenient=verbs is None)
        for verb in chosen
    ]
    backend.register(session, [one.function for one in named])
    group = new_group()
    for one in named:
        if one.function.refusal is None:
            for call in (one.function.call, *(form.call for form in one.function.forms)):
                LEDGER.add(Entry.of(call, backend.name, lazy=True, group=group, **one.reporting))
    _warn_of_language([one.function for one in named])
    return tuple(one.function.name for one in named)


def _named_verbs() -> list[str]:
    """The verbs that can be functions: not those whose answer has other columns for other arguments."""
    return [verb for verb in verb_names() if not (services()[verb].web and services()[verb].bind is not None)]


def _listed(name: str, words: Any) -> list[str]:
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise ConfigError(f'{name}={words!r}: expected a list of names, such as ["sentiment"].')
    return list(dict.fromkeys(words))


def _included(verbs: Sequence[str], include: Any) -> dict[str, tuple[str, ...]]:
    """What each verb includes: of the words those that it knows."""
    known = {verb: (*services()[verb].includes, "error_detail") for verb in verbs}
    if include == "all":
        return known
    words = _listed("include", include)
    for word in words:
        if not any(word in words_of for words_of in known.values()):
            every = ", ".join(map(repr, dict.fromkeys(word for words_of in known.values() for word in words_of)))
            raise ConfigError(f'none of these verbs can include {word!r}; they know {every}, or "all".')
    return {verb: tuple(word for word in known[verb] if word in words) for verb in verbs}


def _call(verb: str, include: tuple[str, ...], config: Config, form: str | None = None) -> Call:
    """The call behind a function, or behind another *form* of it: its parameters are its columns."""
    service, signature = services()[verb], signature_of(verb)
    if form is not None:
        service = service.forms[form]
    options = signature.options
    if service.bind is not None:  # what its answer depends on is what it is by default
        # An option without a default is named by whoever calls the function, and comes to us as a column.
        given = {
            name: Col(name) if default is None and name in signature.types else default
            for name, default in options.items()
        }
        service, _, options = service.bind(service, lambda name: name, (), signature.inputs[0], given)
    return Call(
        service=service,
        inputs=service.inputs,
        output=service.noun,
        include=include,
        options={name: default for name, default in options.items() if name not in signature.types},
        varying=tuple((name, name) for name in options if name in signature.types),
        config=replace(config, target=Web()) if service.web else config,
        trace=traceparent(),
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """A function, and how the counters of its calls come home."""

    function: Function
    reporting: Mapping[str, Any]

    @classmethod
    def of(cls, name: str, call: Call, backend: Backend, session: Any, *, lenient: bool) -> _Named:
        signature = signature_of(call.service.name)
        refusal = None
        try:
            _check(call)
        except (NotOffered, MissingExtra, ModelMissing) as error:
            if not lenient:
                raise
            refusal = str(error)
        channels, promised = channels_of(backend, session, call)
        run = Reported(process_id(), backend.name, tuple(channel.reporter for channel in channels))
        forms = [(name, _call(call.service.name, call.include, call.config, name)) for name in call.service.forms]
        function = Function(
            name=name,
            comment=signature.summary,
            parameters=(
                *(_input(call.service, name) for name in signature.inputs),
                *(
                    Parameter(name, signature.types[name], required=False, default=signature.options[name])
                    for name, _ in call.varying
                ),
            ),
            fields=call.service.fields(call.include),
            call=call,
            run=run,
            refusal=refusal,
            forms=tuple(Form(name, form, run) for name, form in forms),
        )
        return cls(function, {"channels": channels, "promised": promised})


def _input(service: Service, name: str) -> Parameter:
    """The parameter of one input: pictures and sounds are bytes, or what a path or a URL leads to."""
    if service.media is None:
        return Parameter(name, _READ)
    path = "path" if len(service.inputs) == 1 else f"{name}_path"
    return Parameter(name, pa.binary(), required=False, path=path)


def _check(call: Call) -> None:
    if call.service.gather is not None:
        raise NotOffered(
            f"{call.service.name} reads all rows of a group together; a function sees one row alone. "
            f"Call it on the frame: df.ai.{call.service.name}(…)."
        )
    call.config.target.check(call.service)
    prepare(call.service, call.config)


def _warn_of_language(functions: Sequence[Function]) -> None:
    assuming = [
        function
        for function in functions
        if not function.refusal
        and any(parameter.name == "language" and parameter.default == "auto" for parameter in function.parameters)
        and not knows_language(function.call)
    ]
    if assuming:
        warnings.warn(
            f"api-version {assuming[0].call.wiring().api_version} cannot detect the language, so "
            f"{', '.join(function.name for function in assuming)} assume English unless told: language => 'fr', or the "
            "name of a column.",
            LanguageAssumed,
            stacklevel=3,
        )
