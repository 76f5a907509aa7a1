"""One call's use of a store: what is known already is not asked, what is paid for is kept, nothing is asked twice.

Used on the loop's thread only. A store never fails a row: without one, or with one that is out of order, every
document is simply asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import NamedTuple, TypeVar

from dfai_core.errors import LASTING_CODES
from dfai_core.groups import Group, Places
from dfai_core.jobs import Job
from dfai_core.service import Values
from dfai_core.store import (
    Claim,
    Keyer,
    Pending,
    Store,
    decode_pending,
    decode_rows,
    decode_values,
    encode_pending,
    encode_rows,
)

__all__ = ["Found", "Keeper", "Reserved"]

T = TypeVar("T")

# Of documents that a store seems not to have, this many of a batch are looked up all the same.
_SAMPLE = 64


class Found(NamedTuple):
    """What a store has of a batch's documents, by their places."""

    known: Places
    rows: Sequence[Values]  # the answers of *known*
    pending: list[tuple[int, Pending]]  # what an operation is working on


class Reserved(NamedTuple):
    """What a store said of a request's documents, by their positions, just before it leaves."""

    known: list[tuple[int, Values]]
    mine: list[int]  # to be asked now, by us alone
    theirs: list[int]  # another asks them just now
    pending: list[tuple[int, Pending]]  # another has asked them, and the service is working on it


class Keeper:
    """Looks up, claims and keeps the documents of one call.

    Parameters
    ----------
    store
        Where answers are kept.
    keyer
        Makes a document's key.
    width
        How many columns an answer has, errors included: stored values of another width are foreign.
    lasting
        Codes of errors that are kept too, as the document's own fault.
    """

    __slots__ = ("_claims", "_found", "_keyer", "_lasting", "_store", "_width")

    def __init__(self, store: Store, keyer: Keyer, width: int, lasting: Collection[str] = LASTING_CODES) -> None:
        self._lasting = lasting
        self._store = store
        self._keyer = keyer
        self._width = width
        self._claims: set[bytes] = set()
        self._found = True  # whether the store knew any of the documents last asked for

    async def look_up(self, group: Group, places: Places) -> Found:
        """What is kept of documents, before they are put into requests. Their keys stay with the group."""
        keys = self._made(group, places)
        # All that this gains are fuller requests, since `reserve` looks as well. A first run would pay for it and find
        # nothing. So once nothing was found a few are looked up, and the others only if one of these is there, or if
        # `reserve` meanwhile came upon one.
        if not self._found and len(keys) > _SAMPLE:
            sample = await self._store.look_up(keys[:: len(keys) // _SAMPLE])
            if sample.count(None) == len(sample):
                return Found([], [], [])
        stored = await self._store.look_up(keys)
        values = [one for one in stored if one is not None]
        self._found = bool(values)
        kept = places
        if len(values) < len(stored):
            kept = [place for place, one in zip(places, stored, strict=True) if one is not None]
        rows = decode_rows(values, self._width)
        answered = [row for row in rows if row is not None]
        if len(answered) == len(rows):
            return Found(kept, answered, [])
        found = Found([place for place, row in zip(kept, rows, strict=True) if row is not None], answered, [])
        for place, one, row in zip(kept, values, rows, strict=True):
            if row is None and (pending := decode_pending(one)) is not None:
                found.pending.append((place, pending))
        return found

    async def reserve(self, job: Job) -> Reserved:
        """Claims what must be asked; what others asked meanwhile comes back answered."""
        keys = self._keys(job)
        states = await self._store.reserve(keys)
        if states.count(Claim.MINE) == len(states):
            self._claims.update(keys)
            return Reserved([], list(range(len(keys))), [], [])
        reserved = Reserved([], [], [], [])
        for position, (key, state) in enumerate(zip(keys, states, strict=True)):
            if state is Claim.THEIRS:
                reserved.theirs.append(position)
            elif state is Claim.MINE:
                self._claims.add(key)
                reserved.mine.append(position)
            elif (values := decode_values(state, self._width)) is not None:
                reserved.known.append((position, values))
            elif (pending := decode_pending(state)) is not None and not job.afresh:
                reserved.pending.append((position, pending))
            else:  # damaged: asked again, and written over
                reserved.mine.append(position)
        self._found = self._found or bool(reserved.known or reserved.pending)
        return reserved

    async def keep(self, job: Job, rows: Sequence[Values]) -> None:
        """Keeps what has ended for good; gives back the claims on what failed and may be asked again.

        *rows* are the values of the job's documents. Nobody may see them before: what was paid for outlives us.
        """
        keys = self._keys(job)
        encoded = encode_rows(rows, self._width)
        if len(rows[0]) == self._width:  # errors are among the values
            lasting = [row[-1] is None or row[-2] in self._lasting for row in rows]
            encoded = [one if kept else None for one, kept in zip(encoded, lasting, strict=True)]
        items = [(key, one) for key, one in zip(keys, encoded, strict=True) if one is not None]
        if items:
            self._claims.difference_update([key for key, _ in items])
            await self._store.put(items)
        if len(items) < len(keys):
            await self._free([key for key, one in zip(keys, encoded, strict=True) if one is None])

    async def keep_operation(self, job: Job) -> None:
        """Keeps where the answers of *job* can be had, once its operation has ended: another run may fetch them."""
        assert job.operation is not None
        keys = self._keys(job)
        pending = (Pending(job.operation, position, len(keys)) for position in range(len(keys)))
        await self._store.put([(key, encode_pending(one)) for key, one in zip(keys, pending, strict=True)])
        self._claims.difference_update(keys)

    async def release(self, job: Job) -> None:
        """Gives back the claims on documents that will not be asked."""
        await self._free(self._keys(job))

    async def give_up(self, ending: Collection[asyncio.Task[bool]]) -> None:
        """Gives back every claim, those too that the *ending* workers were just making: nothing more is asked."""
        await asyncio.gather(*ending, return_exceptions=True)
        keys, self._claims = list(self._claims), set()
        if keys:
            await self._store.release(keys)

    async def _free(self, keys: Sequence[bytes]) -> None:
        held = self._claims.intersection(keys)
        self._claims -= held
        if held:
            await self._store.release(list(held))

    def _keys(self, job: Job) -> Sequence[bytes]:
        """The keys of a job's documents; those of pieces are made here, since no piece is looked up by itself."""
        keys: list[bytes] = []
        for group, places in job.origin:
            if not group.keys:
                self._made(group, range(group.size))
            keys += _at(group.keys, places)
        return keys

    def _made(self, group: Group, places: Places) -> Sequence[bytes]:
        """The keys of documents, which stay with their group."""
        if len(places) == group.size:
            group.keys = self._keyer.keys(group.inputs, group.marker)
            return group.keys
        keys = self._keyer.keys([_at(column, places) for column in group.inputs], group.marker)
        if not group.keys:  # of the others the same is asked elsewhere, or they are not known yet
            group.keys = [b""] * group.size
        for place, key in zip(places, keys, strict=True):
            group.keys[place] = key
        return keys


def _at(values: Sequence[T], places: Places) -> Sequence[T]:
    return values[places.start : places.stop] if type(places) is range else [values[place] for place in places]
