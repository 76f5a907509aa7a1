"""How reports add up in an accumulator: of those of one source the latest stays."""

from __future__ import annotations

from typing import Any

from pyspark.accumulators import AccumulatorParam

__all__ = ["LATEST", "LatestWins"]

Latest = dict[tuple[str, str], dict[str, Any]]
"""Reports as they travel, by call and source."""


class LatestWins(AccumulatorParam):  # type: ignore[misc]  # the library's types are skipped
    """Adding in any order, and more than once, comes to the same."""

    def zero(self, value: Latest) -> Latest:
        return {}

    def addInPlace(self, value1: Latest, value2: Latest) -> Latest:  # noqa: N802  Spark's name
        for key, plain in value2.items():
            known = value1.get(key)
            if known is None or known["sequence"] < plain["sequence"]:
                value1[key] = plain
        return value1


LATEST = LatestWins()
