"""A verb's arguments as a file may hold them: plain JSON, and never a key."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from numbers import Integral
from typing import Any
from urllib.parse import urlsplit

from dfai_core import Col, Pages, Poll, Settings
from dfai_core.errors import ConfigError
from dfai_core.secrets import Secret, secret
from dfai_core.store import StoreSpec
from dfai_core.targets import Azure, Container, Local, Route, azure, container, local, route
from dfai_core.targets.entra import TokenSource

__all__ = ["from_saved", "to_saved"]

_LITERAL = "a literal key"


def to_saved(name: str, value: Any) -> Any:
    """*value* of the argument *name* as JSON has it, for `from_saved` to read.

    Raises
    ------
    ConfigError
        For a key or a password itself, and for what no file can hold, with the remedy. The value is not shown.

    >>> to_saved("language", Col("lang")), to_saved("target", local())
    ({'dfai.col': 'lang'}, {'dfai.local': {}})
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Integral):  # numpy's, out of somebody's grid of params
        return int(value)
    if isinstance(value, (list, tuple)):
        return [to_saved(name, one) for one in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: to_saved(name, one) for key, one in value.items()}
    write = _WRITERS.get(type(value))
    if write is None:
        raise ConfigError(
            f"{name}= holds a {type(value).__name__}, which a saved pipeline cannot hold: write it as text or numbers"
            f"{_elsewhere(name)}."
        )
    return write(name, value)


def _elsewhere(name: str) -> str:
    if name not in Settings.__annotations__:
        return ""
    return f", or leave {name}= out and say dfai.configure({name}=…) where the pipeline runs"


def from_saved(value: Any) -> Any:
    """What `to_saved` was given.

    >>> from_saved({"dfai.col": "language"})
    dfai.col('language')
    """
    if isinstance(value, list):
        return [from_saved(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    tag = next(iter(value), "")
    if len(value) == 1 and tag in _READERS:
        return _READERS[tag](value[tag])
    return {key: from_saved(one) for key, one in value.items()}


def _secret(name: str, value: Secret) -> dict[str, Any]:
    if value.reference == _LITERAL:
        found = 'key=dfai.env("AZURE_AI_KEY")' if name == "target" else 'dfai.env("NAME")'
        raise ConfigError(
            f"{name}= holds a key itself, which a saved pipeline must not: say where it is found, {found}"
            f"{_elsewhere(name)}."
        )
    # What was read on the driver is read there again when the pipeline is loaded.
    return {"dfai.secret": {"reference": value.reference, "read": "worker" if value.value is None else "driver"}}


def _credential(name: str, value: TokenSource) -> dict[str, Any]:
    module, path = getattr(value.made_by, "__module__", None), getattr(value.made_by, "__qualname__", None)
    if module is None or path is None or value.name != f"{module}.{path}":
        raise ConfigError(
            f"{name}= holds a credential that cannot be imported by its name, so no file can hold it: give a class "
            f"such as DefaultAzureCredential or a function of a module{_elsewhere(name)}."
        )
    return {"dfai.credential": f"{_public_module(module, path, value.made_by)}:{path}"}


def _public_module(module: str, path: str, thing: object) -> str:
    """The outermost package that gives *thing* by the same name: files outlive a library's inner modules."""
    parts = module.split(".")
    packages = (".".join(parts[:count]) for count in range(1, len(parts)))
    return next((name for name in packages if getattr(sys.modules.get(name), path, None) is thing), module)


def _azure(name: str, value: Azure) -> dict[str, Any]:
    place = {"region": value.region} if value.region else {"endpoint": value.base}
    access = (
        {"credential": _credential(name, value.credential)}
        if value.credential is not None
        else {"key": to_saved(name, value.key)}
    )
    return {"dfai.azure": {**place, "cloud": value.cloud, **access}}


def _container(name: str, value: Container) -> dict[str, Any]:
    return {"dfai.container": {"url": value.base, "key": to_saved(name, value.key)}}


def _route(name: str, value: Route) -> dict[str, Any]:
    choices = {choice: to_saved(name, target) for choice, target in value.choices}
    return {"dfai.route": {"choices": choices, "default": to_saved(name, value.default)}}


def _store(name: str, value: StoreSpec) -> dict[str, Any]:
    if value.kind == "redis" and urlsplit(value.place).password:
        raise ConfigError(
            f"{name}= holds a Redis's password, which a saved pipeline must not: leave {name}= out and say "
            f"dfai.configure({name}=…) or DFAI_STORE where the pipeline runs."
        )
    bounds = {"max_bytes": value.max_bytes, "max_age_s": value.max_age_s}
    return {"dfai.store": {"kind": value.kind, "place": value.place, **bounds}}


_WRITERS: dict[type[Any], Callable[[str, Any], dict[str, Any]]] = {
    Azure: _azure,
    Col: lambda _, value: {"dfai.col": value.name},
    Container: _container,
    Local: lambda name, value: {"dfai.local": {}},
    Pages: lambda name, value: {"dfai.pages": to_saved(name, asdict(value))},
    Poll: lambda name, value: {"dfai.poll": to_saved(name, asdict(value))},
    Route: _route,
    Secret: _secret,
    StoreSpec: _store,
}


def _imported(reference: str) -> Any:
    module, _, path = reference.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _made(make: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda arguments: make(**{name: from_saved(value) for name, value in arguments.items()})


_READERS: dict[str, Callable[[Any], Any]] = {
    "dfai.azure": _made(azure),
    "dfai.col": Col,
    "dfai.container": _made(container),
    "dfai.credential": _imported,
    "dfai.local": _made(local),
    "dfai.pages": _made(Pages),
    "dfai.poll": lambda found: Poll(found["status"], tuple(found["done"]), tuple(found["failed"]), found["message"]),
    "dfai.route": _made(route),
    "dfai.secret": _made(secret),
    "dfai.store": _made(StoreSpec),
}
