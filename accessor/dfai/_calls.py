"""A verb's arguments become calls: columns found, options and settings checked, before anything is sent."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from dfai import _hints
from dfai._answer import output_name, place_answer
from dfai._inputs import find, read_groups, read_include, read_inputs, read_options
from dfai._settings import effective
from dfai._verbs import VerbCall
from dfai_core import Backend, Call, Config, Service, Settings
from dfai_core.errors import ConfigError, LanguageAssumed
from dfai_core.prices import quote
from dfai_core.services.language.wire import knows_auto
from dfai_core.spending import no_price
from dfai_core.targets import Web
from dfai_core.telemetry import traceparent

__all__ = ["calls_for", "knows_language", "prepare", "warn_of_language"]


def calls_for(backend: Backend, frame: Any, asked: VerbCall) -> list[tuple[Call, tuple[Any, ...]]]:
    """The calls of a verb on *frame*, one a column, each with the frame's columns that it replaces."""
    known = [*asked.options, "include", "output", "if_exists"]
    _hints.refuse_foreign_arguments(asked.settings, known)
    config, _ = effective(asked.settings)
    service, inputs, options = asked.service, asked.inputs, asked.options
    if service.web:
        config = _for_the_web(service, config, asked.settings)
    if service.bind is not None:
        bound = service.bind(service, partial(find, backend, frame), backend.columns(frame), inputs[0], options)
        service, inputs, options = bound
    _check_version(service, config)
    first = inputs[0]
    several = isinstance(first, list)
    columns: list[Any] = list(first) if isinstance(first, list) else [first]
    if not columns:
        raise ConfigError(f"{service.name}: name at least one column.")
    calls = []
    for column in columns:
        name = output_name(service, asked.output, column, several)
        one = replace(asked, service=service, inputs=(column, *inputs[1:]), options=options, output=name)
        calls.append(_make(backend, frame, one, config))
    return calls


def _check_version(service: Service, config: Config) -> None:
    """ConfigError for an api-version that the service does not have."""
    if service.versions is None or config.api_version is None:
        return
    if (reason := service.versions(config.api_version)) is not None:
        raise ConfigError(f"{service.name}: api_version={config.api_version!r}: {reason}.")


def _for_the_web(service: Service, config: Config, settings: Settings) -> Config:
    """*config* for a service whose requests say themselves who is asked."""
    if "target" in settings:
        raise ConfigError(f"{service.name} takes no target=: its URL says who is asked.")
    return replace(config, target=Web())


def _make(backend: Backend, frame: Any, asked: VerbCall, config: Config) -> tuple[Call, tuple[Any, ...]]:
    """The call for one column, and the frame's columns that it replaces."""
    service = asked.service
    found = read_inputs(backend, frame, service, asked.inputs)
    fixed, varying = read_options(backend, frame, service, asked.options)
    included = read_include(service, asked.include)
    by, order = read_groups(backend, frame, service, asked.groups)
    place = place_answer(backend, frame, service, asked.output, included, asked.if_exists)
    call = Call(
        service=service,
        inputs=found,
        output=asked.output,
        include=included,
        options=fixed,
        varying=varying,
        by=by,
        order=order,
        prior=place.prior,
        config=config,
        trace=traceparent(),
    )
    config.target.check(service)
    if config.max_cost is not None and quote(config.prices, service, call.target_kind) is None:
        raise ConfigError(no_price(call))
    if service.versions is not None:  # what one api-version has and the other has not is told at once
        wiring, others = call.wiring(), {name: service.option(name).default for name, _ in varying}
        service.wire(replace(wiring, options={**others, **wiring.options}))
    return call, place.drop


def prepare(service: Service, config: Config, announce: Callable[[str], None] = print) -> None:
    """Fetches, once, what *service* needs on this machine; *announce* is told what and how large."""
    config.target.resolve(service).prepare(service, announce)


def knows_language(call: Call) -> bool:
    """Whether *call*'s target detects the language of what it is asked."""
    return knows_auto(call.target_kind, call.wiring().api_version)


def warn_of_language(call: Call) -> None:
    """Warns where English will be assumed, since nobody says otherwise."""
    if call.options.get("language") == "auto" and not knows_language(call):
        warnings.warn(
            f"api-version {call.wiring().api_version} cannot detect the language, so English is assumed. Say "
            "language='…', or take it from a column: language=dfai.col(\"language\") after detect_language.",
            LanguageAssumed,
            stacklevel=5,
        )
