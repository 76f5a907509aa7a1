"""Whether two pictures show the same person."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dfai_core.service import Ask, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.face.wire import (
    API_VERSION,
    IMAGES,
    LIMITS,
    ask_json,
    detection,
    json_of,
    largest,
    no_face,
    share,
    steps,
    transactions,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["VERIFY_FACES"]


def _wire(wiring: Wiring) -> Exchange:
    threshold: float | None = wiring.options["threshold"]

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((image, other, *_),) = documents
        if not answers:
            return detection(wiring, image)
        one = largest(answers[0])
        if one is None:
            return [no_face("the first picture")]
        if len(answers) == 1:
            # Two ids, even of one picture: some services compare no face with itself.
            return detection(wiring, other)
        two = largest(answers[1])
        if two is None:
            return [no_face("the second picture")]
        if len(answers) == 2:
            return ask_json(wiring, "verify", faceId1=one, faceId2=two)
        found = json_of(answers[2])
        confidence = float(found["confidence"])
        return [(bool(found["isIdentical"]) if threshold is None else confidence >= threshold, confidence)]

    return steps(said)


VERIFY_FACES = Service(
    name="verify_faces",
    family="face",
    noun="same_person",
    inputs=("image", "other"),
    columns=(
        Column("", pa.bool_(), "Whether the largest faces of the two pictures are one person's."),
        Column("_confidence", pa.float64(), "How alike they are, from 0 to 1."),
    ),
    options=(Option("threshold", "request", None, share),),
    limits=LIMITS,
    billing=transactions(3),
    asks=3,
    operation="VerifyFaces",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    known_as=("VerifyFaces", "verify_face"),
)
