"""What one look found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it stands, and what to do where it does not stand well."""

    area: str
    state: Literal["ok", "warning", "problem"]
    found: str
    remedy: str = ""
