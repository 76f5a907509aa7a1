"""How a command ends: what its exit code says, and how an error becomes a sentence."""

from __future__ import annotations

from enum import IntEnum

from dfai_core.errors import CallError, DfaiError

__all__ = ["Exit", "Interrupted", "Terminated", "exit_for", "sentence_of"]


class Exit(IntEnum):
    """Exit codes. They are a promise: scripts rest on them."""

    ANSWERED = 0
    """Every row that has something to ask has its answer."""
    SOME_FAILED = 1
    """Some rows have none; the file is written, and says why in its error columns."""
    USAGE = 2
    """Something on the command line, in the settings or in the files cannot be; nothing was asked."""
    NOTHING_ANSWERED = 3
    """No row was answered: the target refused the key, or could not be reached, or refused every row."""
    FAULT = 70
    """An error that dfai does not know: a fault of its own, or of the machine."""
    INTERRUPTED = 130
    """Ctrl-C. The same line again goes on."""
    TERMINATED = 143
    """Told to stop by SIGTERM. The same line again goes on."""


class Terminated(KeyboardInterrupt):
    """SIGTERM has come: to be ended in order, as by Ctrl-C."""


class Interrupted(Exception):
    """A run that was told to stop has done so."""

    def __init__(self, message: str, code: Exit = Exit.INTERRUPTED) -> None:
        super().__init__(message)
        self.code = code


def exit_for(error: BaseException) -> Exit:
    """The exit code of a command that *error* ended.

    >>> from dfai_core.errors import ConfigError, Unauthorized
    >>> exit_for(ConfigError("")).name, exit_for(Unauthorized("")).name, exit_for(FileNotFoundError()).name
    ('USAGE', 'NOTHING_ANSWERED', 'USAGE')
    """
    if isinstance(error, Interrupted):
        return error.code
    if isinstance(error, CallError):
        return Exit.NOTHING_ANSWERED
    return Exit.USAGE if isinstance(error, (DfaiError, OSError)) else Exit.FAULT


def sentence_of(error: BaseException) -> str:
    """What went wrong, on one line.

    >>> sentence_of(OSError(28, "No space left on device", "scored.parquet"))
    'scored.parquet: No space left on device.'
    """
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, DfaiError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    elif not isinstance(error, DfaiError):
        text = f"{type(error).__name__}: {error}" if text else type(error).__name__
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?", ")")) else line + "."
