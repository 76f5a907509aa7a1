"""One call's use of a store: what is known already is not asked, what is paid for is kept, nothing is asked twice.

Used on the loop's thread only. A store never fails a row: without one, or with one that is out of order, every
document is simply asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dfai_core.jobs import Piece
from dfai_core.service import Document, Values
from dfai_core.store import Claim, Keyer, Store, decode_values, encode_values

__all__ = ["Keeper", "Reserved"]


class Reserved(NamedTuple):
    """What a store said of a request's documents, just before it leaves."""

    known: list[tuple[Document, Values]]
    mine: list[Document]  # to be asked now, by us alone
    theirs: list[Document]  # another asks them just now


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
        self._claims: dict[Document, bytes] = {}

    async def look_up(self, documents: Sequence[Document]) -> list[tuple[Document, Values]]:
        """Those of *documents* whose answers are kept, with them."""
        values = await self._store.look_up([self._key(document) for document in documents])
        return [
            (document, decoded)
            for document, stored in zip(documents, values, strict=True)
            if stored is not None and (decoded := decode_values(stored, self._width)) is not None
        ]

    async def reserve(self, documents: Sequence[Document]) -> Reserved:
        """Claims what must be asked; what others asked meanwhile comes back answered."""
        reserved = Reserved([], [], [])
        keys = [self._key(document) for document in documents]
        for document, key, state in zip(documents, keys, await self._store.reserve(keys), strict=True):
            if state is Claim.THEIRS:
                reserved.theirs.append(document)
            elif state is Claim.MINE:
                self._claims[document] = key
                reserved.mine.append(document)
            elif (values := decode_values(state, self._width)) is not None:
                reserved.known.append((document, values))
            else:  # damaged: asked again, and written over
                reserved.mine.append(document)
        return reserved

    async def keep(self, ended: Sequence[tuple[Document, Values]], failed: Sequence[Document]) -> None:
        """Keeps what has *ended* for good; gives back the claims on what *failed* and may be asked again."""
        items, free = [], [key for document in failed if (key := self._claims.pop(document, None)) is not None]
        for document, values in ended:
            key = self._claims.pop(document, None) or self._key(document)
            encoded = encode_values(values)
            if encoded is None:
                free.append(key)
            else:
                items.append((key, encoded))
        if items:
            await self._store.put(items)
        if free:
            await self._store.release(free)

    async def give_up(self) -> None:
        """Gives back every claim: nothing more is asked."""
        keys, self._claims = list(self._claims.values()), {}
        if keys:
            await self._store.release(keys)

    def _key(self, document: Document) -> bytes:
        # A piece's values are not in their final form: it must not pass for a document of the same text.
        return self._keyer.key((*document, "a piece") if isinstance(document, Piece) else document)
