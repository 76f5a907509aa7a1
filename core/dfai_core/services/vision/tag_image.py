"""What a picture shows, in single words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Service, Values, Wiring
from dfai_core.services.vision.wire import (
    API_VERSION,
    FETCH,
    IMAGES,
    LANGUAGE,
    LIMITS,
    TRANSACTIONS,
    analysis,
    either,
    exchange,
    is_v3,
    v3_path,
)

__all__ = ["TAG_IMAGE"]


def _wire(wiring: Wiring) -> Exchange:
    language = {"language": wiring.options["language"]}
    confidence = "confidence" in wiring.include

    def values(tags: Sequence[dict[str, Any]]) -> Values:
        names = [tag["name"] for tag in tags]
        return (names, [tag["confidence"] for tag in tags]) if confidence else (names,)

    if is_v3(wiring):
        return exchange(v3_path(wiring, "tag", language), lambda body: values(body["tags"]))
    return exchange(analysis(wiring, ["tags"], language), lambda body: values(body["tagsResult"]["values"]))


TAG_IMAGE = Service(
    name="tag_image",
    family="vision",
    noun="tags",
    inputs=("image",),
    columns=(Column("", pa.list_(pa.string()), "What the picture shows, most certain first."),),
    includes={"confidence": Column("_confidence", pa.list_(pa.float64()), "How certain each tag is, from 0 to 1.")},
    options=(LANGUAGE, FETCH),
    limits=LIMITS,
    billing=TRANSACTIONS,
    operation="TagImage",
    wire=_wire,
    api_version=API_VERSION,
    versions=either,
    reads="media",
    media=IMAGES,
    known_as=("TagImage",),
)
