"""How a call's documents end: with an answer or an error, which is counted and told to their batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.groups import Group, Pieces, Places, References
from dfai_core.jobs import Job, Lane
from dfai_core.report import Counters
from dfai_core.service import Document, Failure, TooLarge, Values
from dfai_core.shape import Refused, Shape

__all__ = ["Ending"]

# max_error_ratio says nothing before this many documents.
_LEAST_FOR_RATIO = 100


class Ending:
    """Ends the documents of one call, on the loop's thread."""

    __slots__ = ("_counters", "_each", "_failed", "_ratio", "shape", "stopped")

    def __init__(self, call: Call, counters: Counters) -> None:
        self.shape: Shape = Shape(len(call.schema), detail="error_detail" in call.include)
        self.stopped: Values | None = None  # what the rest ends with, once the call is stopped
        self._counters = counters
        self._ratio = call.config.max_error_ratio
        self._failed = 0
        gathers = call.service.gather
        self._each = gathers is not None and gathers.answers == "each"

    def stop(self, message: str) -> None:
        """From now on documents that were not asked end as "stopped"."""
        self.stopped = self.shape.refused(Refused(Failure("stopped", message, retryable=True), 0, None))

    def doom(self) -> str | None:
        """Why the call should stop, once more of its documents have failed than may."""
        settled = self._counters.settled
        if self._ratio == 1.0 or settled < _LEAST_FOR_RATIO or self._failed <= self._ratio * settled:
            return None
        return f"{self._failed:,} of the first {settled:,} documents failed: more than max_error_ratio"

    def settle(self, job: Job, rows: Sequence[Values]) -> None:
        """Ends the documents of *job*."""
        start = 0
        for group, places in job.origin:
            stop = start + len(places)
            self.end(group, places, rows if stop - start == len(rows) else rows[start:stop])
            start = stop

    def end(self, group: Group, places: Places, rows: Sequence[Values]) -> None:
        """Ends documents of *group*; those of pieces count once their text is whole."""
        if type(group) is not Pieces:
            self._counters.settled += len(places)
            if len(rows[0]) == self.shape.columns:  # errors are among the values
                self._failed += sum([values[-1] is not None and values[-2] != "over_budget" for values in rows])
        group.fill(places, rows)

    def unread(self, batch: References, place: int, why: Failure) -> None:
        """Ends a document whose content could not be read."""
        values = self.shape.refused(Refused(why, 0, None))
        if why.code == "empty":  # no document at all, as where the row itself tells it
            self._counters.documents -= 1
            batch.fill((place,), (values,))
        else:
            self.end(batch, (place,), (values,))

    def drop(self, group: Group, places: Places) -> None:
        """Ends documents that will not be asked, since the call is stopped."""
        assert self.stopped is not None
        if places:
            self.end(group, places, [self.stopped] * len(places))

    def final(self, job: Job, rows: list[Values]) -> list[Values]:
        """Answers in their final form; those of pieces stay as they are until their text is whole."""
        if self._each:
            rows = [self._whole(document, values) for document, values in zip(job.documents(), rows, strict=True)]
        finish = job.lane.exchange.finish
        if finish is not None:
            whole = [not isinstance(group, Pieces) for group, places in job.origin for _ in places]
            return [
                self.shape.made(partial(finish, values)) if final else self.shape.padded(values)
                for values, final in zip(rows, whole, strict=True)
            ]
        return rows

    def _whole(self, document: Document, values: Values) -> Values:
        """*values* of a group, if they hold an item for each of its rows."""
        rows = document[0]
        if all(isinstance(value, list) and len(value) == rows for value in values):
            return values
        found = sorted({len(value) if isinstance(value, list) else 0 for value in values})
        message = f"the answer holds {' or '.join(map(str, found))} items for a group of {rows} rows"
        return self.shape.refused(Refused(Failure("bad_answer", message, 200, retryable=True), 1, None))

    def join(self, lane: Lane, pieces: Pieces) -> None:
        """Makes a long text's answer out of its pieces'."""
        values = pieces.error()  # one piece's error is the text's
        if values is None:
            exchange, parts = lane.exchange, pieces.parts(self.shape.errors)

            def merged() -> Values:
                values = exchange.merge(parts)
                return exchange.finish(values) if exchange.finish else values

            values = self.shape.made(merged)
        self.end(pieces.parent, (pieces.place,), (values,))

    def refuse(self, group: Group, place: int, error: ConfigError) -> None:
        """Ends a document whose options make no sense, or that holds too much."""
        code = "too_large" if isinstance(error, TooLarge) else "refused"
        self.end(group, (place,), (self.shape.refused(Refused(Failure(code, str(error)), 0, None)),))
