"""The routes of the Face family, for all of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfai_engine.face import wire
from dfai_engine.face.collection_routes import Collections
from dfai_engine.face.directory import Directory
from dfai_engine.face.face_routes import Faces
from dfai_engine.face.kinds import KINDS
from dfai_engine.face.limits import LIMITS
from dfai_engine.face.remembered import Remembered
from dfai_engine.families import Room

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from dfai_engine.protocol import Reply

__all__ = ["routes"]

BASE = "/face/{version}"
ABSENT = (
    *("snapshots", "operations", "persons", "dynamicpersongroups"),
    *("detectLiveness", "detectLivenessWithVerify", "session"),
)


def routes(room: Room) -> list[Route]:
    """All of them; collections live in the room's folder for what lasts."""
    from starlette.routing import Route

    limits = LIMITS[room.limits]
    directory = Directory(room.lasting)
    faces = Faces(room.threads, limits, directory, Remembered(limits.remembered_faces))
    made = [
        Route(f"{BASE}/detect", wire.endpoint(faces.detect), methods=["POST"]),
        Route(f"{BASE}/verify", wire.endpoint(faces.verify), methods=["POST"]),
        Route(f"{BASE}/findsimilars", wire.endpoint(faces.find_similars), methods=["POST"]),
        Route(f"{BASE}/group", wire.endpoint(faces.group), methods=["POST"]),
        Route(f"{BASE}/identify", wire.endpoint(faces.identify), methods=["POST"]),
    ]
    for kind in KINDS:
        served = Collections(room.threads, limits, directory, kind)
        every = f"{BASE}/{kind.path}"
        one = f"{every}/{{id}}"
        faces_of = f"{one}/persons/{{person}}/persistedfaces" if kind.persons else f"{one}/persistedfaces"
        made += [
            Route(every, wire.endpoint(served.list), methods=["GET"]),
            Route(one, wire.endpoint(served.create), methods=["PUT"]),
            Route(one, wire.endpoint(served.get), methods=["GET"]),
            Route(one, wire.endpoint(served.update), methods=["PATCH"]),
            Route(one, wire.endpoint(served.delete), methods=["DELETE"]),
            Route(faces_of, wire.endpoint(served.add_face), methods=["POST"]),
            Route(f"{faces_of}/{{face}}", wire.endpoint(served.get_face), methods=["GET"]),
            Route(f"{faces_of}/{{face}}", wire.endpoint(served.update_face), methods=["PATCH"]),
            Route(f"{faces_of}/{{face}}", wire.endpoint(served.delete_face), methods=["DELETE"]),
        ]
        if not kind.persons:
            made.append(Route(faces_of, wire.endpoint(served.list_faces), methods=["GET"]))
        if kind.trained:
            made += [
                Route(f"{one}/train", wire.endpoint(served.train), methods=["POST"]),
                Route(f"{one}/training", wire.endpoint(served.training), methods=["GET"]),
            ]
        if kind.persons:
            made += [
                Route(f"{one}/persons", wire.endpoint(served.create_person), methods=["POST"]),
                Route(f"{one}/persons", wire.endpoint(served.list_persons), methods=["GET"]),
                Route(f"{one}/persons/{{person}}", wire.endpoint(served.get_person), methods=["GET"]),
                Route(f"{one}/persons/{{person}}", wire.endpoint(served.update_person), methods=["PATCH"]),
                Route(f"{one}/persons/{{person}}", wire.endpoint(served.delete_person), methods=["DELETE"]),
            ]
    absent = wire.endpoint(_absent)
    every_method = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for name in ABSENT:
        made += [
            Route(f"{BASE}/{name}", absent, methods=every_method),
            Route(f"{BASE}/{name}/{{rest:path}}", absent, methods=every_method),
        ]
    return made


async def _absent(_: Request) -> Reply:
    raise wire.absent()
