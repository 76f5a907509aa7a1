"""Things in a text, linked to an encyclopedia."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Part, Service, Values, Wiring
from dfai_core.services.language.wire import API_VERSION, LANGUAGE, RECORDS, analyze_text, limits

__all__ = ["LINKED_ENTITIES"]

_MATCH = pa.struct(
    [("text", pa.string()), ("confidence", pa.float64()), ("offset", pa.int64()), ("length", pa.int64())]
)
_LINKED = pa.struct(
    [
        ("name", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("id", pa.string()),
        ("language", pa.string()),
        ("matches", pa.list_(_MATCH)),
    ]
)


def _linked(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": found["name"],
        "url": found["url"],
        "source": found["dataSource"],
        "id": found.get("id"),
        "language": found["language"],
        "matches": [
            {
                "text": match["text"],
                "confidence": match["confidenceScore"],
                "offset": match["offset"],
                "length": match["length"],
            }
            for match in found["matches"]
        ],
    }


def _wire(wiring: Wiring) -> Exchange:
    return analyze_text(
        wiring,
        "EntityLinking",
        lambda document: ([_linked(found) for found in document["entities"]],),
        _merge,
        parameters={},
    )


def _merge(parts: Sequence[Part]) -> Values:
    """One entry for each thing, with its matches in every part."""
    things: dict[str, dict[str, Any]] = {}
    for part in parts:
        for found in part.values[0] if part.values is not None else ():
            matches = [{**match, "offset": match["offset"] + part.offset} for match in found["matches"]]
            thing = things.setdefault(found["url"], {**found, "matches": []})
            thing["matches"] += matches
    return (list(things.values()),)


LINKED_ENTITIES = Service(
    name="linked_entities",
    family="language",
    noun="linked_entities",
    inputs=("text",),
    columns=(Column("", pa.list_(_LINKED), "What was found: its article, and where the text names it."),),
    options=(LANGUAGE,),
    limits=limits(5, 50),
    operation="EntityLinking",
    wire=_wire,
    api_version=API_VERSION,
    billing=RECORDS,
    known_as=("recognize_linked_entities", "EntityLinking", "EntityDetector"),
)
