"""What every family of verbs stands on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

from dfai_core import Service, Settings

__all__ = ["Columns", "IfExists", "R", "VerbBase"]

R = TypeVar("R")

Columns = Hashable | Sequence[Hashable]
"""A column's name, or several: each is then answered on its own."""

IfExists = Literal["raise", "replace", "fill"]


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
    ) -> R:
        raise NotImplementedError
