"""The embedded engine as this command finds it: by entry point, if it is installed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from dfai_core import Service

__all__ = ["engine", "local_state"]


@cache
def engine() -> Any | None:
    """The engine's door; None where it, or something that it needs, is not installed."""
    for point in entry_points(group="dfai.engines", name="local"):
        try:
            return point.load()
        except ModuleNotFoundError:
            return None
    return None


def local_state(service: Service) -> tuple[str, str]:
    """Whether the local target answers a verb, and what it needs first.

    The state is "here", "fetch" (models come with the first call), "install", or "no".
    """
    if service.web:
        return "here", ""
    found = engine()
    if found is None:
        return "install", 'pip install "dfai[local]"'
    if reason := found.refuses(service.operation):
        return "no", reason
    if extra := found.lacks(service.operation):
        return "install", f'pip install "dfai[{extra}]"'
    missing = found.missing([service.operation])
    return ("fetch", f"models at the first call: {', '.join(missing)}") if missing else ("here", "")
