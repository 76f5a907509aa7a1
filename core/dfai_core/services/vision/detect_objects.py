"""The things in a picture, and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Service, Wiring
from dfai_core.services.vision.wire import (
    API_VERSION,
    BOX,
    FETCH,
    IMAGES,
    LIMITS,
    TRANSACTIONS,
    analysis,
    box,
    either,
    exchange,
    is_v3,
    v3_path,
)

__all__ = ["DETECT_OBJECTS", "OBJECT", "objects_of", "objects_of_v3"]

OBJECT = pa.struct([("name", pa.string()), ("confidence", pa.float64()), *BOX, ("parents", pa.list_(pa.string()))])
"""A thing in a picture; *parents* are wider words for it, the nearest first."""


def objects_of(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What Image Analysis 4.0 found."""
    return [
        {"name": tag["name"], "confidence": tag["confidence"], **box(one["boundingBox"]), "parents": []}
        for one in found
        for tag in one["tags"][:1]
    ]


def objects_of_v3(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What Computer Vision v3.2 found."""
    return [
        {
            "name": one["object"],
            "confidence": one["confidence"],
            **box(one["rectangle"]),
            "parents": _parents(one.get("parent")),
        }
        for one in found
    ]


def _parents(parent: Mapping[str, Any] | None) -> list[str]:
    names = []
    while parent:
        names.append(parent["object"])
        parent = parent.get("parent")
    return names


def _wire(wiring: Wiring) -> Exchange:
    if is_v3(wiring):
        return exchange(v3_path(wiring, "detect"), lambda body: (objects_of_v3(body["objects"]),))
    return exchange(analysis(wiring, ["objects"]), lambda body: (objects_of(body["objectsResult"]["values"]),))


DETECT_OBJECTS = Service(
    name="detect_objects",
    family="vision",
    noun="objects",
    inputs=("image",),
    columns=(
        Column("", pa.list_(OBJECT), "Each thing: name, confidence, its box in pixels, and wider words for it (v3.2)."),
    ),
    options=(FETCH,),
    limits=LIMITS,
    billing=TRANSACTIONS,
    operation="DetectObjects",
    wire=_wire,
    api_version=API_VERSION,
    versions=either,
    reads="media",
    media=IMAGES,
    known_as=("DetectObjects", "object_detection"),
)
