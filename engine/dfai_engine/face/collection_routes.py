"""The routes of one kind of collection: face lists, large face lists, person groups, large person groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.face import wire
from dfai_engine.face.directory import Directory
from dfai_engine.face.face_routes import DETECTION_MODELS, RECOGNITION_MODELS
from dfai_engine.face.kinds import Kind
from dfai_engine.face.limits import Limits
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request

    from dfai_engine.face.finding import Found

__all__ = ["Collections"]

MOST_LISTED = 1_000


class Collections:
    """One kind of collection, and the faces and persons in it."""

    def __init__(self, threads: Threads, limits: Limits, directory: Directory, kind: Kind) -> None:
        self._threads = threads
        self._limits = limits
        self._directory = directory
        self._kind = kind

    # ---- the collections themselves ----------------------------------------------------------------------------------

    async def create(self, request: Request) -> Reply:
        """A new one, under the id in the path."""
        body, identity = await self._body(request), self._id(request)

        def work() -> Reply:
            asked = wire.json_of(body)
            name = wire.text(asked, "name", most=self._limits.name_chars)
            data = self._user_data(asked, self._limits.user_data_chars)
            model = wire.choice(asked.get("recognitionModel"), "recognitionModel", RECOGNITION_MODELS)
            self._directory.create(self._kind, identity, name, data, model)
            return wire.answer()

        return await self._threads.run(work)

    async def list(self, request: Request) -> Reply:
        """All, or a part of them."""
        start, top = _part(request)
        model = wire.truth(request.query_params, "returnRecognitionModel")
        return await self._run(
            lambda: [_without(one, model) for one in self._directory.collections(self._kind, start, top)]
        )

    async def get(self, request: Request) -> Reply:
        """One."""
        identity, model = self._id(request), wire.truth(request.query_params, "returnRecognitionModel")
        return await self._run(lambda: _without(self._directory.collection(self._kind, identity), model))

    async def update(self, request: Request) -> Reply:
        """Another name, other user data."""
        body, identity = await self._body(request), self._id(request)
        return await self._done(lambda: self._directory.update(self._kind, identity, self._changes(body)))

    async def delete(self, request: Request) -> Reply:
        """One, with all that is in it."""
        identity = self._id(request)
        return await self._done(lambda: self._directory.delete(self._kind, identity))

    async def train(self, request: Request) -> Reply:
        """202; it has ended when this is answered."""
        identity = self._id(request)
        await self._threads.run(self._directory.train, self._kind, identity)
        status = (
            f"{protocol.origin(request)}/face/{request.path_params['version']}/{self._kind.path}/{identity}/training"
        )
        return wire.answer(status=202, headers={"operation-Location": status})

    async def training(self, request: Request) -> Reply:
        """How the last training went."""
        identity = self._id(request)
        return await self._run(lambda: self._directory.training(self._kind, identity))

    # ---- persons -----------------------------------------------------------------------------------------------------

    async def create_person(self, request: Request) -> Reply:
        """A new person."""
        body, identity = await self._body(request), self._id(request)

        def work() -> Any:
            asked = wire.json_of(body)
            name = wire.text(asked, "name", most=self._limits.name_chars)
            data = self._user_data(asked, self._limits.user_data_chars)
            return {"personId": self._directory.create_person(self._kind, identity, name, data)}

        return await self._run(work)

    async def list_persons(self, request: Request) -> Reply:
        """All, or a part of them."""
        identity, (start, top) = self._id(request), _part(request)
        return await self._run(lambda: self._directory.persons(self._kind, identity, start, top))

    async def get_person(self, request: Request) -> Reply:
        """One."""
        identity, person = self._id(request), _person(request)
        return await self._run(lambda: self._directory.person(self._kind, identity, person))

    async def update_person(self, request: Request) -> Reply:
        """Another name, other user data."""
        body, identity, person = await self._body(request), self._id(request), _person(request)
        return await self._done(
            lambda: self._directory.update_person(self._kind, identity, person, self._changes(body))
        )

    async def delete_person(self, request: Request) -> Reply:
        """One, with all faces."""
        identity, person = self._id(request), _person(request)
        return await self._done(lambda: self._directory.delete_person(self._kind, identity, person))

    # ---- faces -------------------------------------------------------------------------------------------------------

    async def add_face(self, request: Request) -> Reply:
        """The face of a picture; which one, where there are several, ``targetFace`` says."""
        identity = self._id(request)
        person = _person(request) if self._kind.persons else None
        query = request.query_params
        wire.choice(query.get("detectionModel"), "detectionModel", DETECTION_MODELS)
        data = self._user_data(query, self._limits.face_user_data_chars)
        target = _rectangle(query.get("targetFace"))
        # Before the picture is read: a wrong id should not cost a detection.
        await self._threads.run(self._directory.model, self._kind, identity)
        image = await wire.image_of(request, self._limits)
        most = self._kind.most if person is None else self._limits.faces_of_person

        def work() -> Any:
            from dfai_engine.face import finding, pictures

            picture = pictures.read(image, self._limits)
            pixels, scale = picture.pixels, picture.scale[0]
            face = _chosen(finding.find(pixels), target, scale)
            embedding = finding.describe(pixels, face)
            return {"persistedFaceId": self._directory.add_face(self._kind, identity, person, data, embedding, most)}

        return await self._run(work)

    async def list_faces(self, request: Request) -> Reply:
        """All, or a part of them."""
        identity, (start, top) = self._id(request), _part(request)
        return await self._run(lambda: self._directory.faces(self._kind, identity, start, top))

    async def get_face(self, request: Request) -> Reply:
        """One."""
        at = self._face(request)
        return await self._run(lambda: self._directory.face(self._kind, *at))

    async def update_face(self, request: Request) -> Reply:
        """Other user data."""
        body, at = await self._body(request), self._face(request)

        def work() -> None:
            data = self._user_data(wire.json_of(body), self._limits.face_user_data_chars)
            if data is None:
                raise wire.bad("userData is missing.")
            self._directory.update_face(self._kind, *at, data)

        return await self._done(work)

    async def delete_face(self, request: Request) -> Reply:
        """One."""
        at = self._face(request)
        return await self._done(lambda: self._directory.delete_face(self._kind, *at))

    # ---- requests ----------------------------------------------------------------------------------------------------

    async def _body(self, request: Request) -> bytes:
        return await protocol.body_of(request, self._limits.json_bytes)

    async def _run(self, work: Callable[[], Any]) -> Reply:
        return await self._threads.run(lambda: wire.answer(work()))

    async def _done(self, work: Callable[[], None]) -> Reply:
        await self._threads.run(work)
        return wire.answer()

    def _id(self, request: Request) -> str:
        return wire.collection_id(request.path_params["id"], self._kind.id_name)

    def _face(self, request: Request) -> tuple[str, str | None, str]:
        face = wire.face_id(request.path_params["face"], "persistedFaceId")
        return self._id(request), _person(request) if self._kind.persons else None, face

    def _changes(self, body: bytes) -> dict[str, str]:
        asked = wire.json_of(body)
        changes = {}
        if asked.get("name") is not None:
            changes["name"] = wire.text(asked, "name", most=self._limits.name_chars)
        data = self._user_data(asked, self._limits.user_data_chars)
        if data is not None:
            changes["user_data"] = data
        if not changes:
            raise wire.bad("Nothing is changed: give name, userData or both.")
        return changes

    @staticmethod
    def _user_data(asked: Mapping[str, Any], most: int) -> str | None:
        return None if asked.get("userData") is None else wire.text(asked, "userData", most=most, least=0)


def _without(shown: dict[str, Any], model: bool) -> dict[str, Any]:
    return shown if model else {name: value for name, value in shown.items() if name != "recognitionModel"}


def _person(request: Request) -> str:
    return wire.face_id(request.path_params["person"], "personId")


def _part(request: Request) -> tuple[str, int]:
    query = request.query_params
    start = query.get("start", "")
    if len(start) > 64:
        raise wire.bad("start is invalid: an id, of at most 64 characters.")
    return start, protocol.natural(query, "top", MOST_LISTED, least=1, most=MOST_LISTED)


def _rectangle(written: str | None) -> tuple[int, int, int, int] | None:
    """Left, top, width, height."""
    if not written:
        return None
    parts = written.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() and len(part) <= 6 for part in parts):
        raise wire.bad("targetFace is invalid: left,top,width,height in pixels.")
    left, top, width, height = map(int, parts)
    return left, top, width, height


def _chosen(faces: list[Found], target: tuple[int, int, int, int] | None, scale: float) -> Found:
    """The one face, or the one that *target* lies over most."""
    if target is not None:
        left, top, width, height = (edge / scale for edge in target)
        shares = [_overlap(face.box, (left, top, left + width, top + height)) for face in faces]
        if not faces or max(shares) == 0:
            raise ServiceFailure("There is no face at targetFace.", code="InvalidImage")
        return faces[shares.index(max(shares))]
    if not faces:
        raise ServiceFailure("No face detected in the image.", code="InvalidImage")
    if len(faces) > 1:
        raise ServiceFailure("There is more than 1 face in the image.", code="InvalidImage")
    return faces[0]


def _overlap(box: tuple[int, int, int, int], other: tuple[float, float, float, float]) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, width) * max(0.0, height)
