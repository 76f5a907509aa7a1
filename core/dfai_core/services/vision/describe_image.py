"""What a picture shows, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Exchange, Failure, Service, Values, Wiring
from dfai_core.services.vision.wire import (
    API_VERSION,
    BOX,
    FETCH,
    IMAGES,
    LANGUAGE,
    LIMITS,
    TRANSACTIONS,
    analysis,
    box,
    either,
    exchange,
    is_v3,
    v3_path,
)

__all__ = ["CAPTION", "DESCRIBE_IMAGE", "NO_CAPTION", "captioned"]

CAPTION = pa.struct([("text", pa.string()), ("confidence", pa.float64()), *BOX])
"""A sentence for a part of a picture."""
NO_CAPTION = Failure("nothing_found", "the service found no words for this picture", 200)


def captioned(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Dense captions as the answer holds them."""
    return [{"text": one["text"], "confidence": one["confidence"], **box(one["boundingBox"])} for one in found]


def _wire(wiring: Wiring) -> Exchange:
    dense = "dense" in wiring.include
    language = {"language": wiring.options["language"]}
    if is_v3(wiring):
        if dense:
            raise ConfigError('include=["dense"] takes Image Analysis 4.0, and api_version="v3.2" is set.')
        return exchange(v3_path(wiring, "describe", language), _first)

    def values(body: Mapping[str, Any]) -> Values:
        caption = body["captionResult"]
        found: Values = (caption["text"], caption["confidence"])
        return (*found, captioned(body["denseCaptionsResult"]["values"])) if dense else found

    return exchange(analysis(wiring, ["caption", *(["denseCaptions"] if dense else [])], language), values)


def _first(body: Mapping[str, Any]) -> Values | Failure:
    captions = body["description"]["captions"]
    return (captions[0]["text"], captions[0]["confidence"]) if captions else NO_CAPTION


DESCRIBE_IMAGE = Service(
    name="describe_image",
    family="vision",
    noun="caption",
    inputs=("image",),
    columns=(
        Column("", pa.string(), "What the picture shows, in a sentence."),
        Column("_confidence", pa.float64(), "How certain that is, from 0 to 1."),
    ),
    includes={
        "dense": Column("_dense", pa.list_(CAPTION), "Sentences for parts of the picture, with their boxes in pixels.")
    },
    options=(LANGUAGE, FETCH),
    limits=LIMITS,
    billing=TRANSACTIONS,
    operation="DescribeImage",
    wire=_wire,
    api_version=API_VERSION,
    versions=either,
    reads="media",
    media=IMAGES,
    known_as=("DescribeImage", "caption_image"),
)
