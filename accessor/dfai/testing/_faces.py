"""Values that a test gives for faces, as the Face service's protocol writes them: it takes several requests for one.

A face is known by an id that is made of its picture and its place among the picture's faces, so that any process knows
it again. Source: Face, contract of v1.2-preview.1.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from dfai.testing._protocol import Body, Unfit

__all__ = ["FACES", "face_id", "faces_found", "grouped", "identified", "person_id", "similar", "verified"]

FACES = ("detect_faces", "verify_faces", "find_similar_faces", "group_faces", "identify_faces")
"""The verbs on faces that are told by pictures."""
_SPACE = uuid.UUID("6f1d7a52-2f0e-4f43-9a3f-1f6f0f0c8b11")
_SIDE_PX = 100


def face_id(picture: str, place: int = 0) -> str:
    """The id of a face of the picture that is known as *picture*."""
    return str(uuid.uuid5(_SPACE, f"{picture}#{place}"))


def person_id(name: str) -> str:
    """The id of a person."""
    return str(uuid.uuid5(_SPACE, f"person {name}"))


def _mappings(value: Any, words: str, key: str) -> list[Mapping[str, Any]]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise Unfit(words)
    return [{key: item} if isinstance(item, str) else item for item in value]


def faces_found(picture: str, verb: str, value: Any) -> list[Body]:
    """The faces of a picture as a detection tells them; none where *value* is None."""
    if value is None:
        return []
    told: Sequence[Mapping[str, Any]] = [{}]
    if verb == "detect_faces":
        told = _mappings(value, "a list of faces: {'x_px': …, 'quality': 'high'}", "quality")
    elif verb == "identify_faces":
        told = _people(value) or [{}]
    return [
        {
            "faceId": face_id(picture, place),
            # The largest comes first: where no size is told, each is a little smaller than the one before it.
            "faceRectangle": {
                "left": int(face.get("x_px", 0)),
                "top": int(face.get("y_px", 0)),
                "width": int(face.get("width_px", _SIDE_PX - place)),
                "height": int(face.get("height_px", _SIDE_PX - place)),
            },
            "faceAttributes": _attributes(face),
        }
        for place, face in enumerate(told)
    ]


def _attributes(face: Mapping[str, Any]) -> Body:
    pose = {name: float(face.get(f"{name}_degrees", 0.0)) for name in ("pitch", "roll", "yaw")}
    covered = {f"{part}Occluded": part in face.get("occluded", ()) for part in ("forehead", "eye", "mouth")}
    return {
        "qualityForRecognition": face.get("quality", "high"),
        "headPose": pose,
        **{name: {"value": float(face.get(name, 0.0))} for name in ("blur", "exposure", "noise")},
        "mask": {"type": face.get("mask", "noMask"), "noseAndMouthCovered": False},
        "glasses": face.get("glasses", "noGlasses"),
        "occlusion": covered,
        "accessories": [{"type": name, "confidence": 1.0} for name in face.get("accessories", ())],
    }


def verified(value: Any) -> Body:
    """Whether two pictures show one person."""
    given = {"same_person": value} if isinstance(value, bool) else value
    if not isinstance(given, Mapping) or not isinstance(given.get("same_person"), bool):
        raise Unfit("True, False, or {'same_person': …, 'confidence': …}")
    same = given["same_person"]
    return {"isIdentical": same, "confidence": float(given.get("confidence", 1.0 if same else 0.0))}


def similar(value: Any) -> list[Body]:
    """Faces of a list that look alike."""
    found = _mappings(value, "a list of faces' ids, or of {'face_id': …, 'confidence': …}", "face_id")
    return [{"persistedFaceId": one["face_id"], "confidence": float(one.get("confidence", 1.0))} for one in found]


def _people(value: Any) -> list[Mapping[str, Any]]:
    return _mappings(value, "a list of names, or of {'name': …, 'confidence': …}", "name")


def identified(value: Any, faces: Sequence[str]) -> list[Body]:
    """Who each of the faces is; a picture without anybody known has one face."""
    people = _people(value)
    return [
        {
            "faceId": face,
            "candidates": [
                {"personId": person_id(one["name"]), "confidence": float(one.get("confidence", 1.0))}
                for one in people[place : place + 1]
            ],
        }
        for place, face in enumerate(faces)
    ]


def grouped(labels: Mapping[str, Any]) -> Body:
    """Faces parted by their labels; who has nobody's label but their own is nobody's like."""
    groups: dict[Any, list[str]] = {}
    for face, label in labels.items():
        groups.setdefault(label, []).append(face)
    return {
        "groups": [faces for faces in groups.values() if len(faces) > 1],
        "messyGroup": [faces[0] for faces in groups.values() if len(faces) == 1],
    }
