"""Every service that dfai knows, by verb. A service is a file in its family's folder, and found by its name.

``language/key_phrases.py`` holds ``KEY_PHRASES``. Other files of a folder are what its services share.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from dfai_core.service import Service

__all__ = ["families", "services"]

_FAMILIES = ("language", "decision", "vision", "face", "speech", "search", "web")


def _found(family: str) -> Iterator[Service]:
    """The services in a family's folder."""
    folder = import_module(f"{__name__}.{family}")
    for file in pkgutil.iter_modules(folder.__path__):
        held = getattr(import_module(f"{folder.__name__}.{file.name}"), file.name.upper(), None)
        if isinstance(held, Service):
            yield held


# At import, when no other thread can be half-way through it.
_ALL = tuple(service for family in _FAMILIES for service in _found(family))


@cache
def services() -> dict[str, Service]:
    """Services by the name of their verb."""
    return {service.name: service for service in _ALL}


@cache
def families() -> tuple[str, ...]:
    """The families."""
    return _FAMILIES
