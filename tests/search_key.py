"""A key that workers find by its module."""

from __future__ import annotations

__all__ = ["key"]


def key() -> str:
    """The key of the server in the tests of search indexes."""
    return "planted-0123456789abcdef"
