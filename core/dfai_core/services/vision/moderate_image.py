"""Whether a picture is fit to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Service, Values, Wiring
from dfai_core.services.vision.wire import FETCH, IMAGES, LIMITS, TRANSACTIONS, V3, exchange, only_v3, v3_path

__all__ = ["MODERATE_IMAGE", "moderated"]

_VERDICTS = ("isAdultContent", "isRacyContent", "isGoryContent")


def moderated(adult: Mapping[str, Any]) -> tuple[bool, float | None, float | None, float | None]:
    """The service's verdict and scores. The embedded engine has one score alone, and the others are null."""
    verdicts = [adult[name] for name in _VERDICTS if adult.get(name) is not None]
    if not verdicts:
        raise ValueError("the answer holds no verdict")
    return any(verdicts), adult.get("adultScore"), adult.get("racyScore"), adult.get("goreScore")


def _values(body: Mapping[str, Any]) -> Values:
    return moderated(body["adult"])


def _wire(wiring: Wiring) -> Exchange:
    return exchange(v3_path(wiring, "analyze", {"visualFeatures": "Adult"}), _values)


MODERATE_IMAGE = Service(
    name="moderate_image",
    family="vision",
    noun="flagged",
    inputs=("image",),
    columns=(
        Column("", pa.bool_(), "Whether the service calls it sexual, racy or gory."),
        Column("_adult", pa.float64(), "How sexual it is, from 0 to 1."),
        Column("_racy", pa.float64(), "How suggestive it is, from 0 to 1; null where the service does not tell."),
        Column("_gory", pa.float64(), "How bloody it is, from 0 to 1; null where the service does not tell."),
    ),
    options=(FETCH,),
    limits=LIMITS,
    billing=TRANSACTIONS,
    operation="AdultContent",
    wire=_wire,
    api_version=V3,
    versions=only_v3,
    reads="media",
    media=IMAGES,
    known_as=("adult_content", "nsfw"),
)
