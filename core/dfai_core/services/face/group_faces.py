"""Which pictures show the same person: numbers, the same for the faces of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.service import (
    Ask,
    Column,
    Document,
    Exchange,
    Failure,
    Gather,
    Limits,
    Rows,
    Service,
    Values,
    Wiring,
)
from dfai_core.services.face.wire import (
    API_VERSION,
    IMAGES,
    LIMITS,
    ask_json,
    detection,
    json_of,
    largest,
    no_face,
    steps,
    transactions,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["GROUP_FACES"]

# A large group takes a while to be detected. The contract's most.
_LIFETIME_S = 86_400
# Source: Face, "Group": 1,000 faces. 10,000 is the embedded engine's own.
_GROUPS = {
    "azure": Limits(1, None, 1_000_000, "Face v1.2, Group: at most 1,000 faces; read 2026-11-22", max_rows=1_000),
    "local": Limits(1, None, 1_000_000, "the embedded engine's own", max_rows=10_000),
}


def _detected(wiring: Wiring) -> Exchange:
    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((image, *_),) = documents
        if not answers:
            return detection(wiring, image, _LIFETIME_S)
        face = largest(answers[0])
        return [no_face() if face is None else (face,)]

    return steps(said)


_FACE_ID = Service(
    name="group_faces",
    family="face",
    noun="face_id",
    inputs=("image",),
    columns=(Column("", pa.string(), "The id under which the largest face is known for a day."),),
    options=(),
    limits=LIMITS,
    billing=transactions(1),
    operation="DetectFaces",
    wire=_detected,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    keeps=False,  # an id is forgotten after a day
)


def _written(rows: Rows, _: Mapping[str, Any]) -> str:
    return orjson.dumps(rows.columns[0].tolist()).decode()


def _wire(wiring: Wiring) -> Exchange:
    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((_, written, *_),) = documents
        ids: list[str] = orjson.loads(written)
        # Equal pictures are one face; and the service groups two at least.
        distinct = list(dict.fromkeys(ids))
        if len(distinct) == 1:
            return [([0] * len(ids),)]
        if not answers:
            return ask_json(wiring, "group", faceIds=distinct)
        found = json_of(answers[0])
        numbers = {face: number for number, group in enumerate(found["groups"]) for face in group}
        for face in found.get("messyGroup") or ():
            numbers.setdefault(face, len(set(numbers.values())))
        return [([numbers[face] for face in ids],)]

    return steps(said)


GROUP_FACES = Service(
    name="group_faces",
    family="face",
    noun="face_group",
    inputs=("image",),
    columns=(
        Column("", pa.int64(), "The same number for the faces of one person, from 0 on, the most frequent first."),
    ),
    options=(),
    limits=_GROUPS,
    billing=transactions(1),
    operation="GroupFaces",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    gather=Gather(_written, ordered=False),
    each=_FACE_ID,
    known_as=("GroupFaces", "group_face"),
    shareable=False,
)
