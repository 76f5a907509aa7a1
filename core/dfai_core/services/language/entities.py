"""Named things in a text: people, places, organizations, dates, quantities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Part, Service, Wiring
from dfai_core.services.language.wire import API_VERSION, LANGUAGE, RECORDS, analyze_text, limits

__all__ = ["ENTITIES", "ENTITY", "entity", "moved"]

ENTITY = pa.struct(
    [
        ("text", pa.string()),
        ("category", pa.string()),
        ("subcategory", pa.string()),
        ("confidence", pa.float64()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
    ]
)


def entity(found: dict[str, Any]) -> dict[str, Any]:
    """An entity of the protocol under our names."""
    return {
        "text": found["text"],
        "category": found["category"],
        "subcategory": found.get("subcategory"),
        "confidence": found["confidenceScore"],
        "offset": found["offset"],
        "length": found["length"],
    }


def moved(parts: Sequence[Part], place: int) -> list[dict[str, Any]]:
    """The entities of all parts, counted from the start of the whole text."""
    return [
        {**found, "offset": found["offset"] + part.offset}
        for part in parts
        if part.values is not None
        for found in part.values[place]
    ]


def _wire(wiring: Wiring) -> Exchange:
    return analyze_text(
        wiring,
        "EntityRecognition",
        lambda document: ([entity(found) for found in document["entities"]],),
        lambda parts: (moved(parts, 0),),
        parameters={},
    )


ENTITIES = Service(
    name="entities",
    family="language",
    noun="entities",
    inputs=("text",),
    columns=(Column("", pa.list_(ENTITY), "What was found, with category, confidence and place (in code points)."),),
    options=(LANGUAGE,),
    limits=limits(5, 50),
    operation="EntityRecognition",
    wire=_wire,
    api_version=API_VERSION,
    billing=RECORDS,
    known_as=("recognize_entities", "NER", "EntityRecognition"),
)
