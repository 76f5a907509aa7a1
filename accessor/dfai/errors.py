"""Everything dfai raises and warns of on purpose."""

from __future__ import annotations

from dfai_core.errors import (
    RETRYABLE_CODES,
    AccessorTaken,
    BackendNotFound,
    CallError,
    ColumnExists,
    ColumnNotFound,
    ConfigError,
    DfaiError,
    DfaiWarning,
    LanguageAssumed,
    LimitsApart,
    MissingExtra,
    ModelMissing,
    NotOffered,
    RateLimited,
    Rejected,
    RowsFailed,
    SecretNotFound,
    Unauthorized,
    Unavailable,
)
from dfai_core.store import StoreFailed

__all__ = [
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
    "StoreFailed",
    "Unauthorized",
    "Unavailable",
]
