"""References to secrets: resolved where the request is made, never shown, never pickled by accident."""

from __future__ import annotations

import importlib
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dfai_core.errors import ConfigError, SecretNotFound

__all__ = ["Secret", "as_secret", "env", "secret"]

Read = Literal["worker", "driver"]
_SCHEMES = ("env", "file", "module")


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a key is found, not the key.

    *value* is filled only for a literal key and for ``read="driver"``; it never shows in a repr.
    """

    reference: str
    value: str | None = field(default=None, repr=False)

    def reveal(self) -> str:
        """The secret itself, read now, on this machine.

        Raises
        ------
        SecretNotFound
            With the place where it was looked for and how to provide it.
        """
        scheme, _, name = self.reference.partition(":")
        reason = ""
        if self.value is not None:
            found: str | None = self.value
        elif scheme == "env":
            found = os.environ.get(name)
        else:
            try:
                found = Path(name).read_text(encoding="utf-8") if scheme == "file" else _called(name)
            except (OSError, ImportError, AttributeError, UnicodeDecodeError) as error:
                found, reason = None, f": {type(error).__name__}"
        found = (found or "").strip()  # files and environments often end a value with a line feed
        if not found:
            raise SecretNotFound(self._how_to_provide(scheme, name, reason))
        if not (found.isascii() and found.isprintable()):
            # Said here without the value: a transport's own error would quote it.
            raise SecretNotFound(f"{self.reference} holds a character that no HTTP header can carry.")
        return found

    def _how_to_provide(self, scheme: str, name: str, reason: str) -> str:
        message = f"{self.reference} is not set on {socket.gethostname()} (process {os.getpid()}{reason})."
        if scheme == "env":
            message += (
                f' Set it there (Spark: spark.executorEnv.{name}), or send it along: dfai.env("{name}", read="driver").'
            )
        return message

    def __str__(self) -> str:
        return self.reference


def _called(name: str) -> str:
    module, _, function = name.partition(":")
    return str(getattr(importlib.import_module(module), function)())


def secret(reference: str, *, read: Read = "worker") -> Secret:
    """Refer to a secret instead of writing it down.

    Parameters
    ----------
    reference
        ``"env:NAME"``, ``"file:/run/secrets/key"`` or ``"module:package.module:function"`` (a function
        without arguments).
    read
        "worker" looks the secret up on the machine that sends the request; "driver" does it now and
        sends the value along, still hidden from every repr and log.

    >>> secret("env:AZURE_AI_KEY")
    Secret(reference='env:AZURE_AI_KEY')
    """
    scheme, colon, name = reference.partition(":")
    if not colon or scheme not in _SCHEMES or not name:
        # What was given is not shown: it may be the key itself.
        raise ConfigError(
            'a secret is a reference: "env:NAME", "file:/path" or "module:package:function". '
            "A key itself goes straight into key=."
        )
    if read not in ("worker", "driver"):
        raise ConfigError(f'read={read!r}: choose "worker" or "driver".')
    found = Secret(reference)
    return Secret(reference, found.reveal()) if read == "driver" else found


def env(name: str, *, read: Read = "worker") -> Secret:
    """Short for ``secret("env:NAME")``."""
    return secret(f"env:{name}", read=read)


def as_secret(value: str | Secret | None) -> Secret | None:
    """A literal key becomes a masked secret; references pass through."""
    if value is None or isinstance(value, Secret):
        return value
    return Secret("a literal key", value)
