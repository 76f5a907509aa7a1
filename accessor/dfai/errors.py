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
    "MissingExtra",
    "ModelMissing",
    "NotOffered",
    "RateLimited",
    "Rejected",
    "RowsFailed",
    "SecretNotFound",
    "Unauthorized",
    "Unavailable",
]
