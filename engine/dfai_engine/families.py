"""The families of services. Each is a folder here: ``family.py`` says what it answers and makes its routes.

A new family is a new folder and its name below; nothing else in this package knows families by name.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.routing import Route

    from dfai_engine.jobs import Jobs
    from dfai_engine.threads import Threads

__all__ = ["FAMILIES", "Family", "LimitsName", "Operation", "Room", "families", "operation", "operations"]

FAMILIES = ("language", "decision", "vision", "face", "speech", "speaker", "textsearch", "imagesearch")

# How much a request may hold: as the service has it, or larger batches for clients in the same process.
LimitsName = Literal["azure", "wide"]


class Operation(Protocol):
    """Something that a family answers, by the protocol's own name for it."""

    @property
    def name(self) -> str: ...

    @property
    def extra(self) -> str:
        """The extra of dfai that brings its packages."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Those without which nothing of it is answered."""

    def load(self) -> ModuleType:
        """The module that answers. It may say ``MODELS``, ``OPTIONAL_MODELS`` and why it is ``REFUSED``."""


@dataclass(frozen=True, slots=True)
class Room:
    """What an app gives to each of its families."""

    threads: Threads
    jobs: Jobs[Any, Any]
    limits: LimitsName = "azure"
    handlers: Mapping[str, Any] = field(default_factory=dict)  # in place of the built-in ones, by operation
    data: Path | None = None  # the folder that clients may name files of, and that keeps what they make
    images: tuple[Path, ...] = ()  # the folders whose pictures may be found
    home: Path | None = None  # where what must outlive this process is kept if there is no such folder

    @property
    def lasting(self) -> Path | None:
        """The folder for what clients make and other processes of this host must find; None: it ends with this one."""
        return self.data or self.home


class Family(Protocol):
    """What the module ``family`` of a family's folder holds. Importing it imports no model and no server."""

    OPERATIONS: Mapping[str, Operation]
    QUERY: Sequence[str]  # the query parameters that every request of the family needs

    def routes(self, room: Room) -> list[Route]:
        """The family's routes."""


def families() -> list[Family]:
    """Every family."""
    return [cast("Family", importlib.import_module(f"dfai_engine.{name}.family")) for name in FAMILIES]


def operations() -> dict[str, Operation]:
    """Every operation of every family, by name."""
    return {name: found for family in families() for name, found in family.OPERATIONS.items()}


def operation(name: str) -> Operation:
    """One operation.

    Raises
    ------
    ValueError
        There is none of this name.
    """
    known = operations()
    if name not in known:
        raise ValueError(f"no kind {name!r}; there are: {', '.join(known)}")
    return known[name]
