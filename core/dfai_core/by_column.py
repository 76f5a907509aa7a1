"""A column in the place of one value for all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Col", "col"]


@dataclass(frozen=True, slots=True)
class Col:
    """A column instead of one value for all rows."""

    name: Any

    def __repr__(self) -> str:
        return f"dfai.col({self.name!r})"


def col(name: Any) -> Col:
    """Takes an option from a column, row by row: ``language=dfai.col("lang")``."""
    return Col(name)
