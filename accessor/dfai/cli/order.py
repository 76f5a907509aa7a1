"""The order in which commands are listed: what one does first, first."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from dfai_core.errors import ConfigError

__all__ = ["InOrder"]

_ORDER = ("run", "estimate", "services", "doctor", "store", "models", "serve", "index")


class InOrder(TyperGroup):
    """The commands as one comes to need them; those of others behind."""

    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = super().get_command(ctx, cmd_name)
        if found is None and (verb := _verb(cmd_name)):
            raise ConfigError(f"{cmd_name} is a verb: dfai run {verb} FILE --column NAME --out FILE")
        return found


def _verb(name: str) -> str | None:
    """The verb that is meant by *name*, which is no command."""
    from dfai_core import services

    known = services().values()
    return next((service.name for service in known if name == service.name or name in service.known_as), None)
