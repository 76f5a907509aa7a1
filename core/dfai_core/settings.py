"""How a call is made: every setting, its default, its check, and the layers it may come from."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypedDict

from dfai_core.errors import ConfigError
from dfai_core.prices import LIST_PRICES, Price, Prices, prices_from
from dfai_core.store import Store, StoreSpec, store_from
from dfai_core.targets import Target, local, target_from
from dfai_core.transports import MAX_ANSWER_BYTES, Transport

__all__ = ["Config", "Settings", "read_environment", "resolve"]


class Settings(TypedDict, total=False):
    """What every verb takes besides its own options; also ``DFAI_<NAME>``, ``configure()`` and ``using()``."""

    target: Target | str  # who answers
    api_version: str  # of the service; its own default otherwise
    model_version: str  # of the service's model
    concurrency: int  # requests in flight, for the whole call, over all partitions
    rate_per_s: float | None  # requests a second, likewise
    hosts: int  # on how many hosts the call runs, where nothing else can keep its limits over all of them
    timeout_s: float  # one request
    deadline_s: float  # one row in all, retries and waits included
    attempts: int  # tries for one request
    max_answer_bytes: int  # of one answer, decompressed: reading stops there
    operation_deadline_s: float  # a long-running operation, from the moment that the service accepts it
    on_error: Literal["column", "raise"]
    max_error_ratio: float  # stop when a larger share of the rows has failed
    max_documents: int | None  # sent in all, over all partitions: rows past it have the error "over_budget"
    max_cost: float | None  # of all that is sent, by prices; likewise
    prices: Prices | Mapping[str, float | str | Price] | str  # a table by verb, or a file with one
    store: Store | StoreSpec | str | None  # where answers are kept: "memory", a folder, "redis://…"
    service_logs: Literal["off", "on"]  # whether the service may keep inputs
    private_urls: Literal["refuse", "allow"]  # whether a row's image or sound may be read from this machine or network
    progress: Literal["auto", "bar", "off"]  # auto: a bar for eager frames in terminals and notebooks
    report: Literal["on", "off"]  # whether workers send home what they count, for last_run() and track()
    spans: Literal["calls", "requests"]  # where OpenTelemetry is set up: a span a call, or one a request too
    transport: Any  # a Transport, an httpx.AsyncBaseTransport, or a function without arguments that makes one


_BACKENDS_STORE = StoreSpec("default")


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one call, resolved on the driver; travels to the workers inside the call."""

    target: Target = field(default_factory=local)
    api_version: str | None = None
    model_version: str | None = None
    concurrency: int = 16
    rate_per_s: float | None = None
    hosts: int = 1
    timeout_s: float = 60.0
    deadline_s: float = 600.0
    attempts: int = 6
    max_answer_bytes: int = MAX_ANSWER_BYTES
    operation_deadline_s: float = 3_600.0
    on_error: Literal["column", "raise"] = "column"
    max_error_ratio: float = 1.0
    max_documents: int | None = None
    max_cost: float | None = None
    prices: Prices = LIST_PRICES
    store: Store | StoreSpec | None = _BACKENDS_STORE
    service_logs: Literal["off", "on"] = "off"
    private_urls: Literal["refuse", "allow"] = "refuse"
    progress: Literal["auto", "bar", "off"] = "auto"
    report: Literal["on", "off"] = "on"
    spans: Literal["calls", "requests"] = "calls"
    transport: Transport | Callable[[], Transport] | None = field(default=None, repr=False)


def _integer(low: int, high: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        number: int = _parsed(int, name, value)
        if not low <= number <= high:
            raise ConfigError(f"{name}={value!r}: expected a whole number from {low} to {high:,}.")
        return number

    return read


def _positive(name: str, value: Any) -> float:
    number: float = _parsed(float, name, value)
    if not 0 < number < float("inf"):
        raise ConfigError(f"{name}={value!r}: expected a number above 0.")
    return number


def _amount(name: str, value: Any) -> float:
    number: float = _parsed(float, name, value)
    if not 0 <= number < float("inf"):
        raise ConfigError(f"{name}={value!r}: expected an amount from 0.")
    return number


def _ratio(name: str, value: Any) -> float:
    number: float = _parsed(float, name, value)
    if not 0 <= number <= 1:
        raise ConfigError(f"{name}={value!r}: expected a share from 0 to 1.")
    return number


def _optional(read: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: None if value is None else read(name, value)


def _word(*words: str) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if value not in words:
            raise ConfigError(f"{name}={value!r}: choose {' or '.join(map(repr, words))}.")
        return str(value)

    return read


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{name}={value!r}: expected a text.")
    return value


def _parsed(kind: Callable[[Any], Any], name: str, value: Any) -> Any:
    if isinstance(value, bool) or (kind is int and isinstance(value, float) and not value.is_integer()):
        raise ConfigError(f"{name}={value!r}: expected a number.")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{name}={value!r}: expected a number.") from None


def _transport(_: str, value: Any) -> Any:
    if value is None or hasattr(value, "send") or callable(value):
        return value
    if hasattr(value, "handle_async_request"):
        from dfai_core.transports.httpx import HttpxTransport

        return HttpxTransport(value)
    raise ConfigError(f"transport= takes a Transport or an httpx.AsyncBaseTransport, not a {type(value).__name__}.")


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "target": lambda name, value: target_from(value),
    "api_version": _optional(_text),
    "model_version": _optional(_text),
    "concurrency": _integer(1, 10_000),
    "rate_per_s": _optional(_positive),
    "hosts": _integer(1, 100_000),
    "timeout_s": _positive,
    "deadline_s": _positive,
    "attempts": _integer(1, 1_000),
    "max_answer_bytes": _integer(1_000, 1_000_000_000_000),
    "operation_deadline_s": _positive,
    "on_error": _word("column", "raise"),
    "max_error_ratio": _ratio,
    "max_documents": _optional(_integer(0, 1_000_000_000_000)),
    "max_cost": _optional(_amount),
    "prices": lambda name, value: prices_from(value),
    "store": lambda name, value: store_from(value),
    "service_logs": _word("off", "on"),
    "private_urls": _word("refuse", "allow"),
    "progress": _word("auto", "bar", "off"),
    "report": _word("on", "off"),
    "spans": _word("calls", "requests"),
    "transport": _transport,
}


def resolve(layers: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[Config, dict[str, str]]:
    """One `Config` out of *layers*, lowest first, and which layer each value came from.

    Raises
    ------
    ConfigError
        For an unknown name (with the nearest known one) or a value out of its range.
    """
    values: dict[str, Any] = {}
    sources = dict.fromkeys((f.name for f in fields(Config)), "default")
    for source, layer in layers:
        for name, value in layer.items():
            read = _READERS.get(name)
            if read is None:
                near = difflib.get_close_matches(name, _READERS, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else f" Settings: {', '.join(_READERS)}."
                raise ConfigError(f"no setting or option {name!r} ({source}).{hint}")
            values[name] = read(name, value)
            sources[name] = source
    return replace(Config(), **values), sources


def read_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings among ``DFAI_<NAME>`` variables; other ``DFAI_`` variables are not settings.

    >>> read_environment({"DFAI_CONCURRENCY": "8", "DFAI_MODELS": "/models", "HOME": "/root"})
    {'concurrency': '8'}
    """
    return {
        name: environment[variable]
        for name in _READERS
        if name != "transport" and environment.get(variable := f"DFAI_{name.upper()}", "") != ""
    }
