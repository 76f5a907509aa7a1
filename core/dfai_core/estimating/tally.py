"""What a survey counts: sums that can be added over partitions, and travel as a record batch of one row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import pyarrow as pa

from dfai_core.estimating.sample import Sample

__all__ = ["TALLY", "Tally", "joined"]

_NUMBERS = (
    "rows",
    "askers",
    "documents",
    "from_store",
    "asked",
    "sent",
    "requests",
    "characters",
    "units",
    "unmeasured",
    "long",
    "refused",
    "partitions",
)

TALLY = pa.schema(
    [
        *(pa.field(name, pa.float64()) for name in _NUMBERS),
        pa.field("hashes", pa.binary()),
        pa.field("numbers", pa.binary()),
    ]
)
"""How a tally travels."""


@dataclass(slots=True)
class Tally:
    """What one partition, or several, would ask."""

    rows: float = 0
    askers: float = 0  # rows, or groups of them, that have something to ask
    documents: float = 0  # distinct ones, by partition
    from_store: float = 0  # of them, those that a store has the answer of
    asked: float = 0  # the others
    sent: float = 0  # documents as they are sent: each part of a long text is one
    requests: float = 0
    characters: float = 0  # of what is sent
    units: float = 0  # billed, as far as they were measured
    unmeasured: float = 0  # documents whose units only their content tells
    long: float = 0  # texts that are sent in parts
    refused: float = 0  # rows that end with an error before anything is sent
    partitions: float = 0
    sample: Sample = field(default_factory=Sample)  # of what is asked

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        numbers = {name: getattr(self, name) + getattr(other, name) for name in _NUMBERS}
        return Tally(**numbers, sample=self.sample.plus(other.sample))

    def batch(self) -> pa.RecordBatch:
        """As it travels."""
        hashes, numbers = self.sample.plain()
        values = [*(float(getattr(self, name)) for name in _NUMBERS), hashes, numbers]
        return pa.RecordBatch.from_pylist([dict(zip(TALLY.names, values, strict=True))], schema=TALLY)

    @classmethod
    def total(cls, batches: Iterable[pa.RecordBatch]) -> Tally:
        """All tallies in *batches* together; one at a time is held."""
        result = cls()
        for batch in batches:
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            for row in range(batch.num_rows):
                sample = Sample.from_plain(columns["hashes"][row], columns["numbers"][row])
                numbers = {name: columns[name][row].as_py() for name in _NUMBERS}
                result = result.plus(cls(**numbers, sample=sample))
        return result


assert {one.name for one in fields(Tally)} == {*_NUMBERS, "sample"}


def joined(batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """The tallies in *batches* as one."""
    return Tally.total(batches).batch()
