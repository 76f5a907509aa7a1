"""Documents that end together: those of one record batch, or the pieces of one long text.

What is asked and what is answered are kept by column, and known by their place. An object for each document, or for
each answer, would keep the garbage collector busier than all the rest. Used on the loop's thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pyarrow as pa

from dfai_core.service import Document, Part, Values

__all__ = ["Batch", "Columns", "Group", "Pieces", "Places", "References", "Ticket"]

_FEW = 100  # rows: so many are taken apart faster all at once

Places = Sequence[int]
"""Places in a group: a `range` where they are neighbours, which is nearly always."""
Columns = list[list[object]]
"""An answer's values, column by column."""


class Group:
    """Distinct documents, and their answers as they come.

    Parameters
    ----------
    inputs
        The documents' values, column by column; no document is there twice.
    width
        How many columns an answer has, errors included.
    names
        What equal documents have in common, where their values are not compared themselves.
    """

    __slots__ = ("_followers", "_names", "columns", "inputs", "keys", "left", "size")

    marker: Document = ()
    """What tells a piece from a document with the same text: the former's answer is not in its final form."""

    def __init__(self, inputs: Sequence[Sequence[Any]], width: int, names: Sequence[Any] | None = None) -> None:
        self.inputs: Sequence[Sequence[Any]] = inputs
        self._names = names
        self.size: int = len(inputs[0])
        self.left: int = self.size
        self.columns: Columns = [[None] * self.size for _ in range(width)]
        self.keys: list[bytes] = []  # in a store, by place; made when they are needed
        self._followers: dict[int, list[tuple[Group, int]]] = {}

    def documents(self, places: Places) -> Iterator[Document]:
        """The documents at *places*."""
        if type(places) is range:
            return zip(*[column[places.start : places.stop] for column in self.inputs], strict=True)
        return zip(*[[column[place] for place in places] for column in self.inputs], strict=True)

    def names(self) -> Sequence[Any]:
        """Each document, or its only value: something that equal documents have in common, and no others."""
        if self._names is not None:
            return self._names
        return self.inputs[0] if len(self.inputs) == 1 else list(zip(*self.inputs, strict=True))

    @property
    def awaited(self) -> bool:
        """Whether anybody waits for this group itself."""
        raise NotImplementedError

    def fill(self, places: Places, rows: Sequence[Values]) -> None:
        """Ends the documents at *places* with *rows*, of equal width; columns that a row lacks stay null."""
        found: Iterable[Sequence[object]]
        if len(rows) <= _FEW:
            found = zip(*rows, strict=True)
        else:  # an iterator for each row is what the garbage collector would look at, time and again
            found = [[row[at] for row in rows] for at in range(len(rows[0]))]
        columns = zip(self.columns, found, strict=False)
        if type(places) is range:
            for column, values in columns:
                column[places.start : places.stop] = values
        else:
            for column, values in columns:
                for place, value in zip(places, values, strict=True):
                    column[place] = value
        if self._followers:
            for place in places:
                for group, other in self._followers.pop(place, ()):
                    group.fill((other,), (self.row(place),))
        self.left -= len(places)
        if not self.left:
            self.whole()

    def whole(self) -> None:
        """Called once all documents have ended."""

    def row(self, place: int) -> Values:
        """The answer at *place*."""
        return tuple(column[place] for column in self.columns)

    def follow(self, place: int, group: Group, other: int) -> None:
        """*group*'s document *other* is the same as the one at *place*, and ends as it does."""
        if self.columns[0][place] is not None or self.columns[-1][place] is not None:
            group.fill((other,), (self.row(place),))
        else:
            self._followers.setdefault(place, []).append((group, other))

    def begin(self, deadline: float) -> float:
        """Until when documents may take that first leave now, where any document may take until *deadline*."""
        return deadline

    def wanted(self, places: Places) -> Places:
        """Those of *places* that somebody waits for."""
        if self.awaited:
            return places
        return [place for place in places if any(group.awaited for group, _ in self._followers.get(place, ()))]


class Batch(Group):
    """The distinct documents of one record batch; *complete* is called once all have ended.

    It outlives its ticket, for as long as equal documents may come.
    """

    __slots__ = ("_complete", "given_up")

    def __init__(
        self,
        inputs: Sequence[Sequence[Any]],
        width: int,
        complete: Callable[[], object],
        names: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(inputs, width, names)
        self._complete: Callable[[], object] | None = complete
        self.given_up: bool = False  # whoever waited for it has left

    @property
    def awaited(self) -> bool:
        return not self.given_up

    def whole(self) -> None:
        assert self._complete is not None
        complete, self._complete = self._complete, None
        complete()


class References(Batch):
    """A batch whose documents are references until their contents are there, and nothing once they have ended.

    *ended* is told of the places that have.
    """

    __slots__ = ("_ended", "contents")

    def __init__(
        self,
        inputs: list[list[Any]],
        width: int,
        complete: Callable[[], object],
        names: Sequence[Any] | None,
        ended: Callable[[References, Places], object],
    ) -> None:
        super().__init__(inputs, width, complete, names)
        self.contents: list[list[Any]] = inputs  # the same, to be changed as they come and go
        self._ended = ended

    def fill(self, places: Places, rows: Sequence[Values]) -> None:
        self._ended(self, places)
        super().fill(places, rows)


class Ticket:
    """One record batch on its way; *done* is how its caller's thread waits for its answer."""

    __slots__ = ("batch", "done")

    def __init__(self) -> None:
        self.done: Future[pa.RecordBatch] = Future()
        self.batch: Batch | None = None  # once its documents are known

    def finish(self, answer: pa.RecordBatch) -> None:
        """Hands the answer to the caller."""
        if not self.done.done():
            self.done.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Ends the ticket without an answer."""
        if not self.done.done():
            self.done.set_exception(error)


class Pieces(Group):
    """A text too long for one document, in pieces.

    Parameters
    ----------
    parent, place
        Whose document it is.
    texts
        The pieces in order; joined, they are the text again. A blank one is not asked.
    width
        How many columns an answer has, errors included.
    join
        Ends the parent's document, once all pieces have ended.
    """

    __slots__ = ("_deadline", "_join", "_texts", "parent", "place")

    marker = ("a piece",)

    def __init__(
        self, parent: Group, place: int, texts: Sequence[str], width: int, join: Callable[[Pieces], None]
    ) -> None:
        asked = [text for text in texts if text.strip()]
        super().__init__([asked, *([column[place]] * len(asked) for column in parent.inputs[1:])], width)
        self.parent: Group = parent
        self.place: int = place
        self._texts = texts
        self._join = join
        self._deadline = float("inf")  # on the loop's clock; the whole text's, set when its first piece leaves

    @property
    def awaited(self) -> bool:
        return bool(self.parent.wanted((self.place,)))

    def begin(self, deadline: float) -> float:
        self._deadline = min(self._deadline, deadline)
        return self._deadline

    def whole(self) -> None:
        self._join(self)

    def parts(self, errors: int) -> list[Part]:
        """The text's pieces with their values; the last *errors* columns, which hold errors, are left out."""
        parts, offset, rows = [], 0, iter(range(self.size))
        for text in self._texts:
            parts.append(Part(offset, text, self.row(next(rows))[:-errors] if text.strip() else None))
            offset += len(text)
        return parts

    def error(self) -> Values | None:
        """The first piece's values that are an error: it is the whole text's."""
        failed = (place for place, code in enumerate(self.columns[-1]) if code is not None)
        place = next(failed, None)
        return None if place is None else self.row(place)
