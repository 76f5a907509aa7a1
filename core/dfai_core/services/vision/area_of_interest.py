"""The part of a picture that matters most."""

from __future__ import annotations

import pyarrow as pa

from dfai_core.service import Column, Exchange, Service, Wiring
from dfai_core.services.vision.wire import BOX, FETCH, IMAGES, LIMITS, TRANSACTIONS, V3, box, exchange, only_v3, v3_path

__all__ = ["AREA_OF_INTEREST"]


def _wire(wiring: Wiring) -> Exchange:
    return exchange(v3_path(wiring, "areaOfInterest"), lambda body: (box(body["areaOfInterest"]),))


AREA_OF_INTEREST = Service(
    name="area_of_interest",
    family="vision",
    noun="area",
    inputs=("image",),
    columns=(Column("", pa.struct(BOX), "Where it is: left upper corner and size, in pixels."),),
    options=(FETCH,),
    limits=LIMITS,
    billing=TRANSACTIONS,
    operation="GetAreaOfInterest",
    wire=_wire,
    api_version=V3,
    versions=only_v3,
    reads="media",
    media=IMAGES,
    known_as=("get_area_of_interest", "smart_crop", "region_of_interest"),
)
