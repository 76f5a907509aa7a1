"""The routes for faces in pictures, and for what is asked about detected faces."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.face import attributes, recognition, wire
from dfai_engine.face.directory import Directory
from dfai_engine.face.kinds import FACE_LISTS, LARGE_FACE_LISTS, LARGE_PERSON_GROUPS, PERSON_GROUPS, Kind
from dfai_engine.face.limits import Limits
from dfai_engine.face.points import landmarks
from dfai_engine.face.remembered import Remembered
from dfai_engine.face.similarity import SAME_CONFIDENCE
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["DETECTION_MODELS", "RECOGNITION_MODELS", "Faces"]

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
# Source: Face, "Detect": faceIdTimeToLive, in seconds.
LEAST_LIFETIME_S, MOST_LIFETIME_S = 60, 86_400
# Source: Face.json of each version, "Identify": where the client does not say.
CANDIDATES = {True: 1, False: 10}


class Faces:
    """Detect, and what compares detected faces."""

    def __init__(self, threads: Threads, limits: Limits, directory: Directory, remembered: Remembered) -> None:
        self._threads = threads
        self._limits = limits
        self._directory = directory
        self._remembered = remembered

    # ---- detect -----------------------------------------------------------------------------------------------------

    async def detect(self, request: Request) -> Reply:
        """The faces of a picture, largest first."""
        query = request.query_params
        detection = wire.choice(query.get("detectionModel"), "detectionModel", DETECTION_MODELS)
        model = wire.choice(query.get("recognitionModel"), "recognitionModel", RECOGNITION_MODELS)
        names = [name.strip() for name in query.get("returnFaceAttributes", "").split(",") if name.strip()]
        attributes.check(names, detection, model)
        points = wire.truth(query, "returnFaceLandmarks")
        if points and detection == "detection_02":
            raise wire.bad("Landmarks are not supported by detection_02. Use detection_01 or detection_03.")
        lifetime_s = protocol.natural(
            query, "faceIdTimeToLive", MOST_LIFETIME_S, least=LEAST_LIFETIME_S, most=MOST_LIFETIME_S
        )
        work = functools.partial(
            self._detected,
            names=names,
            points=points,
            lifetime_s=lifetime_s if wire.truth(query, "returnFaceId", default=True) else None,
            model=model,
            named=wire.truth(query, "returnRecognitionModel"),
            older=wire.older(request),
        )
        image = await wire.image_of(request, self._limits)
        return await self._threads.run(work, image)

    def _detected(
        self,
        image: bytes,
        *,
        names: list[str],
        points: bool,
        lifetime_s: int | None,
        model: str,
        named: bool,
        older: bool,
    ) -> Reply:
        from dfai_engine.face import finding, iris, pictures

        picture = pictures.read(image, self._limits)
        pixels, scale = picture.pixels, picture.scale[0]
        said = []
        for face in finding.find(pixels)[: self._limits.faces_in_image]:
            shown: dict[str, Any] = {}
            if lifetime_s is not None:
                shown["faceId"] = self._remembered.add(finding.describe(pixels, face), model, lifetime_s)
            if named:
                shown["recognitionModel"] = model
            left, top, right, bottom = (round(edge * scale) for edge in face.box)
            shown["faceRectangle"] = {"top": top, "left": left, "width": right - left, "height": bottom - top}
            if points:
                shown["faceLandmarks"] = landmarks(face.points * scale, iris.pupils(pixels, face.points) * scale)
            if names:
                shown["faceAttributes"] = attributes.attributes_of(names, pixels, face, scale, older=older)
            said.append(shown)
        return wire.answer(said)

    # ---- compare ----------------------------------------------------------------------------------------------------

    async def verify(self, request: Request) -> Reply:
        """Whether two faces, or a face and a person, are the same."""
        return await self._asked(request, self._verify)

    def _verify(self, asked: Mapping[str, Any], _: bool) -> Any:
        if "personId" in asked or "faceId" in asked:
            seen = self._remembered.get(wire.face_id(asked.get("faceId"), "faceId"))
            person = wire.face_id(asked.get("personId"), "personId")
            kind, identity = _one_of(asked, PERSON_GROUPS, LARGE_PERSON_GROUPS)
            members = self._directory.of_person(kind, identity, person)
            recognition.same_model(seen.model, members.model)
            return recognition.verified(seen.embedding, members.embeddings)
        one = self._remembered.get(wire.face_id(asked.get("faceId1"), "faceId1"))
        other = self._remembered.get(wire.face_id(asked.get("faceId2"), "faceId2"))
        recognition.same_model(one.model, other.model)
        return recognition.verified(one.embedding, other.embedding[None])

    async def find_similars(self, request: Request) -> Reply:
        """Faces like one, among others that were detected or among those of a list."""
        return await self._asked(request, self._find_similars)

    def _find_similars(self, asked: Mapping[str, Any], _: bool) -> Any:
        import numpy as np

        seen = self._remembered.get(wire.face_id(asked.get("faceId"), "faceId"))
        top = wire.number(asked, "maxNumOfCandidatesReturned", 20, least=1, most=1_000)
        person = wire.choice(asked.get("mode"), "mode", ("matchPerson", "matchFace")) == "matchPerson"
        if asked.get("faceIds") is not None:
            if asked.get("faceListId") is not None or asked.get("largeFaceListId") is not None:
                raise wire.bad("faceIds, faceListId and largeFaceListId: give one of them.")
            ids = wire.listed(asked["faceIds"], "faceIds", least=1, most=self._limits.faces_to_compare)
            others = [self._remembered.get(identity) for identity in ids]
            recognition.same_model(seen.model, *(other.model for other in others))
            held = np.stack([other.embedding for other in others])
            return recognition.similar(seen.embedding, held, ids, "faceId", top=top, person=person)
        kind, identity = _one_of(asked, FACE_LISTS, LARGE_FACE_LISTS)
        members = self._directory.members(kind, identity)
        recognition.same_model(seen.model, members.model)
        return recognition.similar(
            seen.embedding, members.embeddings, members.faces, "persistedFaceId", top=top, person=person
        )

    async def group(self, request: Request) -> Reply:
        """Detected faces, parted by likeness."""
        return await self._asked(request, self._group)

    def _group(self, asked: Mapping[str, Any], _: bool) -> Any:
        ids = wire.listed(asked.get("faceIds"), "faceIds", least=2, most=self._limits.faces_to_compare)
        faces = [self._remembered.get(identity) for identity in ids]
        recognition.same_model(*(face.model for face in faces))
        return recognition.grouped(faces, ids)

    async def identify(self, request: Request) -> Reply:
        """The persons of a group that detected faces may be."""
        return await self._asked(request, self._identify)

    def _identify(self, asked: Mapping[str, Any], older: bool) -> Any:
        ids = wire.listed(asked.get("faceIds"), "faceIds", least=1, most=self._limits.faces_to_identify)
        top = wire.number(asked, "maxNumOfCandidatesReturned", CANDIDATES[older], least=1, most=100)
        threshold = asked.get("confidenceThreshold")
        if threshold is None:
            threshold = SAME_CONFIDENCE
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
            raise wire.bad("confidenceThreshold must be a number from 0 to 1.")
        kind, identity = _one_of(asked, PERSON_GROUPS, LARGE_PERSON_GROUPS)
        members = self._directory.members(kind, identity)
        faces = [self._remembered.get(one) for one in ids]
        recognition.same_model(members.model, *(face.model for face in faces))
        return [
            {
                "faceId": one,
                "candidates": recognition.candidates(face.embedding, members, top=top, threshold=float(threshold)),
            }
            for one, face in zip(ids, faces, strict=True)
        ]

    async def _asked(self, request: Request, work: Callable[[Mapping[str, Any], bool], Any]) -> Reply:
        body = await protocol.body_of(request, self._limits.json_bytes)
        older = wire.older(request)
        return await self._threads.run(lambda: wire.answer(work(wire.json_of(body), older)))


def _one_of(asked: Mapping[str, Any], *kinds: Kind) -> tuple[Kind, str]:
    """The collection that a body names, of one kind alone."""
    named = [kind for kind in kinds if asked.get(kind.id_name) is not None]
    if len(named) != 1:
        words = " and ".join(kind.id_name for kind in kinds)
        raise wire.bad(f"{words}: give one of them.")
    return named[0], wire.collection_id(asked[named[0].id_name], named[0].id_name)
