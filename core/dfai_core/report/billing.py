"""What a service says that an answer costs, in its own units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

__all__ = ["HEADER", "units_of"]

HEADER = "csp-billing-usage"
_METER = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.-]{0,99})\s*=\s*(\d{1,12}(?:\.\d{1,6})?)\s*")
_MOST_METERS = 16


@lru_cache(maxsize=1_000)
def units_of(value: str) -> Mapping[str, float]:
    """Units by meter. What does not look like a meter is passed over: names go into reports as they are.

    >>> dict(units_of("CognitiveServices.TextAnalytics.TextRecords=10"))
    {'CognitiveServices.TextAnalytics.TextRecords': 10.0}
    >>> dict(units_of("A.B=1, C=0.5; nonsense, <b>=1"))
    {'A.B': 1.0, 'C': 0.5}
    """
    found: dict[str, float] = {}
    for part in re.split("[,;]", value[:2_000]):
        if (meter := _METER.fullmatch(part)) is not None and len(found) < _MOST_METERS:
            found[meter[1]] = found.get(meter[1], 0.0) + float(meter[2])
    return found
