"""Whether a target is down: then nobody waits for it in vain."""

from __future__ import annotations

__all__ = ["Breaker"]

# Failures in a row, without any answer between: fewer may be chance.
_LEAST_FAILURES = 10
_FIRST_OPEN_S = 5.0
_LONGEST_OPEN_S = 60.0
# Between two new requests to a target that has just failed so often: its retries are enough to see whether it is back.
_APART_S = 0.25


class Breaker:
    """Opens when a target has answered nothing for as long as a request was tried; closes by itself.

    A request that has used up its tries is the witness: since it first left, nothing came back, to nobody. While the
    breaker is open nothing is sent. After five seconds one request may try; if it fails, the pause doubles, up to a
    minute. Times are seconds on the caller's monotonic clock.

    >>> breaker = Breaker()
    >>> for _ in range(10):
    ...     breaker.failed(29.0)
    >>> breaker.gave_up(30.0, since=1.0, why="no connection")
    >>> breaker.refusal(31.0), breaker.refusal(36.0), breaker.refusal(36.0)
    ('no connection', None, 'no connection')
    >>> breaker.answered(36.1)
    >>> breaker.open
    False
    """

    __slots__ = ("_answered_at", "_failures", "_next_at", "_open_s", "_open_until", "_probe_until", "_why", "open")

    def __init__(self) -> None:
        self.open: bool = False
        self._answered_at = float("-inf")
        self._failures = 0
        self._open_s = _FIRST_OPEN_S
        self._open_until = float("-inf")
        self._probe_until = float("-inf")
        self._next_at = float("-inf")
        self._why = ""

    def refusal(self, now: float) -> str | None:
        """Why nothing may be sent now; None where it may. Who gets None while it is open is the one who tries."""
        if not self.open:
            return None
        if now < self._open_until or now < self._probe_until:
            return self._why
        self._probe_until = now + _LONGEST_OPEN_S  # should the one who tries never come back, another may
        return None

    @property
    def failing(self) -> bool:
        """Whether so many attempts failed in a row that it is hardly chance."""
        return self._failures >= _LEAST_FAILURES

    def answered_since(self, moment: float) -> bool:
        """Whether the target has answered anybody after *moment*."""
        return self._answered_at > moment

    def holds_back(self, now: float) -> bool:
        """Whether a request that was never sent should wait, since the last ones failed: few of them may leave."""
        if not self.failing:
            return False
        if now < self._next_at:
            return True
        self._next_at = now + _APART_S
        return False

    def answered(self, now: float) -> None:
        """The target answered, with whatever it likes."""
        self._answered_at = now
        self._failures = 0
        if self.open:
            self.open, self._open_s = False, _FIRST_OPEN_S

    def failed(self, now: float) -> None:
        """An attempt brought no answer, or one that says that the service is not there."""
        self._failures += 1
        if self.open and now >= self._open_until:  # it was the one who tried
            self._open_s = min(_LONGEST_OPEN_S, self._open_s * 2.0)
            self._open_until, self._probe_until = now + self._open_s, now

    def gave_up(self, now: float, *, since: float, why: str) -> None:
        """A request that first left at *since* has failed for the last time, for this reason."""
        if not self.open and self.failing and self._answered_at < since:
            self.open, self._why = True, why
            self._open_until, self._probe_until = now + self._open_s, now
