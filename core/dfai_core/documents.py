"""Rows to distinct documents, and answers back to rows: the two ends of a record batch's journey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai_core.call import Call
from dfai_core.service import Document, Values
from dfai_core.text_columns import MISFIT, is_misfit, texts_of

__all__ = ["Asked", "answer_batch", "ask"]

_EMPTY = "the text is blank: nothing was sent"


@dataclass(slots=True)
class Asked:
    """One record batch on its way.

    *codes* leads from each row to its place in *documents*; null where the row has nothing to ask. *early*
    holds the values of rows that ended before anything was sent: by row, the code and message.
    """

    rows: int
    documents: list[Document]
    codes: pa.Array
    early: dict[int, tuple[str, str]]
    prior: list[pa.Array]  # existing answers of rows that are not asked again
    bytes: int


def ask(call: Call, batch: pa.RecordBatch) -> Asked:
    """What *batch* asks: its distinct documents, each once."""
    inputs = len(call.inputs)
    columns = [batch.column(place) for place in range(inputs + len(call.varying))]
    early: dict[int, tuple[str, str]] = {}
    wanted: pa.Array | None = None
    for place, column in enumerate(columns[:inputs]):
        if is_misfit(column.type):
            early |= _misfits(column, call.inputs[place])
            column = pc.struct_field(column, [0])
        columns[place] = column = texts_of(column)
        valid = column.is_valid()
        wanted = valid if wanted is None else pc.and_(wanted, valid)
    for place in range(inputs, len(columns)):
        columns[place] = texts_of(columns[place])
    assert wanted is not None
    prior = [batch.column(place) for place in range(len(columns), batch.num_columns)]
    if prior:
        unanswered = pc.or_(prior[0].is_null(), prior[-1].is_valid())
        wanted = pc.and_(wanted, unanswered)
        early = {row: error for row, error in early.items() if unanswered[row].as_py()}
    blank = pc.and_(wanted, _blank(columns[:inputs]))
    if blank.true_count:
        for row in np.flatnonzero(blank.to_numpy(zero_copy_only=False)):
            early[int(row)] = ("empty", _EMPTY)
        wanted = pc.and_(wanted, pc.invert(blank))
    documents, codes = _distinct(columns, wanted)
    return Asked(batch.num_rows, documents, codes, early, prior, batch.nbytes)


def _misfits(column: pa.Array, name: Any) -> dict[int, tuple[str, str]]:
    kinds = pc.struct_field(column, [1])
    return {
        int(row): ("unsupported", MISFIT.format(name=name, kind=kinds[int(row)].as_py()))
        for row in np.flatnonzero(kinds.is_valid().to_numpy(zero_copy_only=False))
    }


def _blank(texts: Sequence[pa.Array]) -> pa.Array:
    """Rows in which an input holds white space alone."""
    result: pa.Array | None = None
    for text in texts:
        if pa.types.is_binary(text.type) or pa.types.is_large_binary(text.type):
            blank = pc.equal(pc.binary_length(text), 0)
        else:
            # Only short texts need a look: trimming every text would copy them all.
            blank = pc.equal(pc.utf8_trim_whitespace(text), "")
        blank = pc.fill_null(blank, False)
        result = blank if result is None else pc.or_(result, blank)
    assert result is not None
    return result


def _distinct(columns: Sequence[pa.Array], wanted: pa.Array) -> tuple[list[Document], pa.Array]:
    """The distinct documents among the wanted rows, and for each row the place of its own."""
    if wanted.true_count < len(wanted):
        columns = [pc.if_else(wanted, column, pa.scalar(None, column.type)) for column in columns]
    encoded = [column.dictionary_encode(null_encoding="encode") for column in columns[1:]]
    first = columns[0].dictionary_encode()
    if not encoded:
        return list(zip(first.dictionary.to_pylist(), strict=True)), first.indices
    # Several columns: one number for each combination, then the distinct numbers.
    combined = first.indices.cast(pa.int64())
    for column in encoded:
        combined = pc.add(pc.multiply(combined, len(column.dictionary) or 1), column.indices.cast(pa.int64()))
    unique = combined.dictionary_encode()
    numbers = unique.dictionary
    parts = []
    for column in reversed(encoded):
        size = len(column.dictionary) or 1
        rest = pc.divide(numbers, size)
        parts.append(column.dictionary.take(pc.subtract(numbers, pc.multiply(rest, size))).to_pylist())
        numbers = rest
    parts.append(first.dictionary.take(numbers).to_pylist())
    return list(zip(*reversed(parts), strict=True)), unique.indices


def answer_batch(call: Call, asked: Asked, answers: Sequence[Values]) -> pa.RecordBatch:
    """The answer's columns for the rows of *asked*; *answers* stand in the order of its documents."""
    schema = call.schema
    width = len(schema)
    extra: list[tuple[Any, ...]] = []
    codes = asked.codes
    if asked.early:
        places = codes.to_numpy(zero_copy_only=False).astype(np.float64)  # nulls become NaN
        for error in sorted(set(asked.early.values())):
            rows = [row for row, found in asked.early.items() if found == error]
            places[rows] = len(answers) + len(extra)
            extra.append(failed(width, *error, detail="error_detail" in call.include))
        codes = pa.array(places, mask=np.isnan(places)).cast(pa.int32())
    columns = list(zip(*answers, *extra, strict=True)) if answers or extra else [()] * width
    arrays = [pa.array(values, type=field.type).take(codes) for values, field in zip(columns, schema, strict=True)]
    if asked.prior:
        kept = codes.is_null()
        # Concatenating and taking works for every type; if_else does not know nested ones everywhere.
        rows = np.arange(asked.rows) + np.where(kept.to_numpy(zero_copy_only=False), 0, asked.rows)
        arrays = [
            pa.concat_arrays([old.cast(new.type), new]).take(pa.array(rows))
            for old, new in zip(asked.prior, arrays, strict=True)
        ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def failed(width: int, code: str, message: str, *, detail: bool) -> tuple[Any, ...]:
    """The answer columns of a row that was not sent."""
    known = {"status": None, "attempts": 0, "retryable": False, "request_id": None, "service_code": None}
    if detail:
        return (*[None] * (width - 3), known, code, message)
    return (*[None] * (width - 2), code, message)
