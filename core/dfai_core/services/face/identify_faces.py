"""Who the people in a picture are, among the persons of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from dfai_core.service import Ask, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.face.wire import (
    AMONG,
    API_VERSION,
    BOX,
    GROUPS,
    IMAGES,
    LIMITS,
    Top,
    among,
    ask_json,
    box,
    detection,
    faces_in,
    id_name,
    json_of,
    no_face,
    path,
    share,
    steps,
    transactions,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["IDENTIFY_FACES"]

PERSON = pa.struct([("name", pa.string()), ("person_id", pa.string()), ("confidence", pa.float64()), *BOX])
# Source: Face, "Identify": no more faces in a request.
_MOST_FACES = 10


def _wire(wiring: Wiring) -> Exchange:
    kind, identity = among(wiring.options["among"], GROUPS)
    threshold: float | None = wiring.options["threshold"]
    known: dict[str, str] = {}  # names of persons, asked once a call

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((image, *_),) = documents
        if not answers:
            return detection(wiring, image)
        faces = faces_in(answers[0])[:_MOST_FACES]
        if not faces:
            return [no_face()]
        if len(answers) == 1:
            asked: dict[str, Any] = {
                "faceIds": [face["faceId"] for face in faces],
                id_name(kind): identity,
                "maxNumOfCandidatesReturned": wiring.options["top"],
            }
            if threshold is not None:
                asked["confidenceThreshold"] = threshold
            return ask_json(wiring, "identify", **asked)
        found = {one["faceId"]: one["candidates"] for one in json_of(answers[1])}
        for answer in answers[2:]:
            person = json_of(answer)
            known[person["personId"]] = person["name"]
        for face in faces:
            for candidate in found[face["faceId"]]:
                if candidate["personId"] not in known:
                    return Ask(path(wiring, f"{kind}/{identity}/persons/{candidate['personId']}"), method="GET")
        return [([_person(face, one, known) for face in faces for one in found[face["faceId"]]],)]

    return steps(said)


def _person(face: Mapping[str, Any], candidate: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": names[candidate["personId"]],
        "person_id": candidate["personId"],
        "confidence": float(candidate["confidence"]),
        **box(face["faceRectangle"]),
    }


IDENTIFY_FACES = Service(
    name="identify_faces",
    family="face",
    noun="people",
    inputs=("image",),
    columns=(
        Column(
            "",
            pa.list_(PERSON),
            "Who is recognised: name, person_id, confidence, and the face's box; the largest face first.",
        ),
    ),
    options=(AMONG["groups"], Option("threshold", "request", None, share), Option("top", "request", 1, Top(100))),
    limits=LIMITS,
    billing=replace(transactions(2), beside="so does each name that is looked up"),
    asks=None,
    operation="IdentifyFaces",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    known_as=("IdentifyFaces", "identify_face"),
    keeps=False,  # the group may have changed meanwhile
)
