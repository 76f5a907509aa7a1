"""Everything dfai raises on purpose, and the codes of rows that failed.

DfaiError
  ConfigError           a setting is wrong or missing; found before any request
    NotOffered          this target does not serve this verb
    SecretNotFound      a referenced key is not set on this machine
  ColumnNotFound        also a KeyError, as pandas users expect
  ColumnExists          an answer column is there already
  BackendNotFound       no installed backend knows this kind of frame
  MissingExtra          an optional package is missing; names the extra
  ModelMissing          weights are not on disk; names the command that fetches them
  CallError             a request failed for good
    Unauthorized        401, 403
    Rejected            other 4xx: trying again will not help
    RateLimited         429 past the last retry; has retry_after_s
    Unavailable         5xx, lost connection, deadline passed

Errors cross process borders on Spark and Dask, so each is built from its message alone.
"""

from __future__ import annotations

__all__ = [
    "LASTING_CODES",
    "RETRYABLE_CODES",
    "AccessorTaken",
    "BackendNotFound",
    "CallError",
    "ColumnExists",
    "ColumnNotFound",
    "ConfigError",
    "DfaiError",
    "DfaiWarning",
    "LanguageAssumed",
    "LimitsApart",
    "MissingExtra",
    "ModelMissing",
    "NotOffered",
    "RateLimited",
    "Rejected",
    "RowsFailed",
    "SecretNotFound",
    "Unauthorized",
    "Unavailable",
    "error_for",
]


class DfaiError(Exception):
    """Base of all errors that dfai raises on purpose."""


class ConfigError(DfaiError, ValueError):
    """A setting or argument is wrong or missing; nothing was sent."""


class NotOffered(ConfigError):
    """The chosen target does not serve this verb."""


class SecretNotFound(ConfigError):
    """A secret that a setting refers to is not available here."""


class ColumnNotFound(DfaiError, KeyError):
    """The frame has no column of this name."""

    def __str__(self) -> str:  # KeyError would show the message as a repr, quotes and all
        return str(self.args[0]) if self.args else ""


class ColumnExists(DfaiError, ValueError):
    """The frame already has a column that the answer would need."""


class BackendNotFound(DfaiError, TypeError):
    """No installed backend knows this kind of frame."""


class MissingExtra(DfaiError, ImportError):
    """A verb needs optional packages that are not installed."""


class ModelMissing(DfaiError, FileNotFoundError):
    """The embedded engine's weights are not on this machine."""

    def __str__(self) -> str:  # OSError formats its arguments as an errno pair
        return str(self.args[0]) if self.args else ""


class CallError(DfaiError):
    """A request failed for good."""


class Unauthorized(CallError):
    """The target refused the credential."""


class Rejected(CallError):
    """The target refused the request; trying again will not help."""


class RateLimited(CallError):
    """The service still said 429 when the retries were spent."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(CallError):
    """5xx, a lost connection or a deadline, after the last retry."""


class DfaiWarning(UserWarning):
    """Base of dfai's warnings."""


class RowsFailed(DfaiWarning):
    """Some rows of an eager call have no answer."""


class AccessorTaken(DfaiWarning):
    """Another library registered the accessor's name first."""


class LimitsApart(DfaiWarning):
    """``concurrency`` and ``rate_per_s`` hold for each of several parts of a call, not for the whole."""


class LanguageAssumed(DfaiWarning):
    """The api-version in use cannot detect the language, so English is assumed."""


RETRYABLE_CODES = frozenset({"rate_limited", "unavailable", "timeout", "bad_answer", "over_budget", "stopped"})
"""Codes of ``_error`` after which asking again may help."""

LASTING_CODES = frozenset({"nothing_found", "refused", "too_large", "unsupported"})
"""Codes of ``_error`` that are the document's own fault, whenever it is asked."""

_ERRORS: dict[str, type[CallError]] = {
    "unauthorized": Unauthorized,
    "rate_limited": RateLimited,
    "unavailable": Unavailable,
    "timeout": Unavailable,
    "bad_answer": Unavailable,
}


def error_for(code: str, message: str) -> CallError:
    """The exception that stands for a row's error *code*, for ``on_error="raise"``.

    >>> error_for("timeout", "too late")
    Unavailable('too late')
    >>> error_for("empty", "blank")
    Rejected('blank')
    """
    return _ERRORS.get(code, Rejected)(message)
