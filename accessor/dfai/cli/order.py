"""The order in which commands are listed: what one does first, first."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

__all__ = ["InOrder"]

_ORDER = ("run", "estimate", "services", "doctor", "store", "models", "serve", "index")


class InOrder(TyperGroup):
    """The commands as one comes to need them; those of others behind."""

    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
