"""Which pictures answer a text, and which are like another."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dfai_engine.imagesearch.catalogue import WEIGHTS, Catalogue, Picture, picture_of
from dfai_engine.imagesearch.wire import Asked
from dfai_engine.textsearch.query import positives, query_of
from dfai_engine.textsearch.words import phrase

__all__ = ["LEAST_LIKENESS", "alike", "found"]

# Between vectors of length 1. Unrelated pictures are at .2 to .4, another view of the same thing at .95.
LEAST_LIKENESS = 0.5
_MOST_ALIKE = 150
_ASPECTS = {"square": "ABS(width - height) * 10 <= MAX(width, height)", "tall": "height > width * 1.1"}
_ASPECTS["wide"] = "width > height * 1.1"


def found(catalogue: Catalogue, folders: Sequence[Path], asked: Asked) -> tuple[list[Picture], int]:
    """A page of the pictures below *folders* that have any of the words, the best first; and how many there are in all.

    Words rank by BM25: rare ones count more, and all of them together more than one.
    """
    node = query_of(asked.words, "any")
    terms = [] if node is None else [phrase(term.text, prefix=term.prefix) for term in positives(node)]
    if not terms or not folders:
        return [], 0
    roots = [str(folder.expanduser().resolve()) for folder in folders]
    conditions = [f"root IN ({', '.join('?' * len(roots))})"]
    values: list[Any] = [*roots]
    for measure, (least, most) in asked.bounds.items():
        for sign, bound in ((">=", least), ("<=", most)):
            if bound is not None:
                conditions.append(f"{measure} {sign} ?")
                values.append(bound)
    if asked.aspect:
        conditions.append(_ASPECTS[asked.aspect])
    weights = ", ".join(map(str, (0.0, *WEIGHTS.values())))
    # Every name in here is our own, and every value a parameter.
    source = (
        f"FROM (SELECT id, bm25(words, {weights}) AS rank FROM words WHERE words MATCH ?) AS hits "  # noqa: S608
        f"JOIN pictures USING (id) WHERE {' AND '.join(conditions)}"
    )
    given = [" OR ".join(terms), *values]
    with catalogue.opened() as connection:
        (total,) = connection.execute(f"SELECT COUNT(*) {source}", given).fetchone()
        rows = connection.execute(
            f"SELECT pictures.* {source} ORDER BY rank, path LIMIT ? OFFSET ?",
            [*given, asked.count, asked.offset],
        )
        return [picture_of(row) for row in rows], total


def alike(
    catalogue: Catalogue, folders: Sequence[Path], vector: bytes | None, *, besides: str | None = None
) -> list[Picture]:
    """The pictures below *folders* that look like the one of *vector*, the most alike first; none without a vector."""
    import numpy as np

    if vector is None:
        return []
    roots = [str(folder.expanduser().resolve()) for folder in folders]
    chosen = ", ".join("?" * len(roots))
    with catalogue.opened() as connection:
        rows = connection.execute(
            f"SELECT id, vector FROM pictures WHERE vector IS NOT NULL AND id IS NOT ? AND root IN ({chosen})",  # noqa: S608
            (besides, *roots),
        ).fetchall()
        if not rows:
            return []
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), "<f4").reshape(len(rows), -1)
        likeness = vectors @ np.frombuffer(vector, "<f4")
        best = [place for place in np.argsort(-likeness)[:_MOST_ALIKE] if likeness[place] >= LEAST_LIKENESS]
        return [one for place in best if (one := _by_id(catalogue, connection, rows[place][0])) is not None]


def _by_id(catalogue: Catalogue, connection: sqlite3.Connection, identity: str) -> Picture | None:
    return catalogue.picture(connection, identity)
