"""What one partition would ask: its rows go the way that a call's go, up to the door, and are counted there.

The same code as a call's turns rows into documents, splits long texts, and packs requests. So what it counts is what
would be sent: only nothing is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.documents import ask
from dfai_core.errors import ConfigError
from dfai_core.estimating.sample import Sample
from dfai_core.estimating.tally import Tally
from dfai_core.groups import Batch, Group, Places
from dfai_core.known import Known
from dfai_core.lanes import Lanes
from dfai_core.loop import loop_thread
from dfai_core.prices import billing_of
from dfai_core.run import cut
from dfai_core.service import Document
from dfai_core.splitting import split
from dfai_core.store import Keyer, open_store

__all__ = ["survey"]

# As a dispatcher does.
_REMEMBERED = 50_000
_REMEMBERED_BYTES = 64_000_000


def survey(call: Call, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """What a call would ask of the rows in *batches*, as a tally.

    Where each row is asked before its group is, it is the rows that are counted.

    Raises
    ------
    ConfigError
        Where a store cannot be opened.
    """
    if call.service.each is not None:
        call, batches = _of_rows(call), _rows_alone(call, batches)
    surveyor = _Surveyor(call)
    for batch in cut(call, batches):
        surveyor.take(batch)
    return surveyor.end().batch()


def _of_rows(call: Call) -> Call:
    service = call.service.each
    assert service is not None
    return Call(service, call.inputs, "each", config=call.config, part_of=call.id)


def _rows_alone(call: Call, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        columns = batch.columns[: len(call.inputs)]
        yield pa.RecordBatch.from_arrays(columns, names=[str(at) for at in range(len(columns))])


class _Surveyor:
    """Counts the documents and requests of one partition."""

    def __init__(self, call: Call) -> None:
        service, wiring = call.service, call.wiring()
        self._call = call
        self._tally = Tally(partitions=1)
        self._lanes = Lanes(call, _unjoined, self._refuse)
        self._known = Known(min(_REMEMBERED, 10 * service.rows_at_once), _REMEMBERED_BYTES)
        target = call.config.target.resolve(service)
        self._limit = service.limits_at(target.kind).max_chars
        self._keyer = Keyer(service, wiring, target.identity(service))
        # What a picture is, is known once it has been read, and that is not done here.
        looks = service.shareable and service.keeps and service.media is None
        self._store = open_store(call.config.store) if looks else None
        billing = billing_of(service)
        self._count = None if billing is None else billing.count
        self._texts = len(call.inputs) if service.reads == "text" else 0
        self._sample = Sample()

    def take(self, batch: pa.RecordBatch) -> None:
        """Counts what *batch* asks, and the requests that it fills."""
        tally = self._tally
        self._known.trim()
        asked = ask(self._call, batch)
        tally.rows += asked.rows
        tally.askers += asked.askers
        tally.refused += len(asked.early)
        group = Batch(asked.inputs, len(self._call.schema), _unjoined, asked.names)
        if not group.size:
            return
        places = self._known.add(group, asked.bytes) if self._call.service.shareable else range(group.size)
        group.left = 0  # nothing answers it, and it need not be remembered for longer than if something had
        tally.documents += len(places)
        asking = self._unknown(group, places)
        self._lanes.add(group, asking, asked.longest)
        while (job := self._lanes.next_full()) is not None:
            tally.requests += 1
            tally.sent += job.count

    def end(self) -> Tally:
        """All that was counted."""
        while (job := self._lanes.next_partial()) is not None:
            self._tally.requests += 1
            self._tally.sent += job.count
        asks = self._call.service.asks
        return replace(self._tally, requests=self._tally.requests * (asks or 1), sample=self._sample)

    def _unknown(self, group: Group, places: Places) -> Places:
        """Those of *places* that no store has the answer of; all of them are counted."""
        if not places:
            return places
        keys = self._keys(group, places)
        stored = [None] * len(keys) if self._store is None else loop_thread().run(self._store.look_up(keys))
        weights = [
            self._weight(document) if one is None else (0.0, 0.0, 0.0, 0.0)
            for document, one in zip(group.documents(places), stored, strict=True)
        ]
        asked, characters, units, _ = map(sum, zip(*weights, strict=True))
        tally = self._tally
        tally.asked += asked
        tally.characters += characters
        tally.units += units
        tally.from_store += len(places) - asked
        self._sample = self._sample.plus(Sample.of(keys, weights))
        if asked == len(places):
            return places
        return [place for place, one in zip(places, stored, strict=True) if one is None]

    def _keys(self, group: Group, places: Places) -> Sequence[bytes]:
        columns = [[column[place] for place in places] for column in group.inputs]
        try:
            return self._keyer.keys(columns)
        except TypeError:  # a value that has no key is like no other
            return [os.urandom(16) for _ in places]

    def _weight(self, document: Document) -> tuple[float, float, float, float]:
        """That *document* is asked, its characters and units, and as how many it is sent."""
        text = document[0]
        if self._limit is not None and isinstance(text, str) and len(text) > self._limit:
            self._tally.long += 1
            parts = [(part, *document[1:]) for part in split(text, self._limit) if part.strip()]
        else:
            parts = [document]
        characters = sum([len(value) for part in parts for value in part[: self._texts] if isinstance(value, str)])
        return 1.0, float(characters), sum(map(self._units, parts)), float(len(parts))

    def _units(self, document: Document) -> float:
        if self._count is None:
            return 0.0
        units = self._count(document, self._call.options)
        if units is None:
            self._tally.unmeasured += 1
            return 0.0
        return units

    def _refuse(self, group: Group, place: int, why: ConfigError) -> None:
        self._tally.refused += 1


def _unjoined(*_: Any) -> None:
    """Nothing ends here."""
