"""What every family of verbs stands on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from dfai_core import Service, Settings

__all__ = ["NO_GROUPS", "Columns", "Groups", "IfExists", "R", "VerbBase", "VerbCall"]

R = TypeVar("R")

Columns = Hashable | Sequence[Hashable]
"""A column's name, or several: each is then answered on its own."""

IfExists = Literal["raise", "replace", "fill"]


class Groups(NamedTuple):
    """Which rows belong together, where a verb reads whole groups: columns, and the one with the times."""

    by: Columns | None = None
    timestamp: Hashable | None = None


NO_GROUPS = Groups()


@dataclass(frozen=True, slots=True)
class VerbCall:
    """What a verb was called with, before any frame was looked at."""

    service: Service
    inputs: tuple[Columns, ...]
    options: Mapping[str, Any]
    include: Sequence[str] | Literal["all"]
    output: str
    if_exists: IfExists
    settings: Settings
    groups: Groups = NO_GROUPS


class VerbBase(Generic[R]):
    """Turns a verb's arguments into a call. What becomes of the call is each accessor's own."""

    def _call(
        self,
        service: Service,
        inputs: tuple[Columns, ...],
        options: Mapping[str, Any],
        include: Sequence[str] | Literal["all"],
        output: str,
        if_exists: IfExists,
        settings: Settings,
        groups: Groups = NO_GROUPS,
    ) -> R:
        return self._carry_out(VerbCall(service, inputs, options, include, output, if_exists, settings, groups))

    def _carry_out(self, asked: VerbCall) -> R:
        raise NotImplementedError
