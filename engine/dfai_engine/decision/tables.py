"""Several variables over time: read from CSV or JSON, brought to common timestamps, gaps filled."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, get_args

import numpy as np

from dfai_engine.decision.limits import Limits
from dfai_engine.decision.numbers import Bools, Floats, Places
from dfai_engine.decision.timestamps import EPOCH, instant, written
from dfai_engine.failures import ServiceFailure

__all__ = [
    "FILLS",
    "MODES",
    "Alignment",
    "Table",
    "Variable",
    "aligned",
    "check_count",
    "from_csv",
    "micros_of",
    "stamp",
    "variable",
]

INVALID = "InvalidData"
LARGEST = 1e150
Mode = Literal["Inner", "Outer"]
Fill = Literal["Previous", "Subsequent", "Linear", "Zero", "Fixed"]
MODES: tuple[Mode, ...] = get_args(Mode)
FILLS: tuple[Fill, ...] = get_args(Fill)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as it came: timestamps in microseconds since 1970, rising; values finite."""

    name: str
    micros: Places
    values: Floats


@dataclass(frozen=True, slots=True)
class Alignment:
    """How variables come to the same timestamps."""

    mode: Mode = "Outer"
    fill: Fill = "Linear"
    padding: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """Variables at the same timestamps, one column each, nothing missing."""

    names: tuple[str, ...]
    micros: Places
    values: Floats  # timestamps x variables
    there: Bools  # the same shape: which values were given, not filled

    def between(self, begin: int, end: int) -> Table:
        """The rows from *begin* to *end*, both included."""
        rows = (self.micros >= begin) & (self.micros <= end)
        return Table(self.names, self.micros[rows], self.values[rows], self.there[rows])

    def states(self) -> list[dict[str, Any]]:
        """What the service tells of each variable."""
        found = []
        for name, there in zip(self.names, self.there.T, strict=True):
            count = int(there.sum())
            state = {"variable": name, "filledNARatio": 1 - count / max(len(there), 1), "effectiveCount": count}
            if count:
                first, last = np.flatnonzero(there)[[0, -1]]
                state |= {"firstTimestamp": stamp(self.micros[first]), "lastTimestamp": stamp(self.micros[last])}
            found.append(state)
        return found


def micros_of(text: object, what: str) -> int:
    """A timestamp in microseconds since 1970.

    Raises
    ------
    ServiceFailure
        It is none of ISO 8601; *what* names it.
    """
    try:
        moment = instant(text) - EPOCH
    except ValueError:
        raise ServiceFailure(
            f"Invalid Timestamp format. {what} is not a date and time of ISO 8601.", code="InvalidTimestampFormat"
        ) from None
    return (moment.days * 86_400 + moment.seconds) * 1_000_000 + moment.microseconds


def stamp(micros: int) -> str:
    """A timestamp as the service writes it."""
    return written(EPOCH + timedelta(microseconds=int(micros)))


def variable(name: str, micros: Sequence[int], values: Sequence[float]) -> Variable:
    """A variable in the order of time; what is not finite is missing.

    Raises
    ------
    ServiceFailure
        A timestamp stands twice, or a value's square would overflow.
    """
    found, numbers = np.array(micros, dtype=np.int64), np.array(values, dtype=np.float64)
    if (np.abs(numbers[np.isfinite(numbers)]) > LARGEST).any():
        raise ServiceFailure(f"Variable {name!r} has values beyond {LARGEST:g}.", code=INVALID)
    finite = np.isfinite(numbers)
    found, numbers = found[finite], numbers[finite]
    order = np.argsort(found, kind="stable")
    found, numbers = found[order], numbers[order]
    twice = np.flatnonzero(np.diff(found) == 0)
    if len(twice):
        raise ServiceFailure(f"Variable {name!r} has {stamp(found[twice[0]])} twice.", code=INVALID)
    return Variable(name, found, numbers)


def from_csv(files: Mapping[str, bytes], *, many: bool, limits: Limits) -> list[Variable]:
    """The variables of one file with a column each, or of many files with a variable each.

    Raises
    ------
    ServiceFailure
        A file is not what its schema says; the message says which, and where.
    """
    found: list[Variable] = []
    for name, content in files.items():
        columns = _columns(name, content, limits)
        if many and [column.name for column in columns] != ["value"]:
            raise ServiceFailure(f"{name}.csv must have the two columns 'timestamp' and 'value'.", code=INVALID)
        found += [replace(column, name=name) for column in columns] if many else columns
    return check_count(found, limits)


def check_count(variables: list[Variable], limits: Limits) -> list[Variable]:
    """The same variables, if there are some and not too many."""
    if not variables:
        raise ServiceFailure("The data holds no variables.", code=INVALID)
    if len(variables) > limits.variables:
        raise ServiceFailure(
            f"Unable to process the dataset. Number of variables exceed the limit ({limits.variables}).",
            status=413,
            code=INVALID,
        )
    return variables


def _columns(file: str, content: bytes, limits: Limits) -> list[Variable]:
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        head = next(rows, [])
        if not head or head[0].strip() != "timestamp" or len(head) < 2 or len(set(head)) != len(head):
            raise ServiceFailure(
                f"{file}.csv must begin with a line of column names, all different, the first of them 'timestamp'.",
                code=INVALID,
            )
        if len(head) - 1 > limits.variables:
            raise ServiceFailure(
                f"Unable to process the dataset. Number of variables exceed the limit ({limits.variables}).",
                status=413,
                code=INVALID,
            )
        micros: list[int] = []
        values = array("d")  # a list of numbers would take five times the room
        for row in rows:
            if not any(row):
                continue
            where = f"line {rows.line_num} of {file}.csv"
            if len(row) != len(head):
                raise ServiceFailure(f"{where} has {len(row)} fields, not {len(head)}.", code=INVALID)
            micros.append(micros_of(row[0].strip(), where))
            values.extend(_number(field, where) for field in row[1:])
    except (UnicodeDecodeError, csv.Error):
        raise ServiceFailure(f"{file}.csv is no CSV file in UTF-8.", code=INVALID) from None
    columns = np.frombuffer(values).reshape(len(micros), len(head) - 1) if values else np.empty((0, len(head) - 1))
    return [variable(name.strip(), micros, columns[:, index]) for index, name in enumerate(head[1:])]  # type: ignore[arg-type]


def _number(field: str, where: str) -> float:
    if not field.strip():
        return math.nan
    try:
        return float(field)
    except ValueError:
        raise ServiceFailure(f"{where} holds a value that is no number.", code=INVALID) from None


def aligned(variables: Iterable[Variable], names: Sequence[str], how: Alignment) -> Table:
    """The named variables, in that order, at common timestamps.

    Raises
    ------
    ServiceFailure
        A variable is missing, or one too many, or there is no common timestamp.
    """
    by_name = {held.name: held for held in variables}
    missing, unknown = [name for name in names if name not in by_name], sorted(set(by_name) - set(names))
    if missing:
        raise ServiceFailure(f"The data lacks the variable {missing[0]!r} of the model.", code="VariableMismatch")
    if unknown:
        raise ServiceFailure(f"The model knows no variable {unknown[0]!r}.", code="VariableMismatch")
    ordered = [by_name[name] for name in names]
    micros = ordered[0].micros
    for held in ordered[1:]:
        micros = np.union1d(micros, held.micros) if how.mode == "Outer" else np.intersect1d(micros, held.micros)
    if not len(micros):
        raise ServiceFailure("The variables have no timestamp in common.", code=INVALID)
    values, there = np.zeros((len(micros), len(ordered))), np.zeros((len(micros), len(ordered)), dtype=bool)
    for column, held in enumerate(ordered):
        if not len(held.micros):
            raise ServiceFailure(f"Variable {held.name!r} has no values.", code=INVALID)
        at = np.searchsorted(held.micros, micros)
        there[:, column] = held.micros[np.minimum(at, len(held.micros) - 1)] == micros
        values[:, column] = _filled(held, micros, at, there[:, column], how)
    return Table(tuple(names), micros, values, there)


def _filled(held: Variable, micros: Places, at: Places, there: Bools, how: Alignment) -> Floats:
    last = len(held.values) - 1
    if how.fill == "Linear":
        begin = held.micros[0]
        line: Floats = np.interp((micros - begin) / 1.0, (held.micros - begin) / 1.0, held.values)
        return line
    after = held.values[np.minimum(at, last)]
    before = held.values[np.maximum(np.where(there, at, at - 1), 0)]
    constant = np.full(len(micros), how.padding if how.fill == "Fixed" else 0.0)
    gaps = {"Previous": before, "Subsequent": after}.get(how.fill, constant)
    return np.where(there, after, gaps)
