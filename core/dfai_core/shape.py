"""The values of a document that has ended: its answer's columns, then those of its error."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dfai_core.documents import failed
from dfai_core.service import UNREADABLE, Failure, Values

__all__ = ["Refused", "Shape"]


class Refused(NamedTuple):
    """A document's error with all that is known of it."""

    failure: Failure
    attempts: int
    request_id: str | None


class Shape:
    """Puts answers and errors into the columns of one call.

    Parameters
    ----------
    columns
        How many there are in all.
    detail
        Whether the error's detail is one of them.
    """

    __slots__ = ("_detail", "columns", "errors")

    def __init__(self, columns: int, *, detail: bool) -> None:
        self.columns: int = columns
        self._detail = detail
        self.errors = 3 if detail else 2  # how many of the columns are those of an error

    def padded(self, values: Values) -> Values:
        """*values* of an answer with all columns: those that it lacks are null."""
        return values + (None,) * (self.columns - len(values))

    def made(self, make: Callable[[], Values]) -> Values:
        """What *make* makes of an answer, or an error where the answer holds something that it did not expect."""
        try:
            return self.padded(make())
        except UNREADABLE as error:
            message = f"the answer cannot be read ({type(error).__name__})"
            return self.refused(Refused(Failure("bad_answer", message, 200, retryable=True), 1, None))

    def refused(self, refused: Refused) -> Values:
        """No answer, and why."""
        failure = refused.failure
        known = [f"HTTP {failure.status}"] if failure.status and failure.status != 200 else []
        if refused.attempts > 1:
            known.append(f"{refused.attempts} attempts")
        if refused.request_id:
            known.append(f"request {refused.request_id}")
        message = failure.message + (f" ({', '.join(known)})" if known else "")
        return failed(
            self.columns,
            failure.code,
            message,
            detail=self._detail,
            status=failure.status,
            attempts=refused.attempts,
            retryable=failure.retryable,
            request_id=refused.request_id,
            service_code=failure.service_code,
        )
