"""The faces of a list that look like a picture's."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dfai_core.service import Ask, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.face.wire import (
    AMONG,
    API_VERSION,
    IMAGES,
    LIMITS,
    LISTS,
    Top,
    among,
    ask_json,
    detection,
    id_name,
    json_of,
    largest,
    no_face,
    steps,
    transactions,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["FIND_SIMILAR_FACES"]

SIMILAR = pa.struct([("face_id", pa.string()), ("confidence", pa.float64())])


def _wire(wiring: Wiring) -> Exchange:
    kind, identity = among(wiring.options["among"], LISTS)
    most: int = wiring.options["top"]

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((image, *_),) = documents
        if not answers:
            return detection(wiring, image)
        face = largest(answers[0])
        if face is None:
            return [no_face()]
        if len(answers) == 1:
            asked = {"faceId": face, id_name(kind): identity, "maxNumOfCandidatesReturned": most}
            return ask_json(wiring, "findsimilars", **asked, mode="matchPerson")
        found = json_of(answers[1])
        return [
            ([{"face_id": one["persistedFaceId"], "confidence": float(one["confidence"])} for one in found[:most]],)
        ]

    return steps(said)


FIND_SIMILAR_FACES = Service(
    name="find_similar_faces",
    family="face",
    noun="similar_faces",
    inputs=("image",),
    columns=(
        Column("", pa.list_(SIMILAR), "Faces of the list that are the same person's: face_id, confidence; best first."),
    ),
    options=(AMONG["lists"], Option("top", "request", 20, Top(1_000))),
    limits=LIMITS,
    billing=transactions(2),
    asks=2,
    operation="FindSimilarFaces",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    known_as=("FindSimilarFace", "find_similar"),
    keeps=False,  # the list may have changed meanwhile
)
