"""Where faces are in a picture, and how well they can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from dfai_core.service import Body, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.face.attributes import ATTRIBUTES, FIELDS, check, detection_model, read
from dfai_core.services.face.wire import (
    API_VERSION,
    BOX,
    CODES,
    IMAGES,
    LIMITS,
    RECOGNITION_MODEL,
    body_of,
    box,
    faces_in,
    path,
    transactions,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["DETECT_FACES", "FACE"]

FACE = pa.struct([*BOX, *FIELDS])
"""A face: its box, and the attributes that were asked for; the others are null."""
LANDMARK = pa.struct([("name", pa.string()), ("x_px", pa.float64()), ("y_px", pa.float64())])
_NOTHING = {name: None for name, _ in FIELDS}


def _wire(wiring: Wiring) -> Exchange:
    words: tuple[str, ...] = wiring.options["attributes"]
    landmarks = "landmarks" in wiring.include
    asked = {
        "detectionModel": detection_model(words),
        "recognitionModel": RECOGNITION_MODEL,
        # Without ids no descriptor of a face is made, and no approval is needed.
        "returnFaceId": "false",
    }
    if words:
        asked["returnFaceAttributes"] = ",".join(ATTRIBUTES[word].name for word in words)
    if landmarks:
        asked["returnFaceLandmarks"] = "true"

    def values(answer: Answer) -> Values:
        faces = faces_in(answer)
        found = [
            {**box(face["faceRectangle"]), **_NOTHING, **read(face.get("faceAttributes") or {}, words)}
            for face in faces
        ]
        return (found, [_points(face.get("faceLandmarks") or {}) for face in faces]) if landmarks else (found,)

    def write(documents: Iterable[Document]) -> Body:
        ((image, *_),) = documents
        return body_of(image)

    def answers(answer: Answer, count: int) -> list[Values | Failure | None]:
        return [values(answer)] * count

    return Exchange(path(wiring, "detect", **asked), write, answers, _never, codes=CODES, headers={})


def _points(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "x_px": float(point["x"]), "y_px": float(point["y"])} for name, point in told.items()]


def _never(_: Any) -> Values:
    raise ValueError("an image is never cut into parts")


DETECT_FACES = Service(
    name="detect_faces",
    family="face",
    noun="faces",
    inputs=("image",),
    columns=(
        Column("", pa.list_(FACE), "Each face, the largest first: its box in pixels, and what was asked about it."),
    ),
    includes={
        "landmarks": Column("_landmarks", pa.list_(pa.list_(LANDMARK)), "For each face its points: name, x_px, y_px.")
    },
    options=(Option("attributes", "request", ("quality",), check),),
    limits=LIMITS,
    billing=transactions(1),
    operation="DetectFaces",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    known_as=("DetectFace", "detect_face", "FaceDetect"),
)
