"""What the services of Azure AI Search have in common: versions, paths, names."""

from __future__ import annotations

import re
from typing import Any

from dfai_core.errors import ConfigError

__all__ = ["API_VERSION", "docs_path", "index_name", "index_path"]

# Source: Azure AI Search REST documentation, "Search Service REST", stable versions, read 2026-11-26; the requests are
# those of azure-search-documents 12.0.0.
API_VERSION = "2024-07-01"

# Source: Azure AI Search documentation, "Naming rules", read 2026-11-26.
_INDEX = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){0,126}[a-z0-9]")


def index_name(name: str, value: Any) -> str:
    """*value*, which is an index's name.

    Raises
    ------
    ConfigError
        It cannot be.
    """
    if not isinstance(value, str) or not _INDEX.fullmatch(value):
        raise ConfigError(
            f"{name}={value!r}: an index's name holds lowercase letters, digits and single dashes, from 2 to 128 "
            "characters, and neither begins nor ends with a dash."
        )
    return value


def index_path(name: str, api_version: str) -> str:
    """Where an index is made, shown and changed."""
    return f"/indexes('{name}')?api-version={api_version}"


def docs_path(name: str, what: str, api_version: str) -> str:
    """Where its documents are asked for *what*."""
    return f"/indexes('{name}')/docs/{what}?api-version={api_version}"
