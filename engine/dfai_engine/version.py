"""The version of the distribution that this engine is part of."""

from __future__ import annotations

from importlib import metadata

__all__ = ["version"]


def version() -> str:
    """As installed; "0" when run from a source tree that was never installed."""
    try:
        return metadata.version("dfai")
    except metadata.PackageNotFoundError:
        return "0"
