"""A small version of a picture, cut to what matters in it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Exchange, Option, Service, Values, Wiring
from dfai_core.services.vision.wire import FETCH, IMAGES, LIMITS, TRANSACTIONS, V3, only_v3, raw_exchange, v3_path

__all__ = ["THUMBNAIL"]


def _side(name: str, value: Any) -> int:
    # Source: the contract of v3.2, generateThumbnail: 1 to 1024.
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_024:
        return value
    raise ConfigError(f"{name}={value!r}: expected a whole number of pixels from 1 to 1,024.")


def _crop(name: str, value: Any) -> str:
    if value in ("smart", "center"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'smart' (around what matters) or 'center'.")


def _wire(wiring: Wiring) -> Exchange:
    options = wiring.options
    asked = {
        "width": str(options["width_px"]),
        "height": str(options["height_px"]),
        "smartCropping": "true" if options["crop"] == "smart" else "false",
    }
    return raw_exchange(v3_path(wiring, "generateThumbnail", asked), _values)


def _values(body: bytes) -> Values:
    if not IMAGES.kind.format_of(body):
        raise ValueError("the answer is no picture")
    return (body,)


THUMBNAIL = Service(
    name="thumbnail",
    family="vision",
    noun="thumbnail",
    inputs=("image",),
    columns=(Column("", pa.binary(), "The small picture's bytes: a file as the service made it."),),
    options=(
        Option("width_px", "request", 256, _side),
        Option("height_px", "request", 256, _side),
        Option("crop", "request", "smart", _crop),
        FETCH,
    ),
    limits=LIMITS,
    billing=TRANSACTIONS,
    operation="GenerateThumbnail",
    wire=_wire,
    api_version=V3,
    versions=only_v3,
    reads="media",
    media=IMAGES,
    known_as=("GenerateThumbnails", "generate_thumbnail"),
)
