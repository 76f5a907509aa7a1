"""The routes of the Speaker family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine.families import Room
from dfai_engine.speaker.kinds import IDENTIFICATION, KINDS, PHRASED
from dfai_engine.speaker.profile_routes import Voices
from dfai_engine.speaker.profiles import Profiles
from dfai_engine.speaker.wire import endpoint

if TYPE_CHECKING:
    from starlette.routing import Route

__all__ = ["routes"]

BASE = "/speaker-recognition"


def routes(room: Room) -> list[Route]:
    """All of them; profiles live in the room's folder for what lasts."""
    from starlette.routing import Route

    profiles = Profiles(room.lasting)
    made: list[Route] = []
    for kind in KINDS:
        voices = Voices(room.threads, profiles, kind)
        every = f"{BASE}/{kind.path}/profiles"
        one = f"{every}/{{id}}"
        phrases = voices.pass_phrases if kind is PHRASED else voices.activation_phrases
        if kind is IDENTIFICATION:
            made.append(Route(f"{every}:identifySingleSpeaker", endpoint(voices.identify), methods=["POST"]))
        else:
            made.append(Route(f"{one}:verify", endpoint(voices.verify), methods=["POST"]))
        made += [
            Route(f"{one}:reset", endpoint(voices.reset), methods=["POST"]),
            Route(f"{one}/enrollments", endpoint(voices.enrol), methods=["POST"]),
            Route(one, endpoint(voices.get), methods=["GET"]),
            Route(one, endpoint(voices.delete), methods=["DELETE"]),
            Route(every, endpoint(voices.list), methods=["GET"]),
            Route(every, endpoint(voices.create), methods=["POST"]),
            Route(f"{BASE}/{kind.path}/phrases/{{locale}}", endpoint(phrases), methods=["GET"]),
        ]
    return made
