"""What tests of SQL functions stand on: views, which verbs have functions, and a query's rows."""

from __future__ import annotations

from typing import Any

import dfai
from dfai_core import services

__all__ = ["PARTITIONS", "ROWS", "ROW_BY_ROW", "VERBS", "VIEWS", "rows"]

ROWS = 900
PARTITIONS = 4
KIND = "element_at(array('good', 'bad', 'plain'), cast(id % 3 as int) + 1)"
VIEWS = {
    "reviews": lambda spark: spark.range(0, ROWS, numPartitions=PARTITIONS).selectExpr(
        "id", f"concat({KIND}, ' ', id) as t", "if(id % 2 = 0, 'fr', 'de') as lang"
    ),
    "few": lambda spark: spark.range(10),
}
VERBS = [verb for verb in dfai.verbs() if services()[verb].bind is None]
"""Those that have functions."""
ROW_BY_ROW = [verb for verb in VERBS if services()[verb].gather is None and services()[verb].media is None]
"""Those whose functions can be called with what a frame's verb reads: of pictures SQL must be told what a text is."""


def rows(session: Any, query: str) -> list[Any]:
    return list(session.sql(query).collect())
