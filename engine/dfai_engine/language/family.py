"""The Language family: what it answers, and its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine.families import Room
from dfai_engine.language.kinds import KINDS

if TYPE_CHECKING:
    from starlette.routing import Route

__all__ = ["OPERATIONS", "QUERY", "routes"]

OPERATIONS = KINDS
QUERY = ("api-version",)


def routes(room: Room) -> list[Route]:
    """Requests that are answered at once, and jobs."""
    from dfai_engine.language import job_routes
    from dfai_engine.language import routes as sync_routes
    from dfai_engine.language.kinds import Kinds
    from dfai_engine.language.limits import LIMITS

    kinds = Kinds({name: handler for name, handler in room.handlers.items() if name in KINDS})
    limits = LIMITS[room.limits]
    return [
        *sync_routes.routes(room.threads, kinds, limits),
        *job_routes.routes(room.threads, room.jobs, kinds, limits),
    ]
