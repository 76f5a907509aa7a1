"""The routes that turn sounds into words: short audio, fast transcription, batch transcription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine.families import Room
from dfai_engine.speech import batch_routes, fast_routes, short_routes
from dfai_engine.speech.limits import LIMITS
from dfai_engine.speech.wire import Desk

if TYPE_CHECKING:
    from starlette.routing import Route

__all__ = ["routes"]


def routes(room: Room) -> list[Route]:
    """All of them, at one desk."""
    desk = Desk(room.threads, LIMITS[room.limits])
    return [*short_routes.routes(desk), *fast_routes.routes(desk), *batch_routes.routes(desk, room.jobs)]
