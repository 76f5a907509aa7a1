"""Rows to references, where a service reads images or sounds: equal paths are one document, and nothing is read yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from dfai_core.any_columns import option_values
from dfai_core.call import Call
from dfai_core.media import Media, media_references
from dfai_core.text_columns import MISFIT, is_misfit, texts_of

__all__ = ["Referred", "referred"]

_MISFIT = "column {name!r} holds {found} here, not {kind}: give {remedy}"
_EMPTY = "no bytes: nothing was sent"


class Referred:
    """What the rows of one record batch refer to.

    *inputs* are the documents' values, column by column; *names* what equal ones have in common; *codes* leads from
    each row to its document, -1 where it has none; *early* holds the code and message of rows that ended at once.
    """

    __slots__ = ("codes", "early", "inputs", "names")

    def __init__(self, rows: int, columns: int) -> None:
        self.inputs: list[list[Any]] = [[] for _ in range(columns)]
        self.names: list[Any] = []
        self.codes: np.ndarray[Any, Any] = np.full(rows, -1, np.int64)
        self.early: dict[int, tuple[str, str]] = {}


def referred(call: Call, media: Media, batch: pa.RecordBatch) -> Referred:
    """The documents of *batch*: references of the inputs, then the options that vary."""
    inputs = len(call.inputs)
    columns: list[list[Any]] = []
    found = Referred(batch.num_rows, inputs + len(call.varying))
    lacking = _lacking(call, batch)
    for place, name in enumerate(call.inputs):
        references = media_references(batch.column(place), samples=media.kind.samples)
        for row, what in references.wrong.items():
            message = _MISFIT.format(name=name, found=what, kind=media.kind.name, remedy=media.kind.remedy)
            found.early[row] = ("unsupported", message)
        for row in references.empty:
            found.early.setdefault(row, ("empty", _EMPTY))
        columns.append(references.rows)
    there = [None not in row for row in zip(*columns, strict=True)]
    for place, (_, name) in enumerate(call.varying, inputs):
        columns.append(_options(batch.column(place), name, there, found.early))
    if call.prior:
        found.early = {row: error for row, error in found.early.items() if lacking[row]}
    known: dict[Any, int] = {}
    for row, document in enumerate(zip(*columns, strict=True)):
        if not there[row] or not lacking[row] or row in found.early:
            continue
        # Bytes in a row are like no others until they are read; two paths that are the same lead to the same.
        is_path = call.service.shareable and all(isinstance(one, str) for one in document[:inputs])
        name = document if is_path else object()
        place = known.get(name, -1)
        if place < 0:
            place = known[name] = len(found.names)
            found.names.append(name)
            for column, value in zip(found.inputs, document, strict=True):
                column.append(value)
        found.codes[row] = place
    return found


def _options(column: pa.Array, name: str, there: list[bool], early: dict[int, tuple[str, str]]) -> list[Any]:
    if not is_misfit(column.type):
        return option_values(texts_of(column))
    kinds = column.field(1).to_pylist()
    for row, kind in enumerate(kinds):
        if kind is not None and there[row]:
            early[row] = ("unsupported", MISFIT.format(name=name, kind=kind))
    texts: list[Any] = column.field(0).to_pylist()
    return texts


def _lacking(call: Call, batch: pa.RecordBatch) -> list[bool]:
    """With ``if_exists="fill"`` the rows that lack an answer."""
    if not call.prior:
        return [True] * batch.num_rows
    stop = len(call.columns)
    first, last = batch.column(stop - len(call.prior)), batch.column(stop - 1)
    lacks = first.is_null().to_numpy(zero_copy_only=False) | last.is_valid().to_numpy(zero_copy_only=False)
    return [bool(one) for one in lacks]
