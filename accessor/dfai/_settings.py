"""Where settings come from: the environment, `configure`, `using`, the call itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from html import escape
from typing import Any, Unpack

from dfai_core import Config, Settings
from dfai_core.prices import Price, Prices
from dfai_core.settings import read_environment, resolve

__all__ = ["Effective", "configure", "effective", "prices", "settings", "using"]

_configured: dict[str, Any] = {}
# A context variable: each thread and each async task has its own nesting.
_using: ContextVar[tuple[Mapping[str, Any], ...]] = ContextVar("dfai_using", default=())


def configure(**settings: Unpack[Settings]) -> None:
    """Change settings for the rest of this process; None takes one back.

    Examples
    --------
    >>> dfai.configure(concurrency=8)
    >>> dfai.settings()["concurrency"]
    8
    >>> dfai.configure(concurrency=None)
    """
    resolve([("configure", {name: value for name, value in settings.items() if value is not None})])
    for name, value in settings.items():
        if value is None:
            _configured.pop(name, None)
        else:
            _configured[name] = value


def using(**settings: Unpack[Settings]) -> AbstractContextManager[None]:
    """Change settings inside a ``with`` block.

    A lazy frame keeps the settings that it was made under, even when it is computed after the block.

    Raises
    ------
    ConfigError
        At once, for an unknown setting or a value out of its range.

    Examples
    --------
    >>> with dfai.using(attempts=1):
    ...     dfai.settings()["attempts"]
    1
    """
    resolve([("using", settings)])
    return _under(settings)


@contextmanager
def _under(settings: Settings) -> Iterator[None]:
    token = _using.set((*_using.get(), dict(settings)))
    try:
        yield
    finally:
        _using.reset(token)


def effective(call: Mapping[str, Any]) -> tuple[Config, dict[str, str]]:
    """The settings of a call with the arguments *call*, and where each came from."""
    layers: list[tuple[str, Mapping[str, Any]]] = [
        ("environment", read_environment(os.environ)),
        ("configure", _configured),
    ]
    layers += [("using", layer) for layer in _using.get()]
    return resolve([*layers, ("call", call)])


@dataclass(frozen=True, slots=True)
class Effective:
    """Every setting with its value and where it came from; keys are masked."""

    _config: Config
    _sources: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        if name not in self._sources:
            raise KeyError(name)
        return getattr(self._config, name)

    def _rows(self) -> list[tuple[str, str, str]]:
        names = [field.name for field in fields(self._config)]
        return [(name, _shown(getattr(self._config, name)), self._sources[name]) for name in names]

    def __repr__(self) -> str:
        rows = self._rows()
        left = max(len(name) for name, _, _ in rows)
        middle = max(len(value) for _, value, _ in rows)
        return "\n".join(f"{name:<{left}}  {value:<{middle}}  {source}" for name, value, source in rows)

    def _repr_html_(self) -> str:
        cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows())
        return (
            f"<table><thead><tr><th>setting</th><th>value</th><th>from</th></tr></thead><tbody>{cells}</tbody></table>"
        )


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def settings() -> Effective:
    """Every setting that a call made here and now would have.

    Examples
    --------
    >>> dfai.settings()["target"]
    Local()
    """
    return Effective(*effective({}))


def prices(table: Prices | Mapping[str, float | str | Price] | str | os.PathLike[str] | None = None) -> Prices:
    """What answers cost: the table in force, after another has taken its place for the rest of this process.

    Parameters
    ----------
    table
        Prices by verb, as Azure's pages quote them: for a thousand text records, an hour of audio, a million characters
        of speech, and so on; besides, where you like, "currency" (default "USD"), "as_of" (a date) and "source". Or a
        file of JSON or TOML that holds such a table. It stands alone: what it does not name has no price. None: the
        table stays as it is.

    Raises
    ------
    ConfigError
        For what is no such table, and for prices of two tables in two currencies.

    Examples
    --------
    >>> dfai.prices()["sentiment"].amount  # US dollars for a thousand text records
    1.0
    >>> with dfai.using(prices={"sentiment": 0.7, "currency": "EUR", "as_of": "2026-11-01"}):
    ...     print(dfai.prices())
    1 price in EUR, as of 2026-11-01
    """
    if table is not None:
        configure(prices=os.fspath(table) if isinstance(table, os.PathLike) else table)
    return effective({})[0].prices
