"""References to secrets: resolved where the request is made, never shown, never pickled by accident."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from dfai_core.errors import ConfigError, SecretNotFound

__all__ = ["Hidden", "HiddenValues", "Secret", "as_secret", "env", "secret"]

Read = Literal["worker", "driver"]


class Hidden:
    """A text that no repr shows, however deep in other values it lies."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text."""
        return self._text

    def __repr__(self) -> str:
        return "'***'"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[Any, ...]:
        # In disguise, since some libraries print the bytes that they send: py4j and Spark Connect in their debug
        # logs, and whoever prints locals with a traceback. No encryption: who has the bytes has the text.
        text = self._text.encode()
        pad = _pad(text)
        return _undisguised, (pad, _mixed(text, pad))


def _pad(text: bytes) -> bytes:
    """The same for the same text, so that equal values pickle alike."""
    return hashlib.shake_128(text).digest(len(text))


def _mixed(text: bytes, pad: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, pad, strict=True))


def _undisguised(pad: bytes, mixed: bytes) -> Hidden:
    return Hidden(_mixed(mixed, pad).decode())


class HiddenValues(dict[str, str]):
    """A mapping that shows its keys alone: headers, of which one is a credential."""

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{key!r}: ***' for key in self)}}}"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a key is found, not the key.

    *value* is there only for a literal key and for ``read="driver"``: only then does it travel. *here* is what the
    driver knows when a reference leaves it: whether the secret could be read there. A worker's error says so.
    """

    reference: str
    value: Hidden | None = field(default=None, repr=False)
    here: bool | None = field(default=None, repr=False, compare=False)

    def reveal(self) -> str:
        """The secret itself, read now, on this machine.

        Raises
        ------
        SecretNotFound
            With the place where it was looked for and how to provide it.
        """
        if self.value is not None:
            return self.value.reveal()
        found, reason = _look(self.reference)
        if not found:
            raise SecretNotFound(self._how_to_provide(reason))
        if _header_can_carry(found):
            return found
        # Said here without the value: a transport's own error would quote it, and so would a traceback with locals.
        del found
        raise SecretNotFound(f"{self.reference} holds a character that no HTTP header can carry.")

    async def revealed(self) -> str:
        """The same, for an event loop: what may take its time is read in a thread."""
        if self.value is not None or self.reference.startswith("env:"):
            return self.reveal()
        return await asyncio.to_thread(self.reveal)

    def shipped(self) -> Secret:
        """This reference as it leaves the driver. Only what is cheap to look up is looked up."""
        if self.value is not None or not self.reference.startswith(("env:", "file:")):
            return self
        return replace(self, here=bool(_look(self.reference)[0]))

    def _how_to_provide(self, reason: str) -> str:
        scheme, _, name = self.reference.partition(":")
        machine = socket.gethostname()
        if self.here:
            message = f"{self.reference} is set here but not on worker {machine} (process {os.getpid()}{reason})."
        else:
            message = f"{self.reference} is not set on {machine} (process {os.getpid()}{reason})."
        # Only what leaves for a worker knows what the driver has: without that, this is the process that asks.
        remedies = _REMEDIES_HERE if self.here is None and scheme in _REMEDIES_HERE else _REMEDIES
        return f"{message} {remedies[scheme].format(name=name)}"

    def __str__(self) -> str:
        return self.reference


def _look(reference: str) -> tuple[str, str]:
    """What is found under *reference*, "" if nothing, and why."""
    scheme, _, name = reference.partition(":")
    try:
        found = _READERS[scheme](name)
    except Exception as error:  # noqa: BLE001  a vault's library may raise anything, and its words may hold anything
        return "", f": {type(error).__name__}"
    if found is not None and not isinstance(found, str):
        return "", f": a {type(found).__name__} is no text"
    return (found or "").strip(), ""  # files and environments often end a value with a line feed


def _header_can_carry(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _file(name: str) -> str:
    return Path(name).expanduser().read_text(encoding="utf-8")


def _module(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)()


def _databricks(name: str) -> Any:
    scope, _, key = name.partition("/")
    return _dbutils().secrets.get(scope, key)


def _dbutils() -> Any:
    """Databricks' own utilities: its SDK's, which works outside a notebook too, else the runtime's."""
    try:
        return importlib.import_module("databricks.sdk.runtime").dbutils
    except ImportError:
        utilities = importlib.import_module("pyspark.dbutils")
        session = importlib.import_module("pyspark.sql").SparkSession.getActiveSession()
        return utilities.DBUtils(session)


_READERS: dict[str, Callable[[str], Any]] = {
    "env": os.environ.get,
    "file": _file,
    "module": _module,
    "databricks": _databricks,
}
_REMEDIES = {
    # Spark shows the values of its settings in its web UI and event log, but for those that the expression covers.
    "env": "Set it there (Spark: spark.executorEnv.{name}, and spark.redaction.regex to hide its value; "
    'Dask: the environment in which its workers start), or send it along: dfai.env("{name}", read="driver").',
    "file": 'Put the file there, or send its content along: dfai.secret("file:{name}", read="driver").',
    "module": "See that it can be imported and called there, or send its answer along: "
    'dfai.secret("module:{name}", read="driver").',
    "databricks": "Workers often have no dbutils, or no permission to ask: send it along, "
    'dfai.secret("databricks:{name}", read="driver").',
}
_REMEDIES_HERE = {
    "env": "Set it before Python starts (export {name}=…), or say where the key is: "
    'key=dfai.env("NAME") or key=dfai.secret("file:PATH").',
    "file": 'Put the file there, or say where the key is: key=dfai.env("NAME") or key=dfai.secret("file:PATH").',
}
_FORMS = '"env:NAME", "file:/path", "module:package:function" or "databricks:scope/key"'


def secret(reference: str, *, read: Read = "worker") -> Secret:
    """Refer to a secret instead of writing it down.

    Parameters
    ----------
    reference
        ``"env:NAME"``, ``"file:/run/secrets/key"``, ``"module:package.module:function"`` (a function without
        arguments) or ``"databricks:scope/key"`` (by ``dbutils`` or Databricks' SDK).
    read
        "worker" looks the secret up on the machine that sends the request; "driver" does it now and
        sends the value along, still hidden from every repr and log.

    Raises
    ------
    ConfigError
        For what is no reference; it is not shown, since it may be the key itself.
    SecretNotFound
        With ``read="driver"``, where there is nothing to read.

    >>> secret("env:AZURE_AI_KEY")
    Secret(reference='env:AZURE_AI_KEY')
    """
    if not isinstance(reference, str) or not _is_reference(reference):
        raise ConfigError(f"a secret is a reference: {_FORMS}. A key itself goes straight into key=.")
    if read not in ("worker", "driver"):
        raise ConfigError(f'read={read!r}: choose "worker" or "driver".')
    found = Secret(reference)
    return Secret(reference, Hidden(found.reveal())) if read == "driver" else found


def _is_reference(text: str) -> bool:
    scheme, _, name = text.partition(":")
    inner = {"module": ":", "databricks": "/"}.get(scheme)
    return scheme in _READERS and bool(name) and (inner is None or all(name.partition(inner)))


def env(name: str, *, read: Read = "worker") -> Secret:
    """Short for ``secret("env:NAME")``."""
    return secret(f"env:{name}", read=read)


def as_secret(value: str | Secret | None) -> Secret | None:
    """A literal key becomes a masked secret; references pass through.

    Raises
    ------
    ConfigError
        For what cannot be a key. What was given is not shown.
    """
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ConfigError(f'key= takes a key or a reference such as dfai.env("NAME"), not a {type(value).__name__}.')
    if _is_reference(value):
        raise ConfigError(f"key= holds a reference as bare text: write dfai.secret(…) around it. Forms: {_FORMS}.")
    value = value.strip()
    if not value:
        raise ConfigError("key= is an empty text; leave it out where none is needed.")
    if not _header_can_carry(value):
        raise ConfigError("key= holds a character that no HTTP header can carry.")
    return Secret("a literal key", Hidden(value))
