"""Rows to whole groups and groups to documents, where a service wants all rows of a series in one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.moments import microseconds
from dfai_core.number_columns import NOT_A_NUMBER, numbers_of
from dfai_core.service import Document, Failure, Gather, Rows

__all__ = ["Gathered", "gathered", "is_part", "whole_groups"]

_PART = "__dfai_part"  # a column that says: these rows are part of a group too large to be held
_NO_TIME = "without a time the row has no place in its series"
_TOO_MANY = "the group has more than {most:,} rows, which is the most that one request takes: make by= finer"
_VARIES = "the options of a group must be the same in all of its rows"

Places = np.ndarray[Any, Any]


# ---- record batches to whole groups -------------------------------------------------------------------------------


def whole_groups(call: Call, batches: Iterable[pa.RecordBatch], sizes: Iterator[int]) -> Iterator[pa.RecordBatch]:
    """Cuts and joins *batches* between groups, at about *sizes* rows: each that leaves holds whole groups only.

    A group of more rows than its service takes leaves in parts, marked as such: it is refused, not held.
    """
    by = _by(call)
    open_group = _Open(_most(call))
    before: pa.RecordBatch | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        begins = np.flatnonzero(_begins(batch, by, before))
        before = batch.slice(batch.num_rows - 1)
        first = int(begins[0]) if len(begins) else batch.num_rows
        yield from open_group.add(batch.slice(0, first))
        if not len(begins):
            continue
        yield from open_group.close()
        last = int(begins[-1])
        at = first
        while at < last:
            # The first group that begins where enough rows are together.
            end = int(begins[np.searchsorted(begins, min(at + next(sizes), last))])
            yield batch.slice(at, end - at)
            at = end
        yield from open_group.add(batch.slice(last))
    yield from open_group.close()


def is_part(batch: pa.RecordBatch) -> bool:
    """Whether *batch* is a part of a group that is too large."""
    return bool(batch.schema.names[-1] == _PART)


class _Open:
    """The last group seen, which may go on in the next batch."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, more: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Takes rows of the same group; gives them back where there are too many."""
        if more.num_rows:
            self._held.append(more)
            self._rows += more.num_rows
        if self._held and self._rows > self._most:
            yield self._joined()

    def close(self) -> Iterator[pa.RecordBatch]:
        """Gives the group: it ends here."""
        if self._held:
            yield self._joined()
        self._rows = 0

    def _joined(self) -> pa.RecordBatch:
        joined = pa.Table.from_batches(self._held).combine_chunks().to_batches()[0]
        self._held = []
        if self._rows > self._most:
            return joined.append_column(_PART, pa.nulls(joined.num_rows))
        return joined


def _most(call: Call) -> int:
    return call.service.limits_at(call.target_kind).max_rows


def _by(call: Call) -> range:
    start = len(call.inputs) + len(call.varying)
    return range(start, start + len(call.by))


def _begins(batch: pa.RecordBatch, by: range, before: pa.RecordBatch | None) -> np.ndarray[Any, Any]:
    """Which rows begin a group."""
    begins = np.zeros(batch.num_rows, bool)
    if batch.num_rows:
        begins[0] = before is None or any(not _same(batch.column(at)[0], before.column(at)[0]) for at in by)
    for at in by:
        begins[1:] |= _changes(batch.column(at))
    return begins


def _changes(column: pa.Array) -> np.ndarray[Any, Any]:
    """Where a value differs from the one before it; a null is a value like others."""
    try:
        codes = column.dictionary_encode(null_encoding="encode")
    except pa.ArrowNotImplementedError:  # nested types
        values = column.to_pylist()
        return np.fromiter((a != b for a, b in pairwise(values)), bool, max(0, len(values) - 1))
    indices = codes.indices.to_numpy(zero_copy_only=False)
    return np.asarray(indices[1:] != indices[:-1])


def _same(one: pa.Scalar[Any], other: pa.Scalar[Any]) -> bool:
    left, right = one.as_py(), other.as_py()
    return bool(left == right or (left != left and right != right))


# ---- whole groups to documents ------------------------------------------------------------------------------------


class Gathered:
    """What the groups of one record batch ask.

    *codes* leads from each row to the place of its group's document, -1 where it has none; *within* to its own item
    in the answer. *early* holds the code and message of rows that ended before anything was sent.
    """

    __slots__ = ("codes", "documents", "early", "groups", "within")

    def __init__(self, rows: int) -> None:
        self.documents: dict[Document, int] = {}
        self.codes: np.ndarray[Any, Any] = np.full(rows, -1, np.int64)
        self.within: np.ndarray[Any, Any] = np.zeros(rows, np.int64)
        self.early: dict[int, tuple[str, str]] = {}
        self.groups: int = 0  # that have something to ask


def gathered(call: Call, gathers: Gather, batch: pa.RecordBatch) -> Gathered:
    """The documents of *batch*, which holds whole groups, or a part of one that is too large."""
    found = Gathered(batch.num_rows)
    values, given, there = _inputs(call, batch, found.early)
    times, there = _times(call, batch, there, found.early)
    part = is_part(batch)
    unanswered = _lacking(call, batch, part)
    wanted = there & unanswered
    group = np.cumsum(_begins(batch, _by(call), None))
    order = np.flatnonzero(there)
    by_group = group[order]
    order = order[np.argsort(by_group, kind="stable") if times is None else np.lexsort((times[order], by_group))]
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    options = [batch.column(len(call.inputs) + at) for at in range(len(call.varying))]
    most = _most(call)
    too_many = Failure("too_large", _TOO_MANY.format(most=most))
    for rows in np.split(order, cuts) if len(order) else ():
        asking = rows[-1:] if gathers.answers == "last" else rows[wanted[rows]]
        if not len(asking) or not wanted[asking].any():
            continue
        document = (
            too_many if part or len(rows) > most else _document(call, gathers, rows, values, given, times, options)
        )
        if isinstance(document, Failure):
            found.early.update(dict.fromkeys(asking.tolist(), (document.code, document.message)))
            continue
        found.groups += 1
        found.codes[asking] = found.documents.setdefault(document, len(found.documents))
        if gathers.answers == "each":
            found.within[rows] = np.arange(len(rows))
    if call.prior:
        found.early = {row: error for row, error in found.early.items() if unanswered[row]}
    return found


def _document(
    call: Call,
    gathers: Gather,
    rows: Places,
    values: Sequence[np.ndarray[Any, Any]],
    given: Sequence[np.ndarray[Any, Any]],
    times: np.ndarray[Any, Any] | None,
    varying: Sequence[pa.Array],
) -> Document | Failure:
    options, chosen = dict(call.options), []
    for (name, _), column in zip(call.varying, varying, strict=True):
        distinct = column.take(pa.array(rows)).unique().to_pylist()
        if len(distinct) > 1:
            return Failure("refused", f"{name}=: {_VARIES}")
        chosen.append(distinct[0])
        option = call.service.option(name)
        try:
            options[name] = option.default if distinct[0] is None else option.check(name, distinct[0])
        except ConfigError as error:
            return Failure("refused", str(error))
    group = Rows(
        tuple(column[rows] for column in values),
        None if times is None else times[rows],
        tuple(column[rows] for column in given),
    )
    written = gathers.write(group, options)
    return written if isinstance(written, Failure) else (len(rows), written, *chosen)


def _inputs(
    call: Call, batch: pa.RecordBatch, early: dict[int, tuple[str, str]]
) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """The values of each input; where some may be null, which are there; and which rows have all that they need."""
    nullable = call.service.nullable
    there, some = np.ones(batch.num_rows, bool), np.full(batch.num_rows, not nullable)
    values, given = [], []
    if call.service.reads == "answers":
        answers, codes, messages = batch.columns[:3]
        for row in np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False)).tolist():
            early[row] = (codes[row].as_py(), messages[row].as_py())
        known = answers.is_valid().to_numpy(zero_copy_only=False)
        return [answers.to_numpy(zero_copy_only=False)], [known], known
    for at, (name, role) in enumerate(zip(call.inputs, call.service.inputs, strict=True)):
        column, wrong = numbers_of(batch.column(at))
        for row, kind in wrong.items():
            early[row] = ("unsupported", NOT_A_NUMBER.format(name=name, kind=kind))
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        if role in nullable:
            some |= valid
        else:
            there &= valid
        if nullable:
            given.append(valid)
        values.append(column.to_numpy(zero_copy_only=False))
    return values, given, there & some


def _times(
    call: Call, batch: pa.RecordBatch, there: np.ndarray[Any, Any], early: dict[int, tuple[str, str]]
) -> tuple[np.ndarray[Any, Any] | None, np.ndarray[Any, Any]]:
    """The times, and which of the rows that are *there* have one: only of those a missing one is an error."""
    if call.order is None:
        return None, there
    times, known, wrong = microseconds(batch.column(_by(call).stop))
    for row in map(int, np.flatnonzero(there & ~known)):
        what = f"column {call.order!r} holds {wrong[row]}" if row in wrong else f"column {call.order!r} is null"
        early[row] = ("unsupported", f"{what}: {_NO_TIME}")
    return times, there & known


def _lacking(call: Call, batch: pa.RecordBatch, part: bool) -> np.ndarray[Any, Any]:
    """With ``if_exists="fill"`` the rows that lack an answer."""
    if not call.prior:
        return np.ones(batch.num_rows, bool)
    start = _by(call).stop + (call.order is not None)
    prior = [batch.column(at) for at in range(start, batch.num_columns - part)]
    return np.asarray(
        prior[0].is_null().to_numpy(zero_copy_only=False) | prior[-1].is_valid().to_numpy(zero_copy_only=False)
    )
