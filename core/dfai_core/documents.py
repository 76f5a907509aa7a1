"""Rows to distinct documents, and answers back to rows: the two ends of a record batch's journey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai_core.any_columns import any_null_but, comparable, distinct_values, each_row, option_values
from dfai_core.call import Call
from dfai_core.errors import RETRYABLE_CODES
from dfai_core.gathering import gathered
from dfai_core.media import Media
from dfai_core.media_rows import referred
from dfai_core.service import Gather, Values
from dfai_core.text_columns import MISFIT, is_misfit, texts_of

__all__ = ["Asked", "answer_batch", "ask", "errors_in", "failed"]

_EMPTY = "the text is blank: nothing was sent"
# What is remembered of a document is its answer, which may be a picture itself.
_PICTURE_BYTES = 100_000
# What Arrow raises for a Python value that does not fit a column.
_WRONG_TYPE = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeError)


@dataclass(slots=True)
class Asked:
    """One record batch on its way.

    *inputs* hold its distinct documents, column by column. *codes* leads from each row to the place of its own; null
    where the row has nothing to ask. *early*
    holds the values of rows that ended before anything was sent: by row, the code and message.
    """

    rows: int
    inputs: list[list[Any]]
    codes: pa.Array
    early: dict[int, tuple[str, str]]
    prior: list[pa.Array]  # existing answers of rows that are not asked again
    bytes: int
    longest: int  # code points of the longest text
    askers: int  # rows, or groups of rows, that have something to ask
    within: pa.Array | None = None  # where rows are gathered: each row's own item in its group's answer
    names: Sequence[Any] | None = None  # of the documents, where values of equal ones are not compared themselves


def ask(call: Call, batch: pa.RecordBatch) -> Asked:
    """What *batch* asks: its distinct documents, each once."""
    if call.service.gather is not None:
        return _gather(call, call.service.gather, batch)
    if call.service.media is not None:
        return _refer(call, call.service.media, batch)
    service, inputs = call.service, len(call.inputs)
    columns = [batch.column(place) for place in range(inputs + len(call.varying))]
    early: dict[int, tuple[str, str]] = {}
    wanted = pa.repeat(pa.scalar(True), batch.num_rows)
    for place, (name, given) in enumerate(zip(call.columns, columns, strict=False)):
        misfits = _misfits(given, name) if is_misfit(given.type) else {}
        columns[place] = texts_of(pc.struct_field(given, [0]) if is_misfit(given.type) else given)
        if place < inputs:
            if not service.nullable or service.inputs[place] not in service.nullable:
                wanted = pc.and_(wanted, columns[place].is_valid())
        elif misfits:  # an option's value: its row is not asked, unless it is null anyway
            misfits = {row: error for row, error in misfits.items() if wanted[row].as_py()}
            wanted = pc.and_(wanted, pa.array([row not in misfits for row in range(batch.num_rows)], pa.bool_()))
        early |= misfits
    if service.nullable and service.nullable.issuperset(service.inputs):
        wanted = any_null_but(columns)
    prior = [batch.column(place) for place in range(len(columns), batch.num_columns)]
    if prior:
        unanswered = pc.or_(prior[0].is_null(), prior[-1].is_valid())
        wanted = pc.and_(wanted, unanswered)
        early = {row: error for row, error in early.items() if unanswered[row].as_py()}
    needed = [column for column, name in zip(columns, service.inputs, strict=False) if name not in service.nullable]
    blank = pc.and_(wanted, _blank(needed, batch.num_rows))
    if blank.true_count:
        for row in np.flatnonzero(blank.to_numpy(zero_copy_only=False)):
            early[int(row)] = ("empty", _EMPTY)
        wanted = pc.and_(wanted, pc.invert(blank))
    names: Sequence[Any] | None = None
    if not service.shareable:
        values, codes = each_row(columns, wanted)
    elif service.reads == "any":
        values, codes, names = distinct_values(columns, wanted)
    else:
        values, codes = _distinct(columns, wanted)
    longest, askers = _longest(columns[0]), len(codes) - codes.null_count
    return Asked(batch.num_rows, values, codes, early, prior, batch.nbytes, longest, askers, names=names)


def _gather(call: Call, gathers: Gather, batch: pa.RecordBatch) -> Asked:
    """What the whole groups of *batch* ask."""
    found = gathered(call, gathers, batch)
    codes = pa.array(found.codes, pa.int32(), mask=found.codes < 0)
    inputs = [list(column) for column in zip(*found.documents, strict=True)]
    inputs = inputs or [[] for _ in range(2 + len(call.varying))]
    within = pa.array(found.within) if gathers.answers == "each" else None
    stop = len(call.columns)
    prior = list(batch.columns[stop - len(call.prior) : stop])
    return Asked(batch.num_rows, inputs, codes, found.early, prior, batch.nbytes, 0, found.groups, within)


def _refer(call: Call, media: Media, batch: pa.RecordBatch) -> Asked:
    """What the rows of *batch* refer to."""
    found = referred(call, media, batch)
    codes = pa.array(found.codes, pa.int32(), mask=found.codes < 0)
    prior = list(batch.columns[len(call.columns) - len(call.prior) : len(call.columns)])
    size_bytes = _PICTURE_BYTES * len(found.names)
    askers = len(codes) - codes.null_count
    return Asked(batch.num_rows, found.inputs, codes, found.early, prior, size_bytes, 0, askers, names=found.names)


def _misfits(column: pa.Array, name: Any) -> dict[int, tuple[str, str]]:
    kinds = pc.struct_field(column, [1])
    return {
        int(row): ("unsupported", MISFIT.format(name=name, kind=kinds[int(row)].as_py()))
        for row in np.flatnonzero(kinds.is_valid().to_numpy(zero_copy_only=False))
    }


def _blank(texts: Sequence[pa.Array], rows: int) -> pa.Array:
    """Rows in which an input holds white space alone."""
    result: pa.Array | None = None
    for text in texts:
        if pa.types.is_binary(text.type) or pa.types.is_large_binary(text.type):
            blank = pc.equal(pc.binary_length(text), 0)
        elif not (pa.types.is_string(text.type) or pa.types.is_large_string(text.type)):
            continue
        else:
            blank = pc.or_(pc.utf8_is_space(text), pc.equal(pc.binary_length(text), 0))
        blank = pc.fill_null(blank, False)
        result = blank if result is None else pc.or_(result, blank)
    return pa.repeat(pa.scalar(False), rows) if result is None else result


def _longest(column: pa.Array) -> int:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return 0
    return pc.max(pc.utf8_length(column)).as_py() or 0


def _distinct(columns: Sequence[pa.Array], wanted: pa.Array) -> tuple[list[list[Any]], pa.Array]:
    """The distinct documents among the wanted rows, by column, and for each row the place of its own."""
    if wanted.true_count < len(wanted):
        columns = [pc.if_else(wanted, column, pa.scalar(None, column.type)) for column in columns]
    first = columns[0].dictionary_encode()
    codes = first.indices
    if len(columns) == 1:
        return [first.dictionary.to_pylist()], codes
    for column in columns[1:]:
        # One number for each combination so far; encoded again each time, so that it never outgrows its type.
        encoded = comparable(column).dictionary_encode(null_encoding="encode")
        size = max(1, len(encoded.dictionary))
        combined = pc.add(pc.multiply(codes.cast(pa.int64()), size), encoded.indices.cast(pa.int64()))
        codes = combined.dictionary_encode().indices
    # The dictionary is in the order of first rows, so these are each document's first row.
    asked = np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False))
    _, firsts = np.unique(codes.drop_null().to_numpy(), return_index=True)
    places = pa.array(asked[firsts])
    return [columns[0].take(places).to_pylist(), *[option_values(column.take(places)) for column in columns[1:]]], codes


def answer_batch(call: Call, asked: Asked, columns: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """The answer's columns for the rows of *asked*; *columns* hold a value for each of its documents, in order."""
    detail = "error_detail" in call.include
    schema = call.schema if asked.within is None else _lists(call.schema, 3 if detail else 2)
    codes = asked.codes
    if asked.early:
        extra: list[Values] = []
        places = codes.to_numpy(zero_copy_only=False).astype(np.float64)  # nulls become NaN
        for error in sorted(set(asked.early.values())):
            rows = [row for row, found in asked.early.items() if found == error]
            places[rows] = len(asked.inputs[0]) + len(extra)
            extra.append(failed(len(schema), *error, detail=detail))
        codes = pa.array(places, mask=np.isnan(places)).cast(pa.int32())
        columns = [[*values, *more] for values, more in zip(columns, zip(*extra, strict=True), strict=True)]
    try:
        arrays = _arrays(columns, schema)
    except _WRONG_TYPE:
        fitting = [_fitting(values, schema, detail) for values in zip(*columns, strict=True)]
        arrays = _arrays(list(zip(*fitting, strict=True)), schema)
    # Of distinct documents the first row has the first place, and so on: where each row has its own, nothing moves.
    if asked.within is not None:
        arrays = [
            _items(array, codes, asked.within, field.type) for array, field in zip(arrays, call.schema, strict=True)
        ]
    elif len(asked.inputs[0]) < asked.rows:
        arrays = [array.take(codes) for array in arrays]
    if asked.prior:
        kept = codes.is_null()
        # Concatenating and taking works for every type; if_else does not know nested ones everywhere.
        places = np.arange(asked.rows) + np.where(kept.to_numpy(zero_copy_only=False), 0, asked.rows)
        arrays = [
            pa.concat_arrays([old.cast(new.type), new]).take(pa.array(places))
            for old, new in zip(asked.prior, arrays, strict=True)
        ]
    return pa.RecordBatch.from_arrays(arrays, schema=call.schema)


def _lists(schema: pa.Schema, errors: int) -> pa.Schema:
    """The columns of groups' answers: lists of what their rows get; an error is the whole group's."""
    values = len(schema) - errors
    return pa.schema(
        [field.with_type(pa.list_(field.type)) if at < values else field for at, field in enumerate(schema)]
    )


def _items(groups: pa.Array, codes: pa.Array, within: pa.Array, kind: pa.DataType) -> pa.Array:
    """Each row's own item out of its group's list; what is no list is the same for all rows of the group."""
    if groups.type == kind:
        return groups.take(codes)
    starts = pc.if_else(groups.is_valid(), groups.offsets[:-1], pa.scalar(None, pa.int32()))
    return groups.values.take(pc.add(starts.take(codes).cast(pa.int64()), within))


def errors_in(answer: pa.RecordBatch) -> dict[str, int]:
    """Rows by error code."""
    codes = answer.column(answer.num_columns - 2)
    if codes.null_count == len(codes):
        return {}
    return {found["values"].as_py(): found["counts"].as_py() for found in codes.drop_null().value_counts()}


def _arrays(columns: Sequence[Sequence[Any]], schema: pa.Schema) -> list[pa.Array]:
    return [_array(values, field.type) for values, field in zip(columns, schema, strict=True)]


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    # Errors are mostly none at all: counting nulls takes a quarter of the time that converting them does.
    if values and values[0] is None and values.count(None) == len(values):
        return pa.nulls(len(values), kind)
    return pa.array(values, type=kind)


def _fitting(values: Values, schema: pa.Schema, detail: bool) -> Values:
    """*values*, or an error where the service answered with another type than its contract says."""
    try:
        _arrays([(value,) for value in values], schema)
    except _WRONG_TYPE as error:
        message = f"the answer holds a value of another type than promised ({type(error).__name__})"
        return failed(len(schema), "bad_answer", message, detail=detail)
    return values


def failed(width: int, code: str, message: str, *, detail: bool, **known: Any) -> Values:
    """The *width* columns of a row without an answer; *known* is what its error detail holds, where it is asked for."""
    if not detail:
        return (*[None] * (width - 2), code, message)
    nothing = {"status": None, "attempts": 0, "retryable": code in RETRYABLE_CODES, "request_id": None}
    return (*[None] * (width - 3), nothing | {"service_code": None} | known, code, message)
