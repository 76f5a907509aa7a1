"""One call's use of a store: what is known already is not asked, what is paid for is kept, nothing is asked twice.

Used on the loop's thread only. A store never fails a row: without one, or with one that is out of order, every
document is simply asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
    decode_values,
    encode_pending,
    encode_values,
)

__all__ = ["Found", "Keeper", "Reserved"]


class Found(NamedTuple):
    """What a store has of a batch's documents, by their places."""

    known: list[int]
    rows: list[Values]  # the answers of *known*
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
    """

    __slots__ = ("_claims", "_keyer", "_store", "_width")

    def __init__(self, store: Store, keyer: Keyer, width: int) -> None:
        self._store = store
        self._keyer = keyer
        self._width = width
        self._claims: set[bytes] = set()

    async def look_up(self, group: Group, places: Places) -> Found:
        """What is kept of the documents at *places*. Their keys stay with the group."""
        keys = self._made(group, places)
        found = Found([], [], [])
        for place, stored in zip(places, await self._store.look_up(keys), strict=True):
            if stored is None:
                continue
            if (values := decode_values(stored, self._width)) is not None:
                found.known.append(place)
                found.rows.append(values)
            elif (pending := decode_pending(stored)) is not None:
                found.pending.append((place, pending))
        return found

    async def reserve(self, job: Job) -> Reserved:
        """Claims what must be asked; what others asked meanwhile comes back answered."""
        reserved = Reserved([], [], [], [])
        keys = self._keys(job)
        for position, (key, state) in enumerate(zip(keys, await self._store.reserve(keys), strict=True)):
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
        return reserved

    async def keep(self, job: Job, rows: Sequence[Values]) -> None:
        """Keeps what has ended for good; gives back the claims on what failed and may be asked again.

        *rows* are the values of the job's documents. Nobody may see them before: what was paid for outlives us.
        """
        items, free = [], []
        for key, values in zip(self._keys(job), rows, strict=True):
            lasting = values[-1] is None or values[-2] in LASTING_CODES
            encoded = encode_values(values) if lasting else None
            if encoded is None:
                free.append(key)
            else:
                items.append((key, encoded))
        if items:
            self._claims.difference_update(key for key, _ in items)
            await self._store.put(items)
        await self._free(free)

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

    async def give_up(self) -> None:
        """Gives back every claim: nothing more is asked."""
        keys, self._claims = list(self._claims), set()
        if keys:
            await self._store.release(keys)

    async def _free(self, keys: Sequence[bytes]) -> None:
        held = self._claims.intersection(keys)
        self._claims -= held
        if held:
            await self._store.release(list(held))

    def _keys(self, job: Job) -> list[bytes]:
        """The keys of a job's documents; those of pieces are made here, since no piece is looked up by itself."""
        keys: list[bytes] = []
        for group, places in job.origin:
            if not group.keys:
                self._made(group, range(group.size))
            keys += [group.keys[place] for place in places]
        return keys

    def _made(self, group: Group, places: Places) -> list[bytes]:
        """The keys of documents, which stay with their group."""
        key, marker = self._keyer.key, group.marker
        keys = [key(document + marker) for document in group.documents(places)]
        group.keys.update(zip(places, keys, strict=True))
        return keys
